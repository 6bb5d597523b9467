"""Trunks that learn from frames without rewards, before the target is learned."""

import math

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_of, trunk_sites
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.tasks.family import Context, Randomization
from rltransfer.transfer.mechanisms import reward_free
from rltransfer.transfer.mechanisms.contrastive import InstanceDiscrimination, info_nce
from rltransfer.transfer.mechanisms.reward_free import Frames

EVERY_ALGORITHM = sorted(set(ALGORITHMS) - {"classifier"})
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")
FEW = {"frames": 48, "updates": 3, "batch_size": 8}
BOTH = [rlt.Contrastive, rlt.InverseDynamics]


def state(model):
    return {name: p.detach().clone() for name, p in named_parts(model).items()}


def assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture
def learner(tiny, rover):
    """A fresh learner on a robot whose actions it can take."""

    def make(algorithm, **options):
        return tiny(algorithm, robot="hovercraft" if algorithm in CONTINUOUS else "omni", noise=False, **options)

    return make


@pytest.mark.parametrize("algorithm", EVERY_ALGORITHM)
@pytest.mark.parametrize("method", BOTH)
def test_every_copy_of_the_trunk_begins_with_what_was_learned_and_heads_as_they_were(
    method, algorithm, learner, vectors
):
    model = learner(algorithm) if method is rlt.Contrastive else vectors(algorithm)[0]
    before = state(model)
    report = method(**FEW).attach(model, None)
    after, fates = state(model), report.of("target")
    trunks = [site.trunk.state_dict() for site in trunk_sites(model)]
    for other in trunks[1:]:
        assert_equal(trunks[0], other)
    for name, entry in fates.items():
        in_trunk = any(f".{stage}." in f".{name}" for stage in trunk_of(model).stage_names)
        assert entry.fate == ("pretrained" if in_trunk else "re-initialised"), name
        assert torch.equal(after[name], before[name]) == (not in_trunk), name
    assert report.of("source") == {}
    assert (report.source_steps, report.target_steps) == (0, 48)
    assert report.findings[method.registered]["frames"] == 48
    model.learn(64)
    assert all(p.isfinite().all() for p in model.policy.parameters())


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "sac"])
@pytest.mark.parametrize("none", [{"frames": 0}, {"updates": 0}], ids=["no-frames", "no-updates"])
def test_no_frames_or_no_updates_is_no_pretraining_bit_for_bit(algorithm, none, learner):
    control = learner(algorithm)
    control.learn(64)
    model = learner(algorithm)
    report = rlt.Contrastive(**{**FEW, **none}).attach(model, None)
    assert report.target_steps == 0
    model.learn(64)
    assert_equal(state(model), state(control))


@pytest.mark.parametrize("method", BOTH)
@pytest.mark.parametrize("on", ["target", "source", "both"])
def test_rewards_are_never_read(method, on, tiny, rover, monkeypatch):
    from rltransfer.agents import rollouts

    learned, play = [], rollouts.play
    for reward in (0.0, 1e6):

        def told_otherwise(*args, reward=reward, **kwargs):
            rollout = play(*args, **kwargs)
            rollout.rewards[:] = reward
            return rollout

        monkeypatch.setattr("rltransfer.transfer.attaching.play", told_otherwise)
        source, model = tiny("ppo", seed=7), tiny("ppo", rover("differential"))
        report = method(**FEW, on=on).attach(model, None if on == "target" else source)
        steps = {"target": (0, 48), "source": (48, 0), "both": (24, 24)}[on]
        assert (report.source_steps, report.target_steps) == steps
        learned.append(state(model))
    assert_equal(*learned)


def test_beside_finetune_pretraining_begins_with_the_sources_weights_and_says_so(pair):
    model, source = pair("dqn")
    method = rlt.Compose(methods=(rlt.InverseDynamics(**FEW, learning_rate=1e-5), rlt.Finetune()))
    assert method.takes_source
    assert not method.plays_source
    entry = method.attach(model, source).of("target")["trunk.conv1.0.weight"]
    assert (entry.fate, entry.note) == ("copied", "then pretrained by inverse_dynamics")
    distance = (trunk_of(model).stages["fc"][1].weight - trunk_of(source).stages["fc"][1].weight).abs().max().item()
    assert 0 < distance < 1e-4  # three steps of Adam at 1e-5


