"""Tensors of any network brought into an agent by a map of names, and told of before."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.errors import ConfigError, NothingTransferredError


@pytest.fixture
def network(tmp_path):
    """A convolutional network of the user's own, as a torch file and as safetensors."""
    torch.manual_seed(3)
    layers = nn.ModuleDict({"first": nn.Conv2d(3, 32, 8, 4), "second": nn.Conv2d(32, 64, 4, 2), "top": nn.Linear(9, 9)})
    weights = {name: tensor.detach() for name, tensor in layers.state_dict().items()}
    torch.save({"epoch": 4, "model": weights}, tmp_path / "network.pt")
    save_file({f"model.{name}": tensor for name, tensor in weights.items()}, tmp_path / "network.safetensors")
    return tmp_path, weights


MAP = {
    r"model\.first\.(weight|bias)": r"trunk.conv1.0.\1",
    "model.second.weight": "trunk.conv2.0.weight",
    r"model\.top\..*": "trunk.fc.1.weight",
}


@pytest.mark.parametrize("name", ["network.pt", "network.safetensors"])
def test_a_dry_run_tells_what_matches_what_is_left_and_what_shape_differs_and_changes_nothing(
    name, network, tiny, snapshot
):
    folder, _ = network
    model = tiny("ppo")
    before = snapshot(model)
    report = rlt.import_weights(model, folder / name, MAP, dry_run=True)
    assert report.matched == {
        "model.first.weight": "trunk.conv1.0.weight",
        "model.first.bias": "trunk.conv1.0.bias",
        "model.second.weight": "trunk.conv2.0.weight",
    }
    assert report.left == {"model.second.bias": "model.second.bias"}
    assert report.misshapen["model.top.weight"] == ((9, 9), "trunk.fc.1.weight", (32, 1024))
    assert set(report.untouched) == set(before) - set(report.matched.values())
    assert "3 tensors match, 2 differ in shape, 1 are left" in str(report)
    assert all(torch.equal(p, before[n]) for n, p in named_parts(model).items())


def test_what_matches_is_copied_and_the_rest_stays(network, tiny, snapshot):
    folder, weights = network
    model = tiny("dqn")
    before = snapshot(model)
    rlt.import_weights(model, folder / "network.safetensors", MAP)
    after = named_parts(model)
    assert torch.equal(after["trunk.conv1.0.weight"], weights["first.weight"])
    assert torch.equal(after["trunk.conv2.0.weight"], weights["second.weight"])
    assert torch.equal(after["trunk.conv2.0.bias"], before["trunk.conv2.0.bias"])
    assert torch.equal(model.q_net_target.features_extractor.trunk.stages.conv1[0].weight, weights["first.weight"])


def test_names_of_the_agent_need_no_map_and_none_leaves_one_out(tiny, snapshot, tmp_path):
    source, model = tiny("ppo", seed=7), tiny("ppo")
    before = snapshot(model)
    torch.save({name: p.detach() for name, p in named_parts(source).items()}, tmp_path / "weights.pth")
    report = rlt.import_weights(model, tmp_path / "weights.pth", {r"value_net\..*": None})
    assert set(report.untouched) == {"value_net.weight", "value_net.bias"}
    for name, parameter in named_parts(model).items():
        wanted = before[name] if name in report.untouched else named_parts(source)[name]
        assert torch.equal(parameter, wanted)


def test_running_statistics_of_a_trunk_are_weights_too(batch_normed, tiny, tmp_path):
    source, model = tiny("ppo", trunk=batch_normed(), seed=7), tiny("ppo", trunk=batch_normed())
    norm = source.policy.features_extractor.trunk.stages.conv1[1]
    norm.running_mean.fill_(3.0)
    torch.save({"mean": norm.running_mean}, tmp_path / "weights.pth")
    rlt.import_weights(model, tmp_path / "weights.pth", {"mean": "trunk.conv1.1.running_mean"})
    assert (model.policy.features_extractor.trunk.stages.conv1[1].running_mean == 3).all()


@pytest.mark.parametrize(
    ("key_map", "error", "message"),
    [
        ({}, NothingTransferredError, "not one of its 6 tensors fits"),
        ({r"model\.first\.(.*": r"trunk.conv1.0.\1"}, ConfigError, "no regular expression"),
        ({r"model\.first\.weight": r"trunk.conv1.0.\2"}, ConfigError, "no regular expression"),
        ({r"model\..*\.bias": "trunk.conv2.0.bias"}, ConfigError, "key_map: both "),
    ],
)
def test_a_map_that_does_not_hold_is_refused(key_map, error, message, network, tiny):
    folder, _ = network
    if "both" in message:
        save_file({f"model.{n}.bias": torch.zeros(64) for n in ("second", "a")}, folder / "network.safetensors")
    with pytest.raises(error, match=message):
        rlt.import_weights(tiny("ppo"), folder / "network.safetensors", key_map)


def test_the_nearest_name_is_suggested(network, tiny):
    folder, _ = network
    report = rlt.import_weights(
        tiny("ppo"), folder / "network.pt", {r"model\.first\.(.*)": r"trunk.conv1.1.\1"}, dry_run=True
    )
    assert "nearest is 'trunk.conv1.0.weight'" in str(report)
