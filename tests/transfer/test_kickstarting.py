"""Kickstarting: a written-out further loss of the learner, which fades."""

import math

import pytest
import torch
from stable_baselines3 import TD3

import rltransfer as rlt
from rltransfer.agents.anatomy import follow, named_parts, policy_of, trunk_of
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer import Compose
from rltransfer.transfer.mechanisms.policies_compared import behaviour, divergence
from rltransfer.transfer.mechanisms.teaching import Teacher
from rltransfer.trunks.specs import MLP

DISCRETE = ["ppo", "a2c", "dqn", "qr_dqn"]
CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
ROBOTS = {**dict.fromkeys(DISCRETE, "omni"), **dict.fromkeys(CONTINUOUS, "hovercraft")}


def ready(pair, algorithm, **options):
    robot = ROBOTS[algorithm]
    return pair(algorithm, robots=(robot, robot), **options)


def apart(model, source, frames, *, temperature=1.0):
    tensor, _ = model.policy.obs_to_tensor(frames)
    model.policy.set_training_mode(False)
    with torch.no_grad():
        theirs, ours = behaviour(source.policy, tensor), behaviour(policy_of(model), tensor)
        return float(divergence(theirs, ours, temperature=temperature))


@pytest.mark.parametrize("algorithm", [*DISCRETE, *CONTINUOUS])
def test_the_learner_comes_nearer_to_the_teacher_than_alone_and_the_teacher_stays(algorithm, vectors, pair, snapshot):
    left, options = {}, {"learning_rate": 5e-3, "gradient_steps": 2} if algorithm not in ("ppo", "a2c") else {}
    for strength in (0.0, 1e4):
        model, source = vectors(algorithm, **options) if options else pair(algorithm)
        seen = source.get_env().reset()
        before, theirs = apart(model, source, seen), snapshot(source)
        report = rlt.Kickstarting(strength=strength, decay="constant", temperature=1.0).attach(model, source)
        model.learn(160)
        left[strength] = apart(model, source, seen)
        assert all(torch.equal(p, theirs[n]) for n, p in named_parts(source).items())
    assert left[1e4] < 0.8 * min(before, left[0.0])
    found = report.findings["kickstarting"]
    assert found["strength"] == 1e4
    assert found["divergence_at_last"] < found["divergence_at_first"]


def test_strength_zero_beside_finetuning_is_finetuning_bit_for_bit(pair):
    ends = []
    for method in (
        rlt.Finetune(),
        Compose(methods=(rlt.Finetune(), rlt.Kickstarting(strength=0))),
        Compose(methods=(rlt.Finetune(), rlt.Kickstarting())),
    ):
        model, source = pair()
        method.attach(model, source)
        model.learn(128)
        ends.append(named_parts(model))
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])
    assert not all(torch.equal(ends[0][name], ends[2][name]) for name in ends[0])


