"""Every algorithm of Stable-Baselines3 and sb3-contrib learns on a trunk, and methods reach each copy of it."""

import sys

import pytest
import torch
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.agents.anatomy import TEMPERATURE, acts, heads, named_parts, optimizers, trunk_sites
from rltransfer.agents.artifact import save, settings_of
from rltransfer.errors import MissingExtraError, NotApplicableError, SpaceMismatchError
from rltransfer.registry import ALGORITHMS
from rltransfer.tasks.family import Context
from rltransfer.trunks.specs import MLP

EVERY = sorted(set(ALGORITHMS) - {"classifier"})
CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
TARGETS = {"dqn", "qr_dqn", "successor_dqn", "sac", "td3", "ddpg", "tqc"}
METHODS = {
    "finetune": rlt.Finetune(),
    "frozen": rlt.Frozen(),
    "frozen at fc2": rlt.Frozen(at="fc2"),
    "soft": rlt.SoftSharing(),
    "hard": rlt.HardSharing(),
}
TOLD = Context(visibility="side", factors=("slip", "speed"))


@pytest.fixture
def world(rover):
    """Four copies of something that an algorithm can act in, seen as pixels, as numbers or as both."""

    def make(algorithm, seen="pixels", seed=1):
        continuous = algorithm in CONTINUOUS
        if seen == "vectors":
            return rlt.make_env({"id": "Pendulum-v1" if continuous else "CartPole-v1"}, num_envs=4, seed=seed)
        context = TOLD if seen == "both" else "hidden"
        return rover("hovercraft" if continuous else "omni", context=context, seed=seed)

    return make


@pytest.fixture
def learner(world, tiny, small):
    def make(algorithm, seen="pixels", **options):
        trunk = MLP(widths=(8, 6)) if seen == "vectors" else small
        return tiny(algorithm, world(algorithm, seen), trunk=trunk, **options)

    return make


@pytest.mark.parametrize("algorithm", EVERY)
@pytest.mark.parametrize("seen", ["pixels", "vectors", "both"])
def test_it_learns_is_saved_and_comes_back(algorithm, seen, learner, world, snapshot, tmp_path):
    if (algorithm, seen) == ("crossq", "both"):
        with pytest.raises(SpaceMismatchError, match="takes observations in one part"):
            learner(algorithm, seen)
        return
    model = learner(algorithm, seen)
    before = snapshot(model)
    model.learn(128)
    moved = {name for name, value in named_parts(model).items() if not torch.equal(value, before[name])}
    assert any(name.startswith("trunk.") for name in moved)
    assert {name for name in before if "target" not in name} - moved <= {"log_std", TEMPERATURE}
    save(model, tmp_path)
    again = rlt.load_agent(tmp_path, env=world(algorithm, seen), device="cpu")
    assert type(again).__name__ == type(model).__name__
    assert settings_of(again) == settings_of(model)
    observations = world(algorithm, seen, seed=30).reset()
    expected, found = (m.predict(observations, deterministic=True)[0] for m in (model, again))
    assert torch.allclose(torch.as_tensor(expected), torch.as_tensor(found), atol=1e-5)
    for name, value in named_parts(model).items():
        assert torch.equal(value, named_parts(again)[name]), name
    again.learn(64)


@pytest.mark.parametrize("algorithm", EVERY)
def test_every_trunk_copy_head_and_optimizer_is_found(algorithm, learner):
    model = learner(algorithm)
    sites = trunk_sites(model)
    assert [site.role for site in sites].count("online") == ALGORITHMS.get(algorithm).trunk_copies
    assert any(site.role == "target" for site in sites) == (algorithm in TARGETS)
    inside = {id(p) for p in model.policy.parameters()}
    assert {id(p) for name, p in named_parts(model).items() if name != TEMPERATURE} == inside
    moved = {id(p) for _, _, optimizer in optimizers(model) for g in optimizer.param_groups for p in g["params"]}
    parts = named_parts(model)
    assert {id(p) for name, p in parts.items() if "target" not in name} == moved
    assert all(id(p) not in moved for name, p in parts.items() if "target" in name)


@pytest.mark.parametrize("algorithm", EVERY)
def test_heads_that_stand_for_actions_are_those_whose_shape_or_meaning_is_the_actions(algorithm, tiny, world, small):
    """Of two agents that differ in the number of actions alone, every parameter of another shape stands for actions."""
    wide = world(algorithm)
    narrow = world(algorithm)
    if algorithm in CONTINUOUS:
        narrow.action_space = spaces.Box(-1, 1, (wide.action_space.shape[0] + 1,))
    else:
        narrow.action_space = spaces.Discrete(int(wide.action_space.n) + 1)
    ours, theirs = (heads(tiny(algorithm, env, trunk=small)) for env in (wide, narrow))
    odd = {name for name in ours if ours[name].shape != theirs[name].shape}
    assert odd
    assert odd <= {name for name in ours if acts(name, ours)}
    hidden = {name for name in ours if not acts(name, ours)}
    assert all(ours[name].shape == theirs[name].shape for name in hidden)
    if algorithm in CONTINUOUS:
        assert any(".qf0." in name for name in hidden), "a critic's later layers know nothing of actions"