def test_frozen_stages_stay_as_they_are_and_cached_and_the_rest_learns(pair):
    for order in (1, -1):
        model, source = pair("dqn")
        methods = (rlt.Frozen(at="conv3"), rlt.Contrastive(**FEW))
        report = rlt.Compose(methods=methods[::order]).attach(model, source)
        ours, theirs = named_parts(model), named_parts(source)
        assert torch.equal(ours["trunk.conv2.0.weight"], theirs["trunk.conv2.0.weight"])
        assert not torch.equal(ours["trunk.conv3.0.weight"], theirs["trunk.conv3.0.weight"])
        assert report.of("target")["trunk.conv2.0.weight"].fate == "frozen"
        assert isinstance(model.get_env(), rlt.FeatureCache)
        model.learn(64)


@pytest.mark.slow
def test_contrastive_pretraining_lowers_its_loss_on_frames_not_learned_from(learner):
    method = rlt.Contrastive(frames=800, updates=200, batch_size=24)
    found = method.attach(learner("ppo"), None).findings["contrastive"]
    before, after = found["before"], found["after"]
    assert after["loss"] < math.log(80) < before["loss"]  # what evenly spread guesses would cost
    assert after["chance"] == pytest.approx(1 / 80)
    assert after["accuracy"] > 6 * after["chance"] > before["accuracy"]


def test_what_is_held_out_is_of_other_episodes_than_what_is_learned_from(tiny, cartpole, monkeypatch):
    split, parts = reward_free._split, []

    def kept(frames, *how, **more):
        parts.append((frames, *split(frames, *how, **more)))
        return parts[-1][1:]

    monkeypatch.setattr(reward_free, "_split", kept)
    rlt.InverseDynamics(frames=1_000, updates=1).attach(tiny("dqn", cartpole()), None)
    frames, held, learned = parts[0]
    assert len(held) == 100
    assert len(held) + len(learned) == len(frames)
    episodes = set(held.episodes.tolist())
    assert len(episodes) > 3
    assert len(episodes & set(learned.episodes.tolist())) <= 1  # the one that is cut
    follows = (frames.after[:-1] == frames.before[1:]).all(1)  # an episode goes on where its last step ended
    assert torch.equal(follows, frames.episodes[1:] == frames.episodes[:-1])


def test_too_few_frames_to_hold_any_out_are_refused(tiny, cartpole):
    with pytest.raises(NotApplicableError, match="2 frames of a task; give 4 frames or more"):
        rlt.InverseDynamics(frames=2, updates=1).attach(tiny("dqn", cartpole(num_envs=1)), None)


@pytest.mark.slow
def test_inverse_dynamics_tells_actions_better_than_chance(learner):
    method = rlt.InverseDynamics(frames=2_000, updates=200, batch_size=40)
    found = method.attach(learner("dqn"), None).findings["inverse_dynamics"]
    before, after = found["before"], found["after"]
    assert before["accuracy"] < 0.45  # one of four, before anything is learned
    assert after["accuracy"] > after["chance"] + 0.2


def test_continuous_actions_of_vectors_are_told_too(tiny):
    model = tiny("sac", rlt.make_env({"id": "Pendulum-v1"}, num_envs=4, seed=1))
    found = rlt.InverseDynamics(frames=1_000, updates=600).attach(model, None).findings["inverse_dynamics"]
    assert found["after"]["loss"] < 0.5 * found["before"]["loss"]
    assert found["after"]["accuracy"] > found["after"]["chance"] + 0.2


@pytest.mark.parametrize("method", BOTH)
def test_of_observations_in_parts_the_trunk_learns_from_its_own(method, tiny, rover, small):
    told = {"randomize": Randomization(factors=("speed",)), "context": Context(visibility="side", factors=("speed",))}
    source, model = tiny("ppo", rover(seed=5, **told), trunk=small), tiny("ppo", rover(**told), trunk=small)
    report = method(**FEW, on="both").attach(model, source)
    assert report.of("target")["trunk.conv1.0.weight"].fate == "pretrained"
    model.learn(64)


