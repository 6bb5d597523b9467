"""The report: every parameter of both sides once, and its fate true."""

import dataclasses
from collections import Counter

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.errors import ConfigError, NothingTransferredError, UnknownNameError
from rltransfer.tasks import SpaceDiff
from rltransfer.trunks.specs import MLP, Impala, Nature

EVERY = [
    rlt.Scratch(),
    rlt.Finetune(),
    rlt.Finetune(heads="reinit"),
    rlt.Finetune(learning_rate_scale="lecture"),
    rlt.Frozen(),
    rlt.Frozen(at="conv2", heads="reinit"),
    rlt.Frozen(cache=False),
    rlt.SoftSharing(),
    rlt.SoftSharing(strength={"conv2": 0.1, "heads": 0.1}),
    rlt.Relations(stages=("conv3", "fc")),
    rlt.Relations(stages=("conv2",), freeze=True, heads="reinit"),
    rlt.EWC(steps=8),
    rlt.Coupling(),
    rlt.HardSharing(),
    rlt.HardSharing(start="scratch"),
    rlt.HardSharing(heads="reinit"),
    rlt.MMD(source_steps=16),
    rlt.Coral(source_steps=16),
    rlt.DomainAdversarial(source_steps=16),
    rlt.Contrastive(frames=16, updates=2, batch_size=4),
    rlt.InverseDynamics(frames=16, updates=2, batch_size=4),
    rlt.Mapped(),
    rlt.Mapped(first_stage="fresh"),
    rlt.Augmentation(),
]
STEPS = [("omni", "omni"), ("omni", "differential"), ("omni", "hovercraft")]


def named(value):
    if isinstance(value, set):  # in an order of its own in every process, which pytest-xdist does not take
        return "-".join(sorted(value))
    return "-".join(map(str, value)) if isinstance(value, tuple) else str(value).replace("name=None ", "")


def assert_true(report, model, source, *, before):
    """Every entry of ``report`` is what the two models show; ``before`` is the target's parameters before."""
    ours, theirs = named_parts(model), named_parts(source)
    assert [e.name for e in report.entries] == [*ours, *theirs]
    assert sum(report.counts("target").values()) == sum(p.numel() for p in {*model.policy.parameters()})
    assert sum(report.counts("source").values()) == sum(p.numel() for p in {*source.policy.parameters()})
    for name, entry in report.of("target").items():
        assert entry.shape == tuple(ours[name].shape)
        if entry.fate == "pretrained":
            assert entry.counterpart is None
            assert not torch.equal(ours[name], before[name]), f"{name} is called pretrained but is as it was"
            continue
        if entry.fate == "re-initialised":
            assert entry.counterpart is None
            was = before.get(name, ours[name])  # or it is a method's own
            assert torch.equal(ours[name], was), f"{name} is called fresh but was changed"
            continue
        assert entry.fate in ("copied", "frozen", "penalised", "tied")
        assert torch.equal(ours[name], theirs[entry.counterpart]), f"{name} is called {entry.fate} but differs"
        assert (ours[name] is theirs[entry.counterpart]) == (entry.fate == "tied")
        assert ours[name].requires_grad == (entry.fate != "frozen")
    reached = {e.counterpart for e in report.of("target").values()}
    for name, entry in report.of("source").items():
        assert entry.shape == tuple(theirs[name].shape)
        assert (entry.fate == "absent") == (name not in reached)
        if entry.fate != "absent":
            mirror = report.of("target")[entry.counterpart]
            assert (mirror.counterpart, mirror.fate) == (name, entry.fate)


@pytest.mark.parametrize("method", EVERY, ids=named)
@pytest.mark.parametrize("robots", STEPS, ids=named)
def test_every_parameter_of_ppo_is_accounted_for_and_its_fate_is_true(method, robots, pair, snapshot):
    model, source = pair(robots=robots)
    before, source_before = snapshot(model), snapshot(source)
    report = method.attach(model, source)
    assert_true(report, model, source, before=before)
    if method != rlt.HardSharing(start="scratch"):
        assert all(torch.equal(p, source_before[n]) for n, p in named_parts(source).items())


@pytest.mark.parametrize("method", EVERY, ids=named)
@pytest.mark.parametrize("robots", STEPS[:2], ids=named)
def test_every_parameter_of_dqn_is_accounted_for_and_its_fate_is_true(method, robots, pair, snapshot):
    model, source = pair("dqn", robots=robots)
    before = snapshot(model)
    report = method.attach(model, source)
    assert_true(report, model, source, before=before)


