"""VGG and ResNet: the lecture's table row by row, the names in published files, and weights from such files."""

import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

import rltransfer as rlt
from rltransfer import session
from rltransfer.errors import ArtifactError, ConfigError, SpaceMismatchError
from rltransfer.trunks import resnet, vgg
from rltransfer.trunks.layer_table import short, table_at_its_size
from rltransfer.trunks.published_specs import VGG11, VGG13, VGG16, VGG19, EfficientNetLite0, ResNet18, ResNet50
from rltransfer.trunks.specs import Nature

VGG16_ROWS = [
    # name, size, memory, product, weights
    ("INPUT", (224, 224, 3), 150_528, "", 0),
    ("CONV3-64", (224, 224, 64), 3_211_264, "(3*3*3)*64", 1_728),
    ("CONV3-64", (224, 224, 64), 3_211_264, "(3*3*64)*64", 36_864),
    ("POOL2", (112, 112, 64), 802_816, "", 0),
    ("CONV3-128", (112, 112, 128), 1_605_632, "(3*3*64)*128", 73_728),
    ("CONV3-128", (112, 112, 128), 1_605_632, "(3*3*128)*128", 147_456),
    ("POOL2", (56, 56, 128), 401_408, "", 0),
    ("CONV3-256", (56, 56, 256), 802_816, "(3*3*128)*256", 294_912),
    ("CONV3-256", (56, 56, 256), 802_816, "(3*3*256)*256", 589_824),
    ("CONV3-256", (56, 56, 256), 802_816, "(3*3*256)*256", 589_824),
    ("POOL2", (28, 28, 256), 200_704, "", 0),
    ("CONV3-512", (28, 28, 512), 401_408, "(3*3*256)*512", 1_179_648),
    ("CONV3-512", (28, 28, 512), 401_408, "(3*3*512)*512", 2_359_296),
    ("CONV3-512", (28, 28, 512), 401_408, "(3*3*512)*512", 2_359_296),
    ("POOL2", (14, 14, 512), 100_352, "", 0),
    ("CONV3-512", (14, 14, 512), 100_352, "(3*3*512)*512", 2_359_296),
    ("CONV3-512", (14, 14, 512), 100_352, "(3*3*512)*512", 2_359_296),
    ("CONV3-512", (14, 14, 512), 100_352, "(3*3*512)*512", 2_359_296),
    ("POOL2", (7, 7, 512), 25_088, "", 0),
    ("FC", (1, 1, 4096), 4_096, "7*7*512*4096", 102_760_448),
    ("FC", (1, 1, 4096), 4_096, "4096*4096", 16_777_216),
    ("FC (head)", (1, 1, 1000), 1_000, "4096*1000", 4_096_000),
]

TIMM_VGG16 = [
    *[f"features.{n}.{part}" for n in (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28) for part in ("weight", "bias")],
    *["pre_logits.fc1.weight", "pre_logits.fc1.bias", "pre_logits.fc2.weight", "pre_logits.fc2.bias"],
]
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
NARROW = {"width": 1 / 32, "precision": "float32"}