def test_once_it_has_faded_the_learner_goes_on_alone(pair):
    """128 steps are two updates: the first is taught, the second is at a strength of 0."""
    model, source = pair()
    report = rlt.Kickstarting(over=128).attach(model, source)
    model.learn(128)
    assert report.findings["kickstarting"]["strength"] == 0
    taught, source = pair()
    rlt.Kickstarting(over=64).attach(taught, source)
    taught.learn(64)
    alone, _ = pair()
    alone.learn(64)
    assert all(torch.equal(p, named_parts(alone)[n]) for n, p in named_parts(taught).items())


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("linear", [2.0, 1.5, 0.0, 0.0]),
        ("exponential", [2 * math.exp(-t) for t in (0, 0.25, 1, 3)]),
        ("constant", [2.0, 2.0, 2.0, 2.0]),
    ],
)
def test_the_strength_falls_with_environment_steps(decay, expected):
    method = rlt.Kickstarting(strength=2.0, decay=decay, over=1000)
    assert [method.strength_at(steps) for steps in (0, 250, 1000, 3000)] == pytest.approx(expected)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_the_step_gets_the_gradient_that_autograd_finds_for_the_written_loss(algorithm, pair):
    model, source = ready(pair, algorithm, gamma=0.9)
    rlt.Kickstarting(strength=0.3, decay="constant", temperature=0.1).attach(model, source)
    model.learn(64)
    buffer = getattr(model, "rollout_buffer", None) or model.replay_buffer
    part = model.q_net if algorithm == "dqn" else model.policy
    seen = buffer.minibatch.observations
    named = {n: p for n, p in part.named_parameters() if "value_net" not in n}
    with torch.no_grad():
        theirs = (
            source.q_net(seen) / 0.1 if algorithm == "dqn" else source.policy.get_distribution(seen).distribution.logits
        )
    ours = model.q_net(seen) / 0.1 if algorithm == "dqn" else model.policy.get_distribution(seen).distribution.logits
    theirs, ours = theirs.log_softmax(1), ours.log_softmax(1)
    loss = 0.3 * (theirs.exp() * (theirs - ours)).sum(1).mean() * (0.1 if algorithm == "dqn" else 1)
    expected = dict(zip(named, torch.autograd.grad(loss, named.values()), strict=True))
    for parameter in model.policy.parameters():
        parameter.grad = None
    with torch.random.fork_rng():
        model.policy.optimizer.step()
    for name, gradient in expected.items():
        torch.testing.assert_close(named[name].grad, gradient, rtol=1e-4, atol=1e-7, msg=name)
    assert any(bool(g.abs().max() > 1e-6) for g in expected.values())


@pytest.mark.parametrize(
    ("source_algorithm", "algorithm"),
    [("dqn", "ppo"), ("ppo", "dqn"), ("td3", "sac"), ("sac", "td3"), ("ppo", "sac"), ("sac", "ppo")],
    ids=str,
)
def test_a_teacher_of_another_algorithm_on_another_trunk(source_algorithm, algorithm, tiny):
    name = "Pendulum-v1" if {"sac", "td3"} & {source_algorithm, algorithm} else "CartPole-v1"
    ours, theirs = (rlt.make_env({"id": name}, num_envs=4, seed=seed) for seed in (1, 8))
    source = tiny(source_algorithm, theirs, trunk=MLP(widths=(5,)), seed=7)
    seen, left = rlt.make_env({"id": name}, num_envs=16, seed=100).reset(), []
    for strength in (0.0, 1e4):
        model = tiny(algorithm, ours, trunk=MLP(widths=(8, 6)), learning_rate=2e-3)
        follow(model)
        before = apart(model, source, seen)
        rlt.Kickstarting(strength=strength, decay="constant", temperature=1.0).attach(model, source)
        model.learn(256)
        left.append(apart(model, source, seen))
    alone, taught = left
    assert taught < min(before, alone)


@pytest.mark.parametrize("algorithm", ["ppo", "sac"])
def test_beside_a_frozen_cached_prefix_the_teacher_reads_its_features(algorithm, pair, frames):
    ends = []
    for cache in (True, False):
        model, source = ready(pair, algorithm)
        teach = rlt.Kickstarting(strength=100.0, decay="constant")
        Compose(methods=(rlt.Frozen(at="fc", cache=cache), teach)).attach(model, source)
        assert isinstance(model.get_env(), rlt.FeatureCache) == cache
        model.learn(128)
        ends.append({n: p.detach().clone() for n, p in named_parts(model).items()})
        assert torch.equal(trunk_of(model).stages["conv3"][0].weight, trunk_of(source).stages["conv3"][0].weight)
    for name, parameter in ends[0].items():
        torch.testing.assert_close(parameter, ends[1][name], rtol=1e-3, atol=1e-4, msg=name)


def test_a_learner_that_normalises_is_taught_on_the_teachers_scale(tiny, cartpole):
    source = tiny("ppo", cartpole(seed=3), normalize="observations", seed=7)
    source.learn(256)
    model = tiny("ppo", cartpole(), normalize="observations")
    env = model.get_vec_normalize_env()
    env.obs_rms.mean, env.obs_rms.var = env.obs_rms.mean + 0.3, env.obs_rms.var * 2.5
    raw = torch.tensor([[0.01, 0.2, -0.03, 0.4], [0.0, -0.3, 0.02, 0.1]])
    theirs, _ = source.policy.obs_to_tensor(source.get_vec_normalize_env().normalize_obs(raw.numpy()))
    ours, _ = model.policy.obs_to_tensor(env.normalize_obs(raw.numpy()))
    assert not torch.allclose(ours, theirs, atol=0.05)
    expected = behaviour(source.policy, theirs).preferences
    torch.testing.assert_close(Teacher(source, model)(ours).preferences, expected, rtol=1e-4, atol=1e-5)