def test_info_nce_by_hand():
    """Logits q_i W k_j = [[2, 0], [1, 1]] with W = diag(2, 1): losses log(1 + e^-2) and log 2."""
    queries, keys = torch.tensor([[1.0, 0.0], [0.5, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    loss, right = info_nce(queries, keys, torch.diag(torch.tensor([2.0, 1.0])))
    assert loss.item() == pytest.approx((math.log(1 + math.exp(-2)) + math.log(2)) / 2)
    assert right[0] == 1


def test_the_keys_trunk_follows_by_the_rate(tiny):
    trunk = trunk_of(tiny("ppo"))
    objective = InstanceDiscrimination(trunk, shift=2, size=8, follow_rate=0.05)
    before = [p.clone() for p in objective.keys[0].parameters()]
    with torch.no_grad():
        for parameter in trunk.parameters():
            parameter.add_(1.0)
    objective.after_step(trunk)
    for old, moved in zip(before, objective.keys[0].parameters(), strict=True):
        torch.testing.assert_close(moved, old + 0.05)
    assert not any(p.requires_grad for p in objective.keys.parameters())
    frames = Frames(
        before=torch.randint(0, 255, (6, 3, 64, 64), dtype=torch.uint8),
        actions=torch.zeros(6).long(),
        after=torch.zeros(6, 3, 64, 64, dtype=torch.uint8),
        episodes=torch.zeros(6).long(),
        num_actions=4,
    )
    loss, _ = objective.loss(trunk, frames, 0, torch.Generator().manual_seed(0))
    loss.backward()
    assert all(p.grad is None for p in objective.keys.parameters())


def test_the_learners_own_draws_are_left_alone(learner):
    model = learner("ppo")
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    rlt.Contrastive(**FEW).attach(model, None)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002


def test_a_pretrained_agent_is_made_by_name_saved_and_loaded(rover, small, frames, tmp_path):
    method = rlt.Contrastive(**FEW)
    options = {"trunk": small, "seed": 0, "device": "cpu", "n_steps": 16, "batch_size": 32}
    model = rlt.make_agent("ppo", rover(), method=method, **options)
    assert model.transfer_report.counts()["pretrained"] > 0
    rlt.save(model, tmp_path / "agent")
    loaded = rlt.load_agent(tmp_path / "agent")
    assert np.array_equal(loaded.predict(frames, deterministic=True)[0], model.predict(frames, deterministic=True)[0])
    with pytest.raises(ConfigError, match="source and method go together"):
        rlt.make_agent("ppo", rover(), method=rlt.Contrastive(on="source"), **options)


def test_what_makes_no_sense_is_refused_with_its_reason(pair, tiny, cartpole):
    with pytest.raises(NotApplicableError, match="needs a source agent, and none was given"):
        rlt.Contrastive(on="both").attach(tiny("ppo"), None)
    with pytest.raises(NotApplicableError, match=r"shifts images.*shape \(4,\)"):
        rlt.Contrastive(**FEW).attach(tiny("ppo", cartpole()), None)
    with pytest.raises(NotApplicableError, match="cannot learn from the source's frames"):
        rlt.InverseDynamics(on="source").attach(tiny("ppo", cartpole()), tiny("ppo"))
    with pytest.raises(NotApplicableError, match="every stage of the trunk is frozen"):
        rlt.Compose(methods=(rlt.Frozen(), rlt.Contrastive(**FEW))).attach(*pair())
    for other, reason in (
        (rlt.SoftSharing(), "holds weights to the source's"),
        (rlt.HardSharing(), "learns on the source's trunk"),
        (rlt.InverseDynamics(), "both decide what is taught beforehand"),
    ):
        with pytest.raises(ConfigError, match=reason):
            rlt.Compose(methods=(rlt.Contrastive(), other))