def pixels(shape, *, batch=2):
    return torch.randint(0, 256, (batch, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def table():
    return table_at_its_size(VGG16())


def test_vgg16_has_every_row_of_the_lectures_table(table):
    assert [(r.name, r.size, r.memory, r.product, r.weights) for r in table.rows] == VGG16_ROWS


def test_vgg16_has_the_lectures_138_million_parameters_and_its_rows_sum_to_15_million_activations(table):
    """The lecture writes "24M numbers, 93 MB" below rows that add up to 15.2M and 61 MB: the rows are held here."""
    assert table.weights == sum(row[4] for row in VGG16_ROWS) == 138_344_128
    assert table.parameters == 138_344_128 + 4_224 + 2 * 4_096 + 1_000  # biases of 13 convolutions, and of three FC
    assert table.memory == sum(row[2] for row in VGG16_ROWS) == 15_237_608
    text = str(table)
    assert text.splitlines()[2].split()[:3] == ["CONV3-64", "224x224x64", "3.2M"]
    assert "(3*3*3)*64 = 1,728" in text
    assert "7*7*512*4096 = 102,760,448" in text
    assert "total memory: 15.2M numbers * 4 bytes = 61 MB an image forward" in text
    assert "138,344,128 without biases, 138,357,544 with them" in text


def test_numbers_are_written_shortly():
    assert [short(n) for n in (4096, 9_999, 10_000, 150_528, 999_499, 999_500, 3_211_264)] == [
        *["4096", "9999", "10K", "151K", "999K", "1.0M", "3.2M"]
    ]


@pytest.mark.parametrize(
    ("spec", "parameters"),
    [
        (VGG11(), 132_863_336),
        (VGG13(), 133_047_848),
        (VGG19(), 143_667_240),
        (ResNet18(), 11_689_512),
        (ResNet50(), 25_557_032),
        (EfficientNetLite0(), 4_652_008),
    ],
    ids=lambda value: type(value).__name__,
)
def test_with_their_classifiers_they_have_the_published_numbers_of_parameters(spec, parameters):
    assert table_at_its_size(spec).parameters == parameters


def test_show_prints_the_table_under_the_options(capsys):
    session.show_settings_in_terminal("trunk", "vgg16")
    printed = capsys.readouterr().out
    assert "batch_norm" in printed
    assert printed.count("CONV3-512") == 6
    session.show_settings_in_terminal("trunk", "nature")
    assert "total memory" not in capsys.readouterr().out


def test_vgg_has_the_names_of_timm():
    assert list(vgg.published_names(VGG16()).values()) == TIMM_VGG16
    assert list(vgg.published_names(VGG11()).values())[:8:2] == [f"features.{n}.weight" for n in (0, 3, 6, 8)]
    normed = list(vgg.published_names(VGG16(batch_norm=True)).values())
    first = [f"features.0.{p}" for p in NORM[:2]] + [f"features.1.{p}" for p in NORM]
    assert normed[:14] == [*first, *[f"features.3.{p}" for p in NORM[:2]], *[f"features.4.{p}" for p in NORM]]
    assert "features.40.weight" in normed  # the thirteenth convolution of vgg16_bn
    assert "features.41.running_var" in normed


def test_resnet_has_the_names_of_timm():
    def norm(name):
        return [f"{name}.{part}" for part in NORM]

    def block(name, convolutions, *, shortcut):
        own = [n for c in range(1, convolutions + 1) for n in (f"{name}.conv{c}.weight", *norm(f"{name}.bn{c}"))]
        return own + ([f"{name}.downsample.0.weight", *norm(f"{name}.downsample.1")] if shortcut else [])

    stem = ["conv1.weight", *norm("bn1")]
    small = resnet.published_names(ResNet18(**NARROW).build((3, 32, 32)))
    expected = [n for s in (1, 2, 3, 4) for b in (0, 1) for n in block(f"layer{s}.{b}", 2, shortcut=s > 1 and b == 0)]
    assert sorted(small.values()) == sorted(stem + expected)
    large = resnet.published_names(ResNet50(**NARROW).build((3, 32, 32)))
    counts = {1: 3, 2: 4, 3: 6, 4: 3}
    expected = [n for s in counts for b in range(counts[s]) for n in block(f"layer{s}.{b}", 3, shortcut=b == 0)]
    assert sorted(large.values()) == sorted(stem + expected)


SMALL = [
    VGG16(features=8, pool=1, **NARROW),
    VGG11(features=8, pool=2, batch_norm=True, **NARROW),
    ResNet18(**NARROW),
    ResNet50(**NARROW),
]


def as_published(spec, trunk):
    """The trunk's tensors as a downloaded file has them, with a classifier."""
    names = vgg.published_names(spec) if isinstance(spec, VGG16 | VGG11) else resnet.published_names(trunk)
    tensors = {names[own]: tensor.clone() for own, tensor in trunk.stages.state_dict().items()}
    for name in ("pre_logits.fc1.weight", "pre_logits.fc2.weight"):
        if name in tensors:  # convolutions there
            side = spec.pool if "fc1" in name else 1
            tensors[name] = tensors[name].reshape(spec.features, -1, side, side)
    return {**tensors, "head.fc.weight": torch.zeros(1000, trunk.features_dim)}


@pytest.mark.parametrize("spec", SMALL, ids=lambda spec: type(spec).__name__)
@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_a_downloaded_file_loads_and_a_saved_trunk_no_longer_needs_it(spec, ending, tmp_path):
    trunk = spec.build((3, 64, 64)).eval()
    file = tmp_path / f"weights{ending}"
    tensors = as_published(spec, trunk)
    save_file(tensors, file) if ending == ".safetensors" else torch.save(tensors, file)
    given = spec.model_copy(update={"weights": str(file)})
    loaded = given.build((3, 64, 64)).eval()
    with torch.no_grad():
        expected = trunk(pixels((3, 64, 64)))
        assert torch.equal(loaded(pixels((3, 64, 64))), expected)
        assert not torch.equal(spec.build((3, 64, 64)).eval()(pixels((3, 64, 64))), expected)
        loaded.save(tmp_path / "trunk")
        file.unlink()
        assert torch.equal(rlt.load_trunk(tmp_path / "trunk").eval()(pixels((3, 64, 64))), expected)


def test_a_file_of_torchvision_loads_too(tmp_path):
    """Its fully connected layers are matrices called classifier.0, .3 and .6; all else is called as timm calls it."""
    spec = VGG11(features=8, pool=2, **NARROW)
    trunk = spec.build((3, 64, 64)).eval()
    tensors = as_published(spec, trunk)
    for number, name in ((0, "fc1"), (3, "fc2")):
        tensors[f"classifier.{number}.weight"] = tensors.pop(f"pre_logits.{name}.weight").flatten(1)
        tensors[f"classifier.{number}.bias"] = tensors.pop(f"pre_logits.{name}.bias")
    tensors["classifier.6.weight"] = tensors.pop("head.fc.weight")
    torch.save(tensors, tmp_path / "vgg11.pth")
    loaded = spec.model_copy(update={"weights": str(tmp_path / "vgg11.pth")}).build((3, 64, 64)).eval()
    with torch.no_grad():
        assert torch.equal(loaded(pixels((3, 64, 64))), trunk(pixels((3, 64, 64))))


def test_files_that_do_not_fit_are_told_in_one_line(tmp_path):
    spec = ResNet18(**NARROW)
    tensors = as_published(spec, spec.build((3, 32, 32)))
    file = tmp_path / "weights.pth"

    def refusal(kind, name=file, trunk=spec):
        with pytest.raises(kind) as caught:
            trunk.model_copy(update={"weights": str(name)}).build((3, 32, 32))
        assert "\n" not in str(caught.value)
        assert str(name) in str(caught.value)
        return str(caught.value)

    assert "cannot be read" in refusal(ArtifactError, tmp_path / "absent.safetensors")
    torch.save({**tensors, "layer2.0.conv1.weight": torch.zeros(3, 3)}, file)
    assert "'layer2.0.conv1.weight' has shape (3, 3)" in refusal(ConfigError)
    torch.save(tensors, file)
    assert "'layer1.0.conv1.weight' has shape (2, 2, 3, 3) and the trunk's is (2, 2, 1, 1)" in refusal(
        ConfigError, trunk=ResNet50(**NARROW)
    )
    assert "lacks 'features.0.weight', so it holds the weights of another network" in refusal(
        ConfigError, trunk=VGG11(**NARROW, pool=1, features=4)
    )
    torch.save({"model": tensors}, file)
    assert "named tensors and nothing else" in refusal(ArtifactError)
    torch.save({"model": Nature}, file)  # a class, which only a pickle can name
    assert "no file of weights that can be read" in refusal(ArtifactError)
    file.write_bytes(b"\x00" * 40)
    assert "no file of weights that can be read" in refusal(ArtifactError)
    bad = tmp_path / "weights.safetensors"
    bad.write_bytes(b"\xff" * 40)
    assert "no file of weights that can be read" in refusal(ArtifactError, bad)


def test_a_residual_block_is_the_papers_written_out_once_more():
    block = resnet.ResidualBlock(4, 6, stride=2, is_bottleneck=False).eval()
    x, f = torch.randn(2, 4, 9, 7, generator=torch.Generator().manual_seed(0)), torch.nn.functional
    scale = 1 / (1 + 1e-5) ** 0.5  # fresh statistics: mean 0, variance 1
    y = f.relu(f.conv2d(x, block.conv1.weight, stride=2, padding=1) * scale)
    y = f.conv2d(y, block.conv2.weight, padding=1) * scale
    y = f.relu(y + f.conv2d(x, block.downsample[0].weight, stride=2) * scale)
    torch.testing.assert_close(block(x), y)


def test_a_strided_shortcut_of_few_channels_is_the_convolution():
    plain = torch.nn.Conv2d(4, 6, 1, 2, bias=False)
    ours = resnet.SubsampledConv2d(4, 6, 1, 2, bias=False)
    ours.load_state_dict(plain.state_dict())
    for size in (8, 9):
        x = torch.randn(2, 4, size, size + 1, generator=torch.Generator().manual_seed(0))
        torch.testing.assert_close(ours(x), plain(x))


LEARN = """
import torch
from rltransfer.trunks.published_specs import ResNet18
torch.set_num_threads(1)
trunk = ResNet18(width=1 / 16, precision="float32").build((3, 32, 32)).train()
for _ in range(3):
    trunk(torch.zeros(32, 3, 32, 32, dtype=torch.uint8)).square().mean().backward()
"""


def test_a_narrow_network_learns_without_ending_the_process():
    """In a process of its own: with torch's strided 1x1 convolution it ends by signal 6 or 11."""
    assert subprocess.run([sys.executable, "-c", LEARN], check=False, timeout=300).returncode == 0


def test_drawn_weights_let_signals_through_sixteen_layers():
    """Torch's own draws would leave the corners of an image without influence, a thousandth of the input's size."""
    torch.manual_seed(0)
    trunk = VGG16(width=1 / 8, pool=1, features=8, precision="float32").build((3, 32, 32)).eval()
    prefix, _ = trunk.split("fc6")
    with torch.no_grad():
        assert prefix(pixels((3, 32, 32))).std() > 0.1


def test_images_that_blocks_would_halve_away_are_refused():
    with pytest.raises(SpaceMismatchError, match="at least 32 x 32 pixels, not 31 x 40"):
        VGG16(width=1 / 32).build((3, 31, 40))
