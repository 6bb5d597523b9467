"""Compositions: the phases of several methods interleave, and nonsense is refused with its reason."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, optimizers
from rltransfer.errors import ConfigError
from rltransfer.transfer import Compose


def trained(method, pair, **options):
    model, source = pair(**options)
    report = method.attach(model, source)
    model.learn(128)
    return report, {name: p.detach().clone() for name, p in named_parts(model).items()}


def test_what_methods_do_adds_up_and_their_order_does_not_matter(pair):
    slow = rlt.Finetune(learning_rate_scale={"conv1": 0.0, "heads": 0.5}, heads="reinit")
    held = rlt.SoftSharing(strength={"conv2": 100.0})
    ways = [Compose(methods=(slow, held)), Compose(methods=(held, slow))]
    (first, ours), (second, theirs) = (trained(way, pair) for way in ways)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    for report in (first, second):
        fates = {name: (entry.fate, entry.note) for name, entry in report.of("target").items()}
        assert fates["trunk.conv1.0.weight"] == ("copied", "learning rate x 0")
        assert fates["trunk.conv2.0.weight"] == ("penalised", "strength 100")
        assert fates["action_net.weight"][0] == "re-initialised"
    _, alone = trained(slow, pair)
    assert torch.equal(ours["trunk.conv1.0.weight"], alone["trunk.conv1.0.weight"])
    assert not torch.equal(ours["trunk.conv2.0.weight"], alone["trunk.conv2.0.weight"])


def test_learning_rates_multiply(pair):
    model, source = pair()
    slow = rlt.Finetune(learning_rate_scale={"conv3": 0.5})

    class Halving(rlt.TransferMethod):
        """A method of a user's own that halves every rate."""

        registered = "halving"
        transfers = "parameters"
        heterogeneous = True

        def rates(self, stage_names):
            return dict.fromkeys(stage_names, 0.5)

    Compose(methods=(slow, Halving())).attach(model, source)
    scales = {
        id(p): group["learning_rate_scale"]
        for _, _, optimizer in optimizers(model)
        for group in optimizer.param_groups
        for p in group["params"]
    }
    parts = named_parts(model)
    assert scales[id(parts["trunk.conv3.0.weight"])] == 0.25
    assert scales[id(parts["trunk.conv2.0.weight"])] == 0.5
    assert scales[id(parts["action_net.weight"])] == 1


def test_a_composition_with_a_method_that_does_nothing_is_the_other_alone(pair):
    report, ours = trained(Compose(methods=(rlt.Finetune(learning_rate_scale=0.3), rlt.SoftSharing(strength=0))), pair)
    alone, theirs = trained(rlt.Finetune(learning_rate_scale=0.3), pair)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert report.entries == alone.entries


def test_a_frozen_part_is_cached_and_what_follows_is_held(pair):
    model, source = pair()
    method = Compose(methods=(rlt.Frozen(at="fc"), rlt.SoftSharing(strength=1e4)), name="held")
    assert method.label == method.attach(model, source).method == "held"
    assert isinstance(model.get_env(), rlt.FeatureCache)
    before = {name: p.detach().clone() for name, p in named_parts(model).items()}
    model.learn(256)
    after = named_parts(model)
    assert torch.equal(after["trunk.conv3.0.weight"], before["trunk.conv3.0.weight"])
    moved = (after["trunk.fc.1.weight"] - before["trunk.fc.1.weight"]).abs().max()
    assert 0 < moved < 0.01


@pytest.mark.parametrize(
    ("methods", "reason"),
    [
        ((rlt.Scratch(), rlt.Finetune()), "scratch stands alone"),
        ((rlt.Frozen(), rlt.Direct()), "direct stands alone"),
        ((rlt.Finetune(), rlt.Finetune()), "finetune stands twice"),
        ((rlt.Frozen(), rlt.HardSharing()), "frozen and hard_sharing both decide which stages learn"),
        ((rlt.SoftSharing(), rlt.HardSharing()), "both decide how weights are held to the source's"),
        ((rlt.Finetune(), rlt.HardSharing(start="scratch")), "finetune begins with the source's weights"),
        ((rlt.Finetune(),), "at least 2"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_nonsense_is_refused_with_its_reason(methods, reason):
    with pytest.raises(ConfigError, match=reason):
        Compose(methods=methods)


def test_compositions_within_compositions_are_one():
    inner = Compose(methods=(rlt.Finetune(), rlt.SoftSharing()))
    assert Compose(methods=(inner, rlt.Frozen())).label == "finetune+soft_sharing+frozen"
