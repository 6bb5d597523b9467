"""Shrink and perturb: a mixture of the source's weights and fresh ones, in every copy of the trunk."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import TEMPERATURE, named_parts
from rltransfer.errors import ConfigError
from rltransfer.registry import ALGORITHMS

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]


def robots_of(algorithm):
    return ("hovercraft", "hovercraft") if algorithm in CONTINUOUS else ("omni", "differential")


@pytest.mark.parametrize("algorithm", [*ALGORITHMS])
def test_weights_are_the_mixture(algorithm, vectors, snapshot):
    model, source = vectors(algorithm)
    fresh, theirs = snapshot(model), snapshot(source)
    report = rlt.ShrinkPerturb(shrink=0.3, perturb=0.2).attach(model, source)
    entries = report.of("target")
    for name, parameter in named_parts(model).items():
        entry = entries[name]
        if entry.fate == "re-initialised":
            assert name == TEMPERATURE
            assert torch.equal(parameter, fresh[name])
            continue
        assert (entry.fate, entry.note) == ("perturbed", "0.3 x the source's + 0.2 x fresh")
        torch.testing.assert_close(parameter.detach(), 0.3 * theirs[entry.counterpart] + 0.2 * fresh[name])
    assert sum(entry.fate == "perturbed" for entry in entries.values()) >= 6
    assert all(torch.equal(value, theirs[name]) for name, value in named_parts(source).items())
    before = snapshot(model)
    model.learn(64)
    assert any(not torch.equal(value, before[name]) for name, value in named_parts(model).items())


def test_fresh_weights_are_those_before_any_method_carried_and_the_rest_composes(pair, snapshot):
    model, source = pair()
    fresh, theirs = snapshot(model), snapshot(source)
    slow = rlt.Finetune(learning_rate_scale={"conv1": 0.5}, heads="reinit")
    entries = rlt.Compose(methods=(slow, rlt.ShrinkPerturb())).attach(model, source).of("target")
    name = "trunk.conv1.0.weight"
    assert entries[name].note == "0.4 x the source's + 0.1 x fresh; learning rate x 0.5"
    torch.testing.assert_close(named_parts(model)[name].detach(), 0.4 * theirs[name] + 0.1 * fresh[name])
    assert torch.equal(named_parts(model)["action_net.weight"], fresh["action_net.weight"])


@pytest.mark.parametrize("algorithm", ["dqn", "sac"])
def test_target_networks_begin_as_their_online_networks(algorithm, pair):
    model, source = pair(algorithm, robots=robots_of(algorithm))
    rlt.ShrinkPerturb().attach(model, source)
    parts = named_parts(model)
    followers = [name for name in parts if "_target." in name]
    assert followers
    for name in followers:
        online = name.replace("_target.", ".")
        ours = parts.get(online, parts.get("trunk." + online.split("stages.")[-1].split("extractor.")[-1]))
        assert torch.equal(parts[name], ours), name


@pytest.mark.parametrize(
    "other", [rlt.Frozen(), rlt.HardSharing(), rlt.SoftSharing(), rlt.EWC()], ids=lambda m: m.label
)
def test_beside_what_needs_the_sources_weights_it_is_refused(other):
    with pytest.raises(ConfigError, match="shrink_perturb"):
        rlt.Compose(methods=(rlt.ShrinkPerturb(), other))
    with pytest.raises(ConfigError, match="shrink_perturb"):
        rlt.Compose(methods=(other, rlt.ShrinkPerturb()))


def test_what_is_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="shrink"):
        rlt.ShrinkPerturb(shrink=1.5)


def test_the_agent_is_saved_and_comes_back(pair, frames, tmp_path):
    model, source = pair()
    rlt.ShrinkPerturb().attach(model, source)
    model.learn(64)
    rlt.save(model, tmp_path)
    again = rlt.load_agent(tmp_path, device="cpu")
    assert (again.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()
