"""Trunks on disk: bit-equal when whole, one line when not, and never a program."""

import hashlib
import json
import pickle
from pathlib import Path

import pytest
import torch

import rltransfer as rlt
from rltransfer.errors import ArtifactError
from rltransfer.trunks.specs import MLP, Impala, Nature, Relational

EVERY = [
    (Nature(features=16, precision="float32"), (4, 40, 52)),
    (Nature(features=16, precision="bfloat16"), (4, 40, 52)),
    (Impala(channels=(4, 8), features=16, precision="float32"), (3, 20, 31)),
    (Relational(channels=(4, 6), head_width=4, features=8, precision="bfloat16"), (3, 40, 44)),
    (MLP(widths=(16, 8), activation="relu"), (5,)),
]


def pixels(shape):
    return torch.randint(0, 256, (5, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def saved(tmp_path):
    """A small trunk's directory."""
    MLP(widths=(4,)).build((3,)).save(tmp_path / "mine")
    return tmp_path / "mine"


def rewrite(directory, **changes):
    path = directory / "trunk.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def replace_weights(directory, data):
    (directory / "trunk.safetensors").write_bytes(data)
    rewrite(directory, sha256=hashlib.sha256(data).hexdigest())


def refusal(directory):
    with pytest.raises(ArtifactError) as caught:
        rlt.load_trunk(directory)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    assert str(directory) in message
    return message


@pytest.mark.parametrize(("spec", "shape"), EVERY, ids=str)
def test_what_is_saved_is_what_is_loaded_bit_for_bit(spec, shape, tmp_path):
    trunk = spec.build(shape).eval()
    trunk.save(tmp_path, provenance={"from": "a test", "score": 1.5})
    loaded = rlt.load_trunk(tmp_path).eval()
    assert loaded.spec == spec
    assert loaded.input_shape == shape
    ours, theirs = trunk.state_dict(), loaded.state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    with torch.no_grad():
        assert torch.equal(trunk(pixels(shape)), loaded(pixels(shape)))
    record = json.loads((tmp_path / "trunk.json").read_text())
    assert record["provenance"] == {"from": "a test", "score": 1.5}
    assert record["stages"] == list(spec.stage_names())


def test_batch_norm_statistics_are_saved_too(batch_normed, tmp_path):
    trunk = batch_normed(precision="float32").build((3, 64, 64))
    trunk(pixels((3, 64, 64)))  # moves them, in training mode
    trunk.save(tmp_path)
    ours, theirs = dict(trunk.named_buffers()), dict(rlt.load_trunk(tmp_path).named_buffers())
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert int(ours["stages.conv1.1.num_batches_tracked"]) == 1


def test_a_trunk_that_was_used_for_acting_and_frozen_is_saved_in_float32(tmp_path):
    trunk = Nature(features=16, precision="bfloat16").build((3, 40, 40)).eval()
    trunk.freeze("conv2")
    with torch.no_grad():
        trunk(pixels((3, 40, 40)))
    trunk.save(tmp_path)
    for ours, theirs in zip(trunk.parameters(), rlt.load_trunk(tmp_path).parameters(), strict=True):
        assert theirs.dtype == torch.float32
        assert torch.equal(ours, theirs)


def test_loading_moves_no_random_numbers(saved):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    rlt.load_trunk(saved)
    assert torch.equal(torch.rand(3), expected)


def test_an_agents_directory_will_do(tiny, tmp_path):
    model = tiny("ppo")
    rlt.save(model, tmp_path)
    loaded = rlt.load_trunk(tmp_path)
    assert torch.equal(next(loaded.parameters()), next(model.policy.features_extractor.parameters()))


@pytest.mark.parametrize("name", ["trunk.json", "trunk.safetensors"])
def test_a_missing_file_is_named(name, saved):
    (saved / name).unlink()
    assert str(saved / name) in refusal(saved)


@pytest.mark.parametrize("keep", [0, 1, 20, 60, -1])
def test_truncated_weights_are_named_as_damaged(keep, saved):
    path = saved / "trunk.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    assert f"{path}: damaged (checksum differs)" in refusal(saved)


def test_one_flipped_bit_is_noticed(saved):
    path = saved / "trunk.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "damaged" in refusal(saved)


@pytest.mark.parametrize("keep", [0, 1, 40, -3])
def test_a_truncated_record_is_named(keep, saved):
    path = saved / "trunk.json"
    path.write_text(path.read_text()[:keep])
    assert str(path) in refusal(saved)


def test_a_later_format_asks_for_an_upgrade(saved):
    rewrite(saved, format=2)
    assert "written by a later rltransfer (format 2). Upgrade" in refusal(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"architecture": "vgg"},
        {"architecture": ["mlp"]},
        {"architecture": "os.system"},
        {"architecture": None},
        {"spec": {"widths": [4], "activation": "__import__('os').system('true')"}},
        {"spec": {"widths": ["four"]}},
        {"spec": {"widths": []}},
        {"spec": {"widths": [8]}},
        {"spec": {"widths": [4], "depth": 3}},
        {"spec": "mlp"},
        {"spec": None},
        {"input_shape": [4]},
        {"input_shape": [-3]},
        {"input_shape": [3.0]},
        {"input_shape": ["3"]},
        {"input_shape": 3},
        {"input_shape": [10**30]},
        {"input_shape": []},
        {"format": "1"},
        {"format": None},
        {"sha256": None},
        {"architecture": "nature", "spec": {}},
    ],
    ids=str,
)
def test_a_record_of_odd_content_is_refused_in_one_line(changes, saved):
    rewrite(saved, **changes)
    refusal(saved)


@pytest.mark.parametrize("content", ["[]", "3", '"text"', "null", "{}", "[" * 100_000, b"\xff\xfe\x00"], ids=range(7))
def test_a_record_of_another_kind_is_refused_in_one_line(content, saved):
    data = content if isinstance(content, bytes) else content.encode()
    (saved / "trunk.json").write_bytes(data)
    refusal(saved)


@pytest.mark.parametrize("key", ["format", "architecture", "spec", "input_shape", "sha256"])
def test_a_record_that_lacks_a_key_says_which(key, saved):
    path = saved / "trunk.json"
    record = json.loads(path.read_text())
    del record[key]
    path.write_text(json.dumps(record))
    assert repr(key) in refusal(saved)


def test_weights_of_another_trunk_do_not_fit(saved, tmp_path):
    MLP(widths=(5,)).build((3,)).save(tmp_path / "other")
    replace_weights(saved, (tmp_path / "other" / "trunk.safetensors").read_bytes())
    refusal(saved)


class Bomb:
    """Unpickled, it creates a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_pickle_in_place_of_the_weights_is_refused_and_not_run(how, saved, tmp_path):
    exploded, file = tmp_path / "exploded", tmp_path / "bomb"
    if how == "torch":
        torch.save({"fc1.1.weight": Bomb(exploded)}, file)
    else:
        file.write_bytes(pickle.dumps(Bomb(exploded)))
    if how == "torch":
        torch.load(file, weights_only=False)
    else:
        pickle.loads(file.read_bytes())
    assert exploded.exists(), "the bomb must work, or the test would prove nothing"
    exploded.unlink()
    replace_weights(saved, file.read_bytes())
    refusal(saved)
    assert not exploded.exists()