def test_a_taught_agent_saves_and_loads(pair, frames, tmp_path):
    model, source = pair()
    rlt.Kickstarting().attach(model, source)
    model.learn(64)
    rlt.save(model, tmp_path / "agent")
    loaded = rlt.load_agent(tmp_path / "agent")
    assert (loaded.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()


def test_it_carries_no_weights_and_says_so(pair, snapshot):
    model, source = pair()
    before = snapshot(model)
    report = rlt.Kickstarting().attach(model, source)
    assert set(report.counts("target")) == {"re-initialised"}
    assert set(report.counts("source")) == {"absent"}
    assert all(torch.equal(p, before[n]) for n, p in named_parts(model).items())


@pytest.mark.parametrize(
    ("robots", "reason"), [(("differential", "omni"), "action spaces differ"), (("hovercraft", "omni"), "action")]
)
def test_other_actions_are_refused(robots, reason, pair):
    with pytest.raises(NotApplicableError, match=reason):
        rlt.Kickstarting().attach(*pair(robots=robots))


def test_other_observations_are_refused(tiny, cartpole):
    with pytest.raises(NotApplicableError, match="cannot read"):
        rlt.Kickstarting().attach(tiny("ppo", cartpole()), tiny("ppo", seed=7))


@pytest.mark.parametrize("algorithm", ["trpo", "recurrent_ppo"])
def test_algorithms_that_cannot_be_taught_so_are_refused(algorithm, pair):
    with pytest.raises(NotApplicableError, match=f"does not serve {algorithm}: its"):
        rlt.Kickstarting().attach(*pair(algorithm))


def test_a_recurrent_teacher_and_one_that_goes_on_learning_are_refused(pair):
    with pytest.raises(NotApplicableError, match="needs its memory"):
        rlt.Kickstarting().attach(*pair("ppo", source_algorithm="recurrent_ppo"))
    with pytest.raises(ConfigError, match="changes the source agent"):
        Compose(methods=(rlt.Kickstarting(), rlt.HardSharing()))


@pytest.mark.parametrize("method", [rlt.Kickstarting(), rlt.JumpStart()], ids=lambda method: method.label)
def test_features_that_the_source_cannot_read_are_refused(method, pair):
    with pytest.raises(ConfigError, match="cannot read the features that source_ensemble keeps"):
        Compose(methods=(rlt.SourceEnsemble(), method))
    model, source = pair("dqn")
    Compose(methods=(rlt.SourceEnsemble(cache=False), method)).attach(model, source)
    model.learn(96)


def test_actor_and_critic_that_share_an_extractor_are_taught_by_the_actors_steps_alone(pair, rover):
    """TD3 of Stable-Baselines3 gives a shared extractor to both optimizers, of which the actor's alone moves it."""
    _, source = pair("td3", robots=("hovercraft", "hovercraft"))
    model = TD3(
        "CnnPolicy",
        rover("hovercraft"),
        policy_kwargs={"share_features_extractor": True, "net_arch": [8]},
        learning_starts=32,
        batch_size=16,
        buffer_size=1000,
        device="cpu",
        seed=0,
    )
    rlt.Kickstarting(decay="constant").attach(model, source)
    taught = {"actor": [], "critic": []}
    for name, told in taught.items():
        getattr(model, name).optimizer.register_step_pre_hook(
            lambda *_, told=told: told.append(all(p.grad is not None for p in trunk_of(model).parameters()))
        )
    model.learn(128)
    assert all(taught["actor"])
    assert len(taught["critic"]) > len(taught["actor"]) > 0
    assert not any(taught["critic"])
