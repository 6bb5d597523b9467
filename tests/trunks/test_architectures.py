"""What trunks compute, what they are made of, and what they can read."""

import pytest
import torch
from stable_baselines3.common.torch_layers import NatureCNN
from torch import nn

from rltransfer.errors import ConfigError, SpaceMismatchError, UnknownNameError
from rltransfer.trunks.pattern_spec import Pattern
from rltransfer.trunks.published_specs import VGG11, EfficientNetLite0, ResNet18, ResNet50
from rltransfer.trunks.specs import MLP, Grid, Impala, Nature, Relational
from rltransfer.trunks.trunk import Trunk

EVERY = [
    (Nature(features=32, precision="float32"), (3, 64, 64)),
    (Nature(features=16, precision="float32"), (1, 40, 52)),
    (Impala(channels=(4, 8), features=16, precision="float32"), (3, 33, 20)),
    (Impala(features=16, precision="float32"), (4, 40, 40)),
    (Grid(reads="pixels", channels=(4, 6), features=16, precision="float32"), (3, 8, 12)),
    (Grid(channels=(4, 6), features=16, precision="float32"), (4, 40, 44)),
    (Relational(channels=(4, 6), head_width=4, features=16, precision="float32"), (3, 40, 44)),
    (Relational(reads="pixels", channels=(4, 6), head_width=4, features=16, precision="float32"), (3, 8, 12)),
    (EfficientNetLite0(width=0.1, features=16, precision="float32"), (3, 20, 24)),
    (Pattern(channels=(3, 4), features=(8,), precision="float32"), (3, 16, 19)),
    (VGG11(width=0.05, pool=1, features=8, precision="float32"), (3, 32, 34)),
    (ResNet18(width=0.05, precision="float32"), (3, 20, 24)),
    (ResNet50(width=0.05, precision="float32"), (1, 40, 40)),
    (MLP(widths=(16, 8), precision="float32"), (5,)),
    (MLP(widths=(16,), activation="relu", precision="float32"), (3, 8, 8)),
]
SYMBOLS = (Grid(channels=(4, 6), features=16, precision="float32"), (3, 7, 9))
CUTS = [(spec, shape, at) for spec, shape in (*EVERY, SYMBOLS) for at in (*spec.stage_names(), "end")]


def pixels(shape, *, batch=5, seed=0):
    return torch.randint(0, 256, (batch, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(84, 84), (64, 96), (36, 36)])