@pytest.mark.parametrize("algorithm", EVERY)
@pytest.mark.parametrize("method", list(METHODS))
def test_each_method_reaches_each_algorithm(algorithm, method, learner, snapshot):
    source, model = (learner(algorithm, "vectors", seed=seed) for seed in (7, 0))
    if (algorithm, method) == ("trpo", "soft"):
        with pytest.raises(NotApplicableError, match="the actor of trpo moves by natural gradients"):
            METHODS[method].attach(model, source)
        return
    report = METHODS[method].attach(model, source)
    ours, theirs = report.of("target"), named_parts(source)
    parts = named_parts(model)
    assert set(ours) == set(parts)
    trunks = [entry for name, entry in ours.items() if ".fc" in name]
    assert all(entry.fate != "re-initialised" for entry in trunks)
    for name, entry in ours.items():
        if entry.counterpart is not None:
            assert torch.equal(parts[name], theirs[entry.counterpart]), name
    before = snapshot(model)
    model.learn(64)
    frozen = {name for name, entry in ours.items() if entry.fate == "frozen"}
    assert bool(frozen) == method.startswith("frozen")
    after = named_parts(model)
    assert all(torch.equal(after[name], before[name]) for name in frozen)
    # what a frozen stage lets through learns: a head in every network
    assert any(not torch.equal(after[name], before[name]) for name in heads(model) if "target" not in name)


@pytest.mark.parametrize("algorithm", CONTINUOUS)
def test_a_critics_own_trunk_goes_to_the_critic_and_the_acting_one_to_both_where_it_is_frozen(algorithm, learner):
    source = learner(algorithm, seed=7)
    actor, critic = (site.trunk for site in trunk_sites(source) if site.role == "online")
    assert not torch.equal(next(actor.parameters()), next(critic.parameters()))
    tuned, frozen = learner(algorithm), learner(algorithm)
    rlt.Finetune().attach(tuned, source)
    report = rlt.Frozen().attach(frozen, source)
    for model, behind in ((tuned, critic), (frozen, actor)):
        copies = [site.trunk for site in trunk_sites(model)]
        assert torch.equal(next(copies[0].parameters()), next(actor.parameters()))
        critics = [site.trunk for site in trunk_sites(model) if "critic" in site.path]
        assert all(torch.equal(next(copy.parameters()), next(behind.parameters())) for copy in critics)
    critic_heads = {n: e for n, e in report.of("target").items() if n.startswith("critic") and ".qf" in n}
    assert {entry.note for entry in critic_heads.values()} == {"it was learned on another trunk"}


@pytest.mark.parametrize("algorithm", ["sac", "tqc", "crossq"])
def test_the_temperature_starts_anew_and_is_told(algorithm, learner):
    source, model = learner(algorithm, seed=7), learner(algorithm)
    with torch.no_grad():
        source.log_ent_coef.fill_(-3)
    entry = rlt.Finetune().attach(model, source).of("target")[TEMPERATURE]
    assert entry.fate == "re-initialised"
    assert "explores no more" in entry.note
    assert float(model.log_ent_coef.detach()) == 0


def test_trpo_steps_along_what_is_not_frozen_alone(learner, snapshot):
    source, model = learner("trpo", seed=7), learner("trpo")
    rlt.Frozen(at="fc", cache=False).attach(model, source)
    before = snapshot(model)
    model.learn(128)
    after = named_parts(model)
    assert all(torch.equal(after[name], before[name]) for name in before if name.startswith("trunk.conv"))
    assert not torch.equal(after["action_net.weight"], before["action_net.weight"])
    assert "named_parameters" not in vars(model.policy)


def test_a_memory_is_carried_from_step_to_step_and_begins_anew_with_an_episode(learner):
    from rltransfer.training.acting import Acting

    model = learner("recurrent_ppo")
    env = model.get_env()
    observations = env.reset()
    act, told = Acting(model), []
    for name, starts in (("first", True), ("second", False), ("anew", True)):
        act(observations, torch.full((4,), starts).numpy())
        told.append((name, act._memory[0].copy()))
    memories = dict(told)
    assert abs(memories["second"] - memories["first"]).max() > 1e-6
    assert abs(memories["anew"] - memories["first"]).max() < 1e-6


def test_an_algorithm_whose_package_is_missing_is_told_with_the_command(monkeypatch, cartpole):
    monkeypatch.setitem(sys.modules, "sb3_contrib", None)
    with pytest.raises(MissingExtraError, match=r'algorithm \'qr_dqn\' needs .*pip install "rltransfer\[contrib\]"'):
        rlt.make_agent("qr_dqn", cartpole(), device="cpu")
    rlt.make_agent("dqn", cartpole(), device="cpu")


@pytest.mark.parametrize("algorithm", ["td3", "ddpg"])
def test_deterministic_actors_explore_by_noise(algorithm, learner):
    model = learner(algorithm, exploration_noise=0.3)
    assert settings_of(model).exploration_noise == pytest.approx(0.3)
    assert settings_of(learner(algorithm, exploration_noise=0)).exploration_noise == 0


@pytest.mark.parametrize("algorithm", ["sac", "tqc", "crossq"])
def test_a_soft_actor_critic_comes_back_without_an_environment(algorithm, learner, tmp_path):
    model = learner(algorithm)
    save(model, tmp_path)
    again = rlt.load_agent(tmp_path, device="cpu")
    assert again.target_entropy == model.target_entropy == -model.action_space.shape[0]
    assert all(torch.equal(value, named_parts(again)[name]) for name, value in named_parts(model).items())