@pytest.mark.parametrize("algorithms", [("ppo", "dqn"), ("dqn", "ppo")], ids=named)
def test_a_trunk_moves_between_algorithms_and_the_heads_stay(algorithms, pair, snapshot):
    model, source = pair(algorithms[0], source_algorithm=algorithms[1])
    before = snapshot(model)
    report = rlt.Finetune().attach(model, source)
    fates = {name: entry.fate for name, entry in report.of("target").items()}
    assert {n for n, fate in fates.items() if fate == "copied"} == {n for n in fates if ".conv" in n or ".fc." in n}
    assert_true(report, model, source, before=before)


def test_target_networks_begin_as_their_online_networks_though_the_sources_lagged_behind(pair):
    model, source = pair("dqn")
    assert not torch.equal(source.q_net.q_net[0].weight, source.q_net_target.q_net[0].weight)
    rlt.Finetune().attach(model, source)
    ours, followers = model.q_net.state_dict(), model.q_net_target.state_dict()
    assert all(torch.equal(ours[name], followers[name]) for name in ours)
    assert torch.equal(model.q_net_target.q_net[0].weight, source.q_net.q_net[0].weight)


@pytest.mark.parametrize(
    "method", [rlt.Finetune(heads="reinit"), rlt.Frozen(at="fc"), rlt.HardSharing(heads="reinit")], ids=named
)
def test_a_target_network_that_went_its_own_way_follows_again(method, tiny):
    model, source = tiny("dqn", robot="differential"), tiny("dqn", seed=7)
    assert not torch.equal(model.q_net.q_net[0].weight, model.q_net_target.q_net[0].weight)
    method.attach(model, source)
    ours, followers = model.q_net.state_dict(), model.q_net_target.state_dict()
    assert all(torch.equal(ours[name], followers[name]) for name in ours)


@pytest.mark.parametrize(
    ("robots", "copied"),
    [
        (("omni", "omni"), {"action_net.weight", "action_net.bias", "value_net.weight", "value_net.bias"}),
        (("omni", "differential"), {"value_net.weight", "value_net.bias"}),
        (("differential", "hovercraft"), {"value_net.weight", "value_net.bias"}),
        (
            ("hovercraft", "hovercraft"),
            {"log_std", "action_net.weight", "action_net.bias", "value_net.weight", "value_net.bias"},
        ),
    ],
    ids=named,
)
def test_policy_heads_are_copied_only_where_actions_agree_and_value_heads_always(robots, copied, pair):
    model, source = pair(robots=robots)
    report = rlt.Finetune().attach(model, source)
    heads = {n: e for n, e in report.of("target").items() if not n.startswith("trunk.")}
    assert {n for n, e in heads.items() if e.fate == "copied"} == copied
    assert all("action spaces differ" in e.note for n, e in heads.items() if n not in copied)


@pytest.mark.parametrize(
    ("robots", "fate"), [(("omni", "omni"), "copied"), (("omni", "differential"), "re-initialised")]
)
def test_q_values_are_heads_of_actions(robots, fate, pair):
    model, source = pair("dqn", robots=robots)
    report = rlt.Finetune().attach(model, source)
    assert {e.fate for n, e in report.of("target").items() if ".q_net." in n} == {fate}


def test_equal_spaces_with_other_meanings_are_other_actions(tiny):
    """Both spaces are Discrete(3): taken to mean the same unless the families name their actions and differ."""
    source = tiny("ppo", rlt.make_env({"id": "Acrobot-v1"}, num_envs=2), seed=7)
    diff = SpaceDiff.between_spaces(
        (source.observation_space, source.action_space), (source.observation_space, source.action_space)
    )
    for action_equal, fate in ((True, "copied"), (False, "re-initialised")):
        model = tiny("ppo", rlt.make_env({"id": "MountainCar-v0"}, num_envs=2))
        assert source.action_space == model.action_space
        report = rlt.Finetune().attach(model, source, diff=dataclasses.replace(diff, action_equal=action_equal))
        fates = {n: e.fate for n, e in report.of("target").items()}
        assert fates["action_net.weight"] == fates["action_net.bias"] == fate
        assert fates["value_net.weight"] == fates["trunk.fc2.0.weight"] == "copied"
        assert fates["trunk.fc1.1.bias"] == "copied" or fates["trunk.fc1.1.weight"] == "re-initialised"


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("method", [m for m in EVERY if isinstance(m, rlt.Finetune | rlt.SoftSharing)], ids=named)
def test_trunks_that_do_not_fit_at_all_are_an_error_and_not_a_silent_start_afresh(algorithm, method, tiny):
    source = tiny(algorithm, trunk=Nature(features=32, precision="float32"))
    model = tiny(
        algorithm, trunk=Impala(channels=(4, 4), features=32, precision="float32")
    )  # heads fit, and mean nothing
    if isinstance(getattr(method, "strength", None), dict):
        method = rlt.SoftSharing(strength={"block1": 0.1})
    with pytest.raises(NothingTransferredError, match="same trunk"):
        method.attach(model, source)