def test_nature_is_the_nature_cnn_of_stable_baselines(size):
    from gymnasium.spaces import Box

    theirs = NatureCNN(Box(0, 255, (4, *size), "uint8"), features_dim=48)
    ours = Nature(features=48, precision="float32").build((4, *size))
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        mine.data.copy_(other.data)
    frames = pixels((4, *size))
    torch.testing.assert_close(ours(frames), theirs(frames.float() / 255), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(ours(frames.float() / 255), theirs(frames.float() / 255), rtol=1e-4, atol=1e-5)


def test_nature_describes_itself_in_the_numbers_of_the_paper():
    """84x84x4. (84-8)//4+1 = 20, (20-4)//2+1 = 9, 9-3+1 = 7."""
    described = Nature().build((4, 84, 84)).describe()
    rows = {(row.stage, row.kind): row for row in described.layers}
    assert [(row.stage, row.kind) for row in described.layers] == [
        ("", "input"),
        *[(stage, kind) for stage in ("conv1", "conv2", "conv3") for kind in ("Conv2d", "ReLU")],
        *[("fc", kind) for kind in ("Flatten", "Linear", "ReLU")],
    ]
    assert rows["conv1", "Conv2d"].output_shape == (32, 20, 20)
    assert rows["conv2", "Conv2d"].output_shape == (64, 9, 9)
    assert rows["conv3", "Conv2d"].output_shape == (64, 7, 7)
    assert rows["fc", "Linear"].output_shape == (512,)
    assert rows["", "input"].activations == 28_224  # 4 * 84 * 84
    assert rows["conv1", "Conv2d"].activations == rows["conv1", "ReLU"].activations == 12_800  # 32 * 20 * 20
    assert rows["conv2", "Conv2d"].activations == 5_184  # 64 * 9 * 9
    assert rows["conv3", "Conv2d"].activations == rows["fc", "Flatten"].activations == 3_136  # 64 * 7 * 7
    assert (rows["conv1", "Conv2d"].weights, rows["conv1", "Conv2d"].biases) == (8_192, 32)  # 8*8*4*32
    assert rows["conv1", "Conv2d"].parameters == 8_224
    assert rows["conv2", "Conv2d"].parameters == 32_832  # 4*4*32*64 + 64
    assert rows["conv3", "Conv2d"].parameters == 36_928  # 3*3*64*64 + 64
    assert rows["fc", "Linear"].parameters == 1_606_144  # 3,136*512 + 512
    assert described.parameters == 1_684_128
    # 28,224 + 2 * 12,800 + 2 * 5,184 + 2 * 3,136 + 3,136 + 2 * 512
    assert described.activations == 74_624
    assert described.activation_bytes == 298_496
    assert "1,684,128" in str(described)
    assert "298.5 KB" in str(described)


def test_impala_describes_its_blocks():
    """3x72x96, channels 16, 32, 32: a block halves both sides, 72x96 -> 36x48 -> 18x24 -> 9x12."""
    described = Impala().build((3, 72, 96)).describe()
    pooled = [row.output_shape for row in described.layers if row.kind == "MaxPool2d"]
    assert pooled == [(16, 36, 48), (32, 18, 24), (32, 9, 12)]
    # A block: 3x3 from its input, then four 3x3 among its own channels, each with biases.
    blocks = [3 * 9 * 16 + 16 + 4 * (16 * 9 * 16 + 16), 16 * 9 * 32 + 32 + 4 * (32 * 9 * 32 + 32)]
    blocks.append(32 * 9 * 32 + 32 + 4 * (32 * 9 * 32 + 32))
    assert blocks == [9_728, 41_632, 46_240]
    by_stage = {s: sum(r.parameters for r in described.layers if r.stage == s) for s in ("block1", "block2", "block3")}
    assert list(by_stage.values()) == blocks
    assert described.parameters == sum(blocks) + 32 * 9 * 12 * 256 + 256  # 982,592
    assert described.layers[-1].output_shape == (256,)


def test_an_impala_block_is_pooled_and_two_residual_units():
    """Against the block written out once more, in float64."""
    trunk = Impala(channels=(4,), features=8, precision="float32").build((3, 9, 9))
    x = pixels((3, 9, 9), batch=2).double() / 255
    w = {name: p.detach().double() for name, p in trunk.stages["block1"].named_parameters()}
    f = nn.functional
    y = f.max_pool2d(f.conv2d(x, w["0.weight"], w["0.bias"], padding=1), 3, 2, 1)
    for unit in ("2", "3"):
        inner = f.conv2d(f.relu(y), w[f"{unit}.conv1.weight"], w[f"{unit}.conv1.bias"], padding=1)
        y = y + f.conv2d(f.relu(inner), w[f"{unit}.conv2.weight"], w[f"{unit}.conv2.bias"], padding=1)
    features = f.relu(f.linear(f.relu(y).flatten(1), *(p.double() for p in trunk.stages["fc"].parameters())))
    torch.testing.assert_close(trunk(pixels((3, 9, 9), batch=2)), features.float(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("spec", "shape", "at"), CUTS, ids=str)
def test_a_split_shares_every_tensor_and_composes_to_the_whole(spec, shape, at):
    trunk = spec.build(shape)
    prefix, suffix = trunk.split(at)
    inputs = pixels(shape)
    middle = prefix(inputs)
    expected_shape = shape if trunk.index(at) == 0 else tuple(middle.shape[1:])
    assert trunk.shape_at(at) == expected_shape
    composed = suffix(inputs if trunk.index(at) == 0 else middle)
    torch.testing.assert_close(composed, trunk(inputs), rtol=1e-5, atol=1e-6)
    parts = [*prefix.parameters(), *suffix.parameters()]
    assert [id(p) for p in parts] == [id(p) for p in trunk.parameters()]
    with torch.no_grad():
        for parameter in parts:
            parameter.zero_()
    assert (trunk(inputs) == 0).all()


@pytest.mark.parametrize(
    ("spec", "shape"),
    [
        *EVERY,
        (Nature(features=8, precision="float32"), (3, 36, 36)),
        (Nature(features=8, precision="float32"), (3, 36, 200)),
        (Impala(channels=(4, 4, 4), features=8, precision="float32"), (1, 5, 5)),
        (Impala(channels=(4, 4, 4), features=8, precision="bfloat16"), (1, 5, 31)),
        (MLP(precision="bfloat16"), (1,)),
    ],
    ids=str,
)
def test_any_size_down_to_the_smallest_gives_features_that_depend_on_every_corner(spec, shape):
    trunk = spec.build(shape).eval()
    outputs = trunk(pixels(shape))
    assert outputs.shape == (5, trunk.features_dim)
    assert outputs.dtype == torch.float32
    if spec.precision == "float32" and len(shape) == 3 and min(shape[1:]) < 36:
        inputs = (pixels(shape).float() / 255).requires_grad_()
        trunk(inputs).sum().backward()
        assert (inputs.grad[:, :, [0, 0, -1, -1], [0, -1, 0, -1]] != 0).any(dim=(0, 1)).all()


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        (Nature(), (3, 35, 64), "trunk 'nature' needs images of at least 36 x 36 pixels, not 35 x 64. Resize"),
        (Impala(), (3, 4, 9), "trunk 'impala' needs images of at least 5 x 5 pixels, not 4 x 9. Resize"),
        (Nature(), (7,), r"trunk 'nature' reads images .* not observations of shape \(7,\). Use trunk 'mlp'"),
        (Impala(), (7, 7), "trunk 'impala' reads images .* Use trunk 'mlp'"),
    ],
)
def test_what_a_trunk_cannot_read_is_refused_with_advice(spec, shape, message):
    with pytest.raises(SpaceMismatchError, match=message):
        spec.build(shape)


