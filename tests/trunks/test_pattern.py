"""The lecture's notation: what it stands for, what is refused and where, and the trunk that comes of it."""

import pytest
import torch
from torch import nn

import rltransfer as rlt
from rltransfer.errors import ConfigError, SpaceMismatchError
from rltransfer.trunks.layer_pattern import parsed
from rltransfer.trunks.layer_table import layer_table
from rltransfer.trunks.pattern_spec import Pattern

C, R, P, F = "CONV", "RELU", "POOL", "FC"


def kinds(text):
    return [layer.kind for layer in parsed(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[(CONV-RELU)*2-POOL]*3-(FC-RELU)*1", [C, R, C, R, P] * 3 + [F, R]),
        ("CONV", [C]),
        (" ( conv - Relu ) * 2 -fc", [C, R, C, R, F]),
        ("CONV*3-POOL", [C, C, C, P]),
        ("([[CONV]*2]*2-RELU)*2", [C, C, C, C, R] * 2),
        ("FC-RELU-FC", [F, R, F]),
        ("CONV-RELU-POOL-(FC-RELU)*2-FC", [C, R, P, F, R, F, R, F]),
    ],
)
def test_a_pattern_stands_for_its_layers_written_out(text, expected):
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("[(CONV-RELLU)*2-POOL]*3", 8, "at 'RELLU)*2-P': expected one of CONV, RELU, POOL, FC or an opening bracket"),
        ("[(CONV-RELU)*2-POOL", 20, "at the end: expected ']' for the bracket of column 1"),
        ("(CONV-RELU]", 11, "at ']': expected ')' for the bracket of column 1"),
        ("CONV-RELU)-FC", 10, "at ')-FC': ')' closes a bracket that is not open"),
        ("CONV RELU", 6, "at 'RELU': expected '-' before the next layer, '*' and a number, or the end"),
        ("CONV--RELU", 6, "at '-RELU': expected one of"),
        ("CONV-", 6, "at the end: expected one of"),
        ("  ", 1, "at '  ': expected one of"),
        ("()", 2, "at ')': expected one of"),
        ("CONV*0", 6, "at '0': expected how often, a whole number of 1 or more"),
        ("CONV*-1", 6, "at '-1': expected how often"),
        ("CONV*", 6, "at the end: expected how often"),
        ("CONV*2*2", 7, "at '*2': expected '-' before"),
        ("(CONV*400-RELU)*2-FC", 17, "at '2-FC': more than 500 layers"),
        ("CONV*99999999999999999999", 6, "at '9999999999': more than 500 layers"),
        ("FC-POOL", 4, "at 'POOL': a POOL reads an image, and an FC before it leaves none"),
        ("(FC-CONV)*2", 5, "at 'CONV)*2': a CONV reads an image"),
        ("CONV-FC-SOFTMAX", 9, "at 'SOFTMAX': the softmax is part of a head"),
        ("POOL?", 5, "at '?': expected '-'"),
        ("CONV-RELU²", 10, "at '²': expected '-'"),
        ("(" * 300, 301, "at the end: expected one of"),
    ],
)
def test_what_is_no_pattern_is_told_with_its_column(text, column, message):
    with pytest.raises(ConfigError) as caught:
        Pattern(layers=text)
    assert str(caught.value).startswith(f"Pattern: layers: column {column}, {message}")
    assert "\n" not in str(caught.value)


def test_other_options_that_do_not_hold_are_told():
    with pytest.raises(ConfigError, match="kernel: is 4, but must be odd"):
        Pattern(kernel=4)
    with pytest.raises(ConfigError, match="features"):
        Pattern(features=())


def test_it_is_built_layer_by_layer_with_its_sizes():
    """12 x 8: two pools of 2 leave 3 x 2. 3x3 convolutions: 3*9*4 + 4, 4*9*4 + 4; then 4*9*6 + 6, 6*9*6 + 6."""
    spec = Pattern(layers="[(CONV-RELU)*2-POOL]*2-(FC-RELU)*2-FC", channels=(4, 6), features=(10, 7))
    trunk = spec.build((3, 12, 8))
    assert trunk.stage_names == spec.stage_names() == ("block1", "block2", "fc1", "fc2", "fc3")
    assert [trunk.shape_at(name) for name in (*spec.stage_names(), "end")] == [
        *[(3, 12, 8), (4, 6, 4), (6, 3, 2), (10,), (7,), (7,)]
    ]
    per_stage = {name: sum(p.numel() for p in trunk.stages[name].parameters()) for name in trunk.stage_names}
    assert per_stage == {"block1": 112 + 148, "block2": 222 + 330, "fc1": 370, "fc2": 77, "fc3": 56}
    rows = layer_table(trunk.describe()).rows
    assert [row.name for row in rows] == [
        *["INPUT", "CONV3-4", "CONV3-4", "POOL2", "CONV3-6", "CONV3-6", "POOL2", "FC", "FC", "FC"]
    ]
    assert rows[7].product == "3*2*6*10"


def test_it_computes_what_is_written():
    trunk = Pattern(layers="CONV-POOL-RELU-FC", channels=(2,), features=(3,), kernel=5, pool=3, precision="float32")
    trunk = trunk.build((1, 7, 6))
    assert trunk.stage_names == ("block1", "block2", "fc1")
    x = torch.randint(0, 256, (4, 1, 7, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    w, f = dict(trunk.stages.named_parameters()), nn.functional
    y = f.conv2d(x.float() / 255, w["block1.0.weight"], w["block1.0.bias"], padding=2)
    y = f.relu(f.max_pool2d(y, 3)).flatten(1)
    torch.testing.assert_close(trunk(x), f.linear(y, w["fc1.1.weight"], w["fc1.1.bias"]))


def test_without_fully_connected_layers_the_last_map_is_the_features_and_with_them_alone_vectors_do():
    assert Pattern(layers="CONV-RELU-POOL", channels=(5,)).build((3, 8, 6)).features_dim == 5 * 4 * 3
    trunk = Pattern(layers="(FC-RELU)*2", features=(6, 4)).build((5,))
    assert trunk.stage_names == ("fc1", "fc2")
    assert trunk(torch.zeros(2, 5)).shape == (2, 4)


def test_images_that_are_too_small_and_vectors_are_refused():
    with pytest.raises(SpaceMismatchError, match="trunk 'pattern' needs images of at least 8 x 8 pixels, not 7 x 20"):
        Pattern().build((3, 7, 20))
    with pytest.raises(SpaceMismatchError, match="trunk 'pattern' reads images"):
        Pattern().build((9,))


def test_it_is_saved_and_loaded(tmp_path):
    trunk = Pattern(channels=(2, 3), features=(4,)).build((3, 16, 16)).eval()
    trunk.save(tmp_path)
    loaded = rlt.load_trunk(tmp_path).eval()
    assert loaded.spec == trunk.spec
    x = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    with torch.no_grad():
        assert torch.equal(loaded(x), trunk(x))
