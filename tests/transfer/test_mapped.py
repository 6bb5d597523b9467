"""Inter-task mappings: what corresponds is copied to its place, number by number, and the rest is fresh."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_of
from rltransfer.errors import NotApplicableError
from rltransfer.tasks import SpaceDiff
from rltransfer.trunks.specs import MLP, Impala

DISCRETE = ("ppo", "a2c", "trpo", "recurrent_ppo", "dqn", "qr_dqn")
CONTINUOUS = ("ppo", "sac", "td3", "ddpg", "tqc")


def vector(size):
    return spaces.Box(-1, 1, (size,), np.float32)


def picture(channels):
    return spaces.Box(0, 255, (channels, 40, 40), np.uint8)


@pytest.mark.parametrize("algorithm", DISCRETE)
def test_rows_of_mapped_actions_are_the_sources_and_the_others_stay_fresh(algorithm, couple, snapshot):
    model, source = couple(algorithm, [vector(3)] * 2, (spaces.Discrete(4), spaces.Discrete(3)))
    before = snapshot(model)
    report = rlt.Mapped(actions={0: 2, 3: 0}).attach(model, source)
    ours, theirs = named_parts(model), named_parts(source)
    name = {"dqn": "q_net.q_net.0", "qr_dqn": "quantile_net.quantile_net.0"}.get(algorithm, "action_net")
    for kind in ("weight", "bias"):
        fresh, mapped, given = (
            parts[f"{name}.{kind}"].unflatten(0, (-1, count))  # quantiles: each of all actions
            for parts, count in ((before, 4), (ours, 4), (theirs, 3))
        )
        assert torch.equal(mapped[:, [0, 3]], given[:, [2, 0]])
        assert torch.equal(mapped[:, [1, 2]], fresh[:, [1, 2]])
        entry = report.of("target")[f"{name}.{kind}"]
        assert (entry.fate, entry.note) == ("mapped", "actions 0 from 2, 3 from 0")
        assert entry.part == entry.numbers // 2
        left = report.of("source")[f"{name}.{kind}"]
        assert (left.fate, left.part) == ("mapped", left.numbers * 2 // 3)
    assert report.of("target")["trunk.fc1.1.weight"].fate == "copied"
    assert sum(report.counts("target").values()) == sum(p.numel() for p in {*model.policy.parameters()})
    model.learn(64)


@pytest.mark.parametrize("algorithm", CONTINUOUS)
def test_dimensions_of_continuous_actions_are_mapped_where_given_and_where_read(algorithm, couple, snapshot):
    options = {"net_arch": (8,)}
    model, source = couple(algorithm, [vector(3)] * 2, (vector(3), vector(2)), **options)
    before = snapshot(model)
    rlt.Mapped(actions={2: 0, 1: 1}).attach(model, source)
    ours, theirs = named_parts(model), named_parts(source)
    given = {"ppo": ("action_net.weight", "log_std"), "sac": ("actor.mu.weight", "actor.log_std.bias")}
    given["tqc"] = given["sac"]
    for name in given.get(algorithm, ("actor.mu.2.weight", "actor.mu.2.bias")):
        assert torch.equal(ours[name][[2, 1]], theirs[name][[0, 1]])
        assert torch.equal(ours[name][0], before[name][0])
    if algorithm != "ppo":
        mine, its, fresh = (parts["critic.qf0.0.weight"] for parts in (ours, theirs, before))
        assert torch.equal(mine[:, :-3], its[:, :-2]), "features are read as in the source"
        assert torch.equal(mine[:, [-1, -2]], its[:, [-2, -1]])
        assert torch.equal(mine[:, -3], fresh[:, -3])
        assert torch.equal(ours["critic.qf0.0.bias"], theirs["critic.qf0.0.bias"])
    if hasattr(model, "critic_target"):
        pairs = zip(model.critic.parameters(), model.critic_target.parameters(), strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    model.learn(64)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "sac"])
@pytest.mark.parametrize("trunk", ["nature", "mlp", "impala"])
def test_channels_and_entries_of_the_observation_are_mapped_in_the_first_layer(algorithm, trunk, couple, snapshot):
    is_picture = trunk != "mlp"
    shape = picture if is_picture else vector
    action = vector(2) if algorithm == "sac" else spaces.Discrete(3)
    spec = {"mlp": MLP(widths=(8,)), "impala": Impala(channels=(4, 4), features=8), "nature": None}[trunk]
    model, source = couple(algorithm, (shape(4), shape(3)), (action, action), trunk=spec)
    before = snapshot(model)
    report = rlt.Mapped(observations={3: 0, 0: 2}).attach(model, source)
    name = next(n for n in named_parts(model) if n.startswith("trunk."))
    ours, theirs, fresh = (parts[name] for parts in (named_parts(model), named_parts(source), before))
    assert torch.equal(ours[:, [3, 0]], theirs[:, [0, 2]])
    assert torch.equal(ours[:, [1, 2]], fresh[:, [1, 2]])
    entries = report.of("target")
    assert (entries[name].fate, entries[name].part) == ("mapped", ours.numel() // 2)
    rest = {e.fate for n, e in entries.items() if n.startswith("trunk.") and n != name}
    assert rest == {"copied"}
    model.learn(64)


def test_a_channel_that_stands_for_several_is_divided_so_that_grey_gives_what_it_gave(couple):
    action = spaces.Discrete(3)
    model, source = couple("ppo", (picture(3), picture(1)), (action, action))
    rlt.Mapped(observations={0: 0, 1: 0, 2: 0}).attach(model, source)
    grey = torch.randint(0, 256, (5, 1, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        torch.testing.assert_close(trunk_of(model)(grey.expand(-1, 3, -1, -1)), trunk_of(source)(grey))


@pytest.mark.parametrize(
    ("algorithm", "net_arch"),
    [("ppo", (8,)), ("ppo", ()), ("dqn", (8,)), ("sac", (8,)), ("td3", (8,)), ("recurrent_ppo", ())],
)
def test_heads_that_read_the_observation_themselves_are_mapped_along_both_axes(algorithm, net_arch, couple, snapshot):
    continuous = algorithm in ("sac", "td3")
    actions = (vector(3), vector(2)) if continuous else (spaces.Discrete(3), spaces.Discrete(2))
    model, source = couple(algorithm, (vector(4), vector(3)), actions, trunk="flatten", net_arch=net_arch)
    before = snapshot(model)
    rlt.Mapped(observations={3: 0, 0: 2}, actions={2: 1}).attach(model, source)
    ours, theirs = named_parts(model), named_parts(source)
    readers = {"dqn": ["q_net.q_net.0.weight"], "sac": ["actor.latent_pi.0.weight"], "td3": ["actor.mu.0.weight"]}
    readers["recurrent_ppo"] = ["lstm_actor.weight_ih_l0", "lstm_critic.weight_ih_l0"]
    hidden = ["mlp_extractor.policy_net.0.weight", "mlp_extractor.value_net.0.weight"]
    readers["ppo"] = hidden if net_arch else ["value_net.weight"]
    for name in readers[algorithm]:
        assert torch.equal(ours[name][:, [3, 0]], theirs[name][:, [0, 2]])
        assert torch.equal(ours[name][:, [1, 2]], before[name][:, [1, 2]])
    if algorithm == "ppo" and not net_arch:
        assert torch.equal(ours["action_net.weight"][2, [3, 0]], theirs["action_net.weight"][1, [0, 2]])
        assert torch.equal(ours["action_net.weight"][[0, 1]], before["action_net.weight"][[0, 1]])
    if continuous:
        mine, its = ours["critic.qf0.0.weight"], theirs["critic.qf0.0.weight"]
        assert torch.equal(mine[:, [3, 0]], its[:, [0, 2]])
        assert torch.equal(mine[:, 6], its[:, 4])
    model.learn(64)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "qr_dqn"])
@pytest.mark.parametrize(
    "method",
    [
        rlt.Mapped(),
        rlt.Mapped(actions="shared"),
        rlt.Mapped(actions={0: 0, 1: 1, 2: 2, 3: 3}, observations={0: 0, 1: 1, 2: 2}),
    ],
    ids=["nothing", "shared", "identity"],
)
def test_the_identity_begins_as_fine_tuning_bit_for_bit(algorithm, method, pair):
    agents = []
    for each in (method, rlt.Finetune()):
        model, source = pair(algorithm)
        agents.append((model, each.attach(model, source)))
    (one, mapped), (other, finetuned) = agents
    assert mapped.entries == finetuned.entries
    assert all(torch.equal(p, named_parts(other)[n]) for n, p in named_parts(one).items())


def test_actions_of_the_same_name_are_shared(pair):
    meanings = (("noop", "fire", "left", "right"), ("noop", "left", "forward"))
    model, source = pair(robots=("omni", "differential"))
    sides = [(agent.observation_space, agent.action_space) for agent in (source, model)]
    diff = SpaceDiff.between_spaces(*sides)
    diff = type(diff)(**{**vars(diff), "action_meanings": meanings})
    rlt.Mapped(actions="shared").attach(model, source, diff=diff)
    ours, theirs = named_parts(model)["action_net.weight"], named_parts(source)["action_net.weight"]
    assert torch.equal(ours[[0, 1]], theirs[[0, 2]])


def test_a_fresh_first_stage_sees_anew_and_the_rest_is_the_sources(pair, snapshot):
    model, source = pair()
    before = snapshot(model)
    report = rlt.Mapped(first_stage="fresh").attach(model, source)
    ours, theirs = named_parts(model), named_parts(source)
    for name, entry in report.of("target").items():
        fresh = name.startswith("trunk.conv1.")
        assert entry.fate == ("re-initialised" if fresh else "copied")
        assert torch.equal(ours[name], (before if fresh else theirs)[name])


def test_every_part_of_another_robot_is_accounted_for(tiny):
    """Omni (4 choices), differential (3 choices), hovercraft (2 numbers): each step keeps what it can."""
    robots = ("omni", "differential", "hovercraft")
    omni, differential, hovercraft = (tiny("ppo", robot=robot, seed=seed) for seed, robot in enumerate(robots))
    first = rlt.Mapped(actions={0: 1, 1: 0}).attach(differential, omni)  # forward from up, left from right
    # action_net: 32 weights and a bias for each action, 2 of 3 in the target and 2 of 4 in the source.
    assert first.counts("target")["mapped"] == first.counts("source")["mapped"] == 66
    assert (first.counts("target")["re-initialised"], first.counts("source")["absent"]) == (33, 66)
    second = rlt.Mapped(actions="learned").attach(hovercraft, differential)
    fates = {n: e.fate for n, e in second.of("target").items() if not n.startswith("trunk.")}
    assert fates == {
        "log_std": "re-initialised",
        "action_net.weight": "mapped",
        "action_net.bias": "re-initialised",
        "value_net.weight": "copied",
        "value_net.bias": "copied",
    }
    assert all(e.fate == "copied" for n, e in second.of("target").items() if n.startswith("trunk."))


def test_a_first_layer_that_is_wholly_mapped_can_be_frozen_and_one_in_part_cannot(couple):
    action = spaces.Discrete(3)
    model, source = couple("ppo", [picture(3)] * 2, (action, action))
    report = rlt.Compose(methods=[rlt.Mapped(observations={0: 2, 1: 1, 2: 0}), rlt.Frozen(at="conv2")]).attach(
        model, source
    )
    name = "trunk.conv1.0.weight"
    assert report.of("target")[name].fate == "frozen"
    kept = named_parts(model)[name].clone()
    assert torch.equal(kept, named_parts(source)[name].flip(1))
    model.learn(64)
    assert torch.equal(named_parts(model)[name], kept)
    model, source = couple("ppo", [picture(3)] * 2, (action, action))
    with pytest.raises(NotApplicableError, match="conv1"):
        rlt.Compose(methods=[rlt.Mapped(observations={0: 2}), rlt.Frozen(at="conv2")]).attach(model, source)


def test_the_order_of_a_composition_does_not_matter_and_penalties_hold_what_was_copied(couple):
    spaces_of = ([vector(3)] * 2, (spaces.Discrete(4), spaces.Discrete(3)))
    parts = [rlt.SoftSharing(strength={"fc1": 0.1, "heads": 0.1}), rlt.Mapped(actions={3: 0})]
    reports = [rlt.Compose(methods=m).attach(*couple("ppo", *spaces_of)) for m in (parts, parts[::-1])]
    assert reports[0].entries == reports[1].entries
    fates = {n: e.fate for n, e in reports[0].of("target").items()}
    assert fates["trunk.fc1.1.weight"] == fates["value_net.weight"] == "penalised"
    assert fates["action_net.weight"] == "mapped"


@pytest.mark.parametrize(
    ("mapping", "told"),
    [({0: 1, 1: 2, 2: 0}, "go on from the source's"), ({0: 1}, "begin anew: the source has none of some entries")],
)
def test_statistics_of_observations_are_mapped_with_them(mapping, told, couple):
    model, source = couple("ppo", [vector(3)] * 2, [spaces.Discrete(2)] * 2, normalize="both")
    source.learn(64)
    ours, theirs = (agent.get_vec_normalize_env() for agent in (model, source))
    report = rlt.Mapped(observations=mapping).attach(model, source)
    assert report.statistics == told
    mapped = told.startswith("go on")
    np.testing.assert_array_equal(ours.obs_rms.mean, theirs.obs_rms.mean[[1, 2, 0]] if mapped else np.zeros(3))
    assert (ours.ret_rms.var == theirs.ret_rms.var) == mapped