@pytest.mark.parametrize("shape", [(3, 64, 64), (12,)], ids=["image", "vector"])
def test_pixels_are_read_as_fractions_of_255_by_vector_trunks_too(shape):
    trunk = MLP(widths=(8,)).build(shape)
    torch.testing.assert_close(trunk(pixels(shape)), trunk(pixels(shape).float() / 255), rtol=1e-4, atol=1e-5)


def test_an_unknown_stage_is_an_error_with_the_nearest_name():
    trunk = Nature(features=8).build((3, 64, 64))
    with pytest.raises(UnknownNameError, match=r"unknown stage 'convv2'\. Did you mean 'conv2'"):
        trunk.split("convv2")


def test_the_last_stage_gives_one_feature_vector():
    with pytest.raises(ConfigError, match="a trunk ends in one feature vector"):
        Trunk(Nature(), (3, 8, 8), {"conv": nn.Conv2d(3, 2, 3)})


def test_building_and_describing_leave_batch_norm_statistics_as_they_were(batch_normed):
    """Both send a blank image through, which is no observation."""
    trunk = batch_normed().build((3, 64, 64))
    assert trunk.training
    trunk.describe()
    for name, buffer in trunk.named_buffers():
        expected = torch.ones(8) if name.endswith("var") else torch.zeros_like(buffer)
        assert torch.equal(buffer, expected), name
    assert all(module.training for module in trunk.modules())


def test_a_clone_is_equal_and_independent():
    trunk = Nature(features=8, precision="float32").build((3, 64, 64))
    other = trunk.clone()
    frames = pixels((3, 64, 64))
    assert torch.equal(trunk(frames), other(frames))
    with torch.no_grad():
        next(iter(other.parameters())).add_(1)
    assert not torch.equal(trunk(frames), other(frames))
