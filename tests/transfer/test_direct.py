"""Direct application and from scratch: everything copied, and nothing."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.trunks.specs import MLP


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_direct_acts_as_the_source_does(algorithm, pair, undecided, frames):
    model, source = pair(algorithm)
    undecided(source)
    wanted = source.predict(frames, deterministic=True)[0]
    assert not np.array_equal(model.predict(frames, deterministic=True)[0], wanted)
    report = rlt.Direct().attach(model, source)
    np.testing.assert_array_equal(model.predict(frames, deterministic=True)[0], wanted)
    assert set(report.counts()) == {"copied"}


def test_direct_acts_as_the_source_does_in_continuous_actions(pair, frames):
    model, source = pair(robots=("hovercraft", "hovercraft"))
    rlt.Direct().attach(model, source)
    np.testing.assert_array_equal(
        model.predict(frames, deterministic=True)[0], source.predict(frames, deterministic=True)[0]
    )


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_a_mapping_turns_each_source_action_into_its_target_action_and_takes_no_other(
    algorithm, pair, undecided, frames
):
    model, source = pair(algorithm, robots=("differential", "omni"))
    undecided(source)
    mapping = (2, 0, 3)
    report = rlt.Direct(action_mapping=mapping).attach(model, source)
    noise = np.random.default_rng(0).integers(0, 256, (64, 3, 64, 64), dtype=np.uint8)
    for observations in (frames, noise):
        theirs = source.predict(observations, deterministic=True)[0]
        np.testing.assert_array_equal(model.predict(observations, deterministic=True)[0], np.array(mapping)[theirs])
        for _ in range(5):
            assert 1 not in model.predict(observations, deterministic=False)[0]
    head = "action_net.weight" if algorithm == "ppo" else "q_net.q_net.0.weight"
    entry = report.of("target")[head]
    assert (entry.fate, entry.note) == ("mapped", "actions 2 from 0, 0 from 1, 3 from 2")
    ours, theirs = named_parts(model)[head], named_parts(source)[head]
    assert torch.equal(ours[[2, 0, 3]], theirs)


def test_a_mapping_keeps_the_probabilities_of_the_source(pair, frames):
    model, source = pair(robots=("differential", "omni"))
    rlt.Direct(action_mapping=(2, 0, 3)).attach(model, source)
    with torch.no_grad():
        ours, theirs = (
            m.policy.get_distribution(m.policy.obs_to_tensor(frames)[0]).distribution.probs for m in (model, source)
        )
    torch.testing.assert_close(ours[:, [2, 0, 3]], theirs)
    assert (ours[:, 1] == 0).all()


@pytest.mark.parametrize("mapping", [(0, 1, 1), (0, -1, 2)])
def test_a_mapping_of_two_actions_onto_one_is_refused(mapping):
    with pytest.raises(ConfigError, match="each source action needs a target action of its own"):
        rlt.Direct(action_mapping=mapping)


@pytest.mark.parametrize(
    ("robots", "mapping", "message"),
    [
        (("omni", "differential"), None, "the action spaces differ and no action_mapping is given"),
        (
            ("differential", "omni"),
            (0, 1),
            "action_mapping has 2 entries up to 1; the source has 3 actions, the target 4",
        ),
        (
            ("differential", "omni"),
            (0, 1, 4),
            "action_mapping has 3 entries up to 4; the source has 3 actions, the target 4",
        ),
        (("omni", "hovercraft"), (0, 1, 2, 3), "action_mapping is for discrete actions on both sides"),
    ],
)
def test_where_direct_application_cannot_serve_it_says_why(robots, mapping, message, pair):
    with pytest.raises(NotApplicableError, match=message):
        rlt.Direct(action_mapping=mapping).attach(*pair(robots=robots))


def test_a_policy_cannot_read_other_observations(tiny, cartpole):
    with pytest.raises(NotApplicableError, match="cannot read the target's observations"):
        rlt.Direct().attach(tiny("ppo"), tiny("ppo", cartpole()))


EVERY_ALGORITHM = (
    *("ppo", "a2c", "trpo", "recurrent_ppo", "dqn", "qr_dqn", "successor_dqn"),
    *("sac", "td3", "ddpg", "tqc", "crossq"),
)


@pytest.mark.parametrize("algorithm", EVERY_ALGORITHM)
def test_every_algorithms_policy_fits_its_own(algorithm, pair, frames):
    robot = "hovercraft" if algorithm in EVERY_ALGORITHM[7:] else "omni"
    model, source = pair(algorithm, robots=(robot, robot))
    rlt.Direct().attach(model, source)
    np.testing.assert_array_equal(
        model.predict(frames, deterministic=True)[0], source.predict(frames, deterministic=True)[0]
    )


@pytest.mark.parametrize(
    ("source_algorithm", "changes", "odd"),
    [("dqn", {}, "action_net.weight"), (None, {"net_arch": (8,)}, "mlp_extractor.policy_net.0.weight")],
)
def test_a_policy_of_which_a_part_does_not_fit_is_refused(source_algorithm, changes, odd, pair):
    model, source = pair("ppo", source_algorithm=source_algorithm, **changes)
    with pytest.raises(NotApplicableError, match=f"not the source's policy, since {odd} is not among what fits"):
        rlt.Direct().attach(model, source)


@pytest.mark.parametrize("where", ["heads", "trunk"])
def test_weights_of_layers_that_compute_otherwise_are_not_the_sources_policy(where, tiny, cartpole):
    ways = {"heads": {"activation_fn": "relu", "net_arch": (8,)}, "trunk": {"trunk": MLP(activation="relu")}}[where]
    usual = {"net_arch": (8,)} if where == "heads" else {}
    source, model = tiny("ppo", cartpole(), **ways), tiny("ppo", cartpole(), **usual)
    with pytest.raises(NotApplicableError, match="its layers are followed by others"):
        rlt.Direct().attach(model, source)


@pytest.mark.parametrize("where", ["heads", "trunk"])
def test_weights_of_layers_that_compute_otherwise_are_told_from_others_that_were_copied(where, tiny, cartpole):
    ways = {"heads": {"activation_fn": "relu"}, "trunk": {"trunk": MLP(activation="relu")}}[where]
    source, model = tiny("ppo", cartpole(), net_arch=(8,), **ways), tiny("ppo", cartpole(), net_arch=(8,))
    entries = rlt.Finetune().attach(model, source).of("target")
    told = {name for name, entry in entries.items() if "followed by something else" in entry.note}
    assert told == {name for name in entries if name.startswith("trunk.") == (where == "trunk")}
    if where == "trunk":
        with pytest.raises(NotApplicableError, match="not the source's features"):
            rlt.Frozen(at="end").attach(tiny("ppo", cartpole(), net_arch=(8,)), source)


def test_successor_features_cannot_keep_an_action_from_being_taken(pair):
    with pytest.raises(NotApplicableError, match="no value of theirs keeps an action from being taken"):
        rlt.Direct(action_mapping=(2, 0, 3)).attach(*pair("successor_dqn", robots=("differential", "omni")))


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_scratch_leaves_both_sides_as_they_are_and_says_so(algorithm, pair, snapshot):
    model, source = pair(algorithm)
    before = snapshot(model), snapshot(source)
    optimizer = model.policy.optimizer
    report = rlt.Scratch().attach(model, source)
    for agent, taken in zip((model, source), before, strict=True):
        assert all(torch.equal(p, taken[n]) for n, p in named_parts(agent).items())
    assert set(report.counts("target")) == {"re-initialised"}
    assert set(report.counts("source")) == {"absent"}
    assert model.policy.optimizer is optimizer


@pytest.mark.parametrize("method", [rlt.Direct(), rlt.Finetune()], ids=["direct", "finetune"])
def test_running_statistics_of_heads_go_with_them(method, pair, frames):
    """CrossQ normalises between its heads' layers: with fresh statistics the source's weights mean something else."""
    model, source = pair("crossq", robots=("hovercraft", "hovercraft"))
    with torch.no_grad():
        for name, buffer in source.policy.named_buffers():
            if name.endswith(("ra_mean", "ra_var")):
                buffer.add_(torch.rand(buffer.shape, generator=torch.Generator().manual_seed(len(name))))
    before = model.predict(frames, deterministic=True)[0]
    method.attach(model, source)
    expected, found = (agent.predict(frames, deterministic=True)[0] for agent in (source, model))
    assert (found == expected).all()
    assert abs(before - expected).max() > 1e-3