def test_a_lone_bias_of_equal_length_is_not_a_transfer(tiny, cartpole):
    """A value head has one bias whatever its width: its (1,) fits every source, and means nothing without weights."""
    source, model = tiny("ppo"), tiny("ppo", cartpole(), trunk=MLP(widths=(16,)))
    with pytest.raises(NothingTransferredError):
        rlt.Finetune().attach(model, source)


def test_a_bias_is_carried_only_with_its_weights(tiny):
    """Half the stages fit: another input size changes the shape of ``fc``'s weights but not of its biases."""
    source = tiny("ppo")
    resized = {"id": "CartPole-v1", "wrappers": ["pixels", {"resize": {"height": 48, "width": 48}}]}
    model = tiny("ppo", rlt.make_env(resized, num_envs=2), n_steps=16)
    fates = {n: e.fate for n, e in rlt.Finetune().attach(model, source).of("target").items()}
    assert fates["trunk.conv1.0.weight"] == fates["trunk.conv3.0.bias"] == "copied"
    assert fates["trunk.fc.1.weight"] == fates["trunk.fc.1.bias"] == "re-initialised"


def test_the_report_counts_what_each_fate_holds(pair):
    model, source = pair(robots=("omni", "differential"))
    report = rlt.Frozen(at="conv2").attach(model, source)
    # conv1 3*8*8*32 + 32 = 6,176. conv2 32*4*4*64 + 64 = 32,832; conv3 64*3*3*64 + 64 = 36,928;
    # fc 64*4*4*32 + 32 = 32,800; value 32 + 1: together 102,593. Actions 3 * 32 + 3 = 99, the source's 4 * 32 + 4.
    assert report.counts("target") == {"frozen": 6_176, "copied": 102_593, "re-initialised": 99}
    assert report.counts("source") == {"frozen": 6_176, "copied": 102_593, "absent": 132}
    assert Counter(e["fate"] for e in report.as_json()["parameters"] if e["side"] == "target") == {
        "frozen": 2,
        "copied": 8,
        "re-initialised": 2,
    }
    text = str(report)
    assert "target: 108,868 parameters: 6,176 frozen, 102,593 copied, 99 re-initialised" in text
    assert "action_net.weight" in text
    assert "the action spaces differ" in text


def test_make_agent_keeps_the_report_and_needs_both_source_and_method(tiny, rover):
    source = tiny("ppo")
    model = rlt.make_agent("ppo", rover(), source=source, method=rlt.Finetune(), device="cpu")
    assert model.transfer_report.method == "finetune"
    for half in ({"source": source}, {"method": rlt.Finetune()}):
        with pytest.raises(ConfigError, match="source and method go together"):
            rlt.make_agent("ppo", rover(), device="cpu", **half)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (rlt.Finetune(learning_rate_scale={"conv_1": 0.1}), "unknown stage in learning_rate_scale 'conv_1'.*'conv1'"),
        (rlt.SoftSharing(strength={"header": 0.1}), "unknown stage in strength 'header'.*'heads'"),
        (rlt.Frozen(at="cnv3"), "unknown stage 'cnv3'.*'conv3'"),
    ],
    ids=named,
)
def test_a_misspelt_stage_is_an_error_with_the_nearest_name(method, message, pair):
    with pytest.raises(UnknownNameError, match=message):
        method.attach(*pair())


@pytest.mark.parametrize(
    ("method", "option"),
    [
        (rlt.Finetune, "learning_rate_scale"),
        (rlt.SoftSharing, "strength"),
        (rlt.EWC, "strength"),
        (rlt.Coupling, "strength"),
    ],
)
def test_negative_scales_and_strengths_are_refused_where_they_stand(method, option):
    with pytest.raises(ConfigError, match=rf"{option}: is -0.1, but must be at least 0"):
        method(**{option: -0.1})
    with pytest.raises(ConfigError, match=rf"{option}\.conv1: is -1, but must be at least 0"):
        method(**{option: {"conv1": -1}})


def test_no_fate_of_learning_is_claimed_for_target_networks_which_only_follow(pair):
    for method in (rlt.SoftSharing(), rlt.Finetune(learning_rate_scale="lecture")):
        report = method.attach(*pair("dqn"))
        online, target = (
            report.of("target")["trunk.fc.1.weight"],
            report.of("target")["q_net_target.features_extractor.fc.1.weight"],
        )
        assert online.note
        assert (target.fate, target.note) == ("copied", "")
