"""Codes: what leaves each stage, whatever the batch; kept under a hash of all they hang on."""

import dataclasses

import numpy as np
import pytest
import torch

from rltransfer.errors import ConfigError, DataError, SpaceMismatchError, UnknownNameError
from rltransfer.images.codes import codes_of, default_cache, linear_probe
from rltransfer.images.codes.cache import images_hash, weights_hash
from rltransfer.images.codes.inputs import InputFit
from rltransfer.images.data import FeatureSet, Frames, ImageSet
from rltransfer.trunks import Trunk
from rltransfer.trunks.preprocessing import INCEPTION, Preprocessing
from rltransfer.trunks.specs import MLP, Impala

RNG = np.random.default_rng(0)


def noise(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def images(count=7, size=16, channels=3):
    labels = np.arange(count) % 2
    return ImageSet(labels=labels, class_names=("a", "b"), images=noise(count, size, size, channels))


def trunk(seed=0, shape=(3, 16, 16)):
    torch.manual_seed(seed)
    return Impala(channels=(4, 8), features=12, precision="float32", batch_norm=True).build(shape)


@pytest.fixture
def counted(monkeypatch):
    """How many images went through a trunk."""
    passed = []
    forward = Trunk.forward

    def counting(self, inputs, start=0, stop=None):
        if start == 0:
            passed.append(len(inputs))
        return forward(self, inputs, start, stop)

    monkeypatch.setattr(Trunk, "forward", counting)
    return passed


def test_codes_are_what_leaves_the_stages():
    data, network = images(), trunk()
    codes = codes_of(network, data, stages=("block1", "fc"), batch_size=3, grid=4)
    network.eval()
    with torch.inference_mode():
        pixels = torch.from_numpy(np.array(data.images)).permute(0, 3, 1, 2)
        maps = network(pixels, 0, 1)
        features = network(pixels)
    means = maps.reshape(7, 4, 4, 2, 4, 2).mean(dim=(3, 5)).flatten(1)  # 8 x 8 maps in 4 x 4 parts
    np.testing.assert_allclose(codes.stages["block1"], means, atol=1e-6)
    np.testing.assert_allclose(codes.features, features, atol=1e-6)
    assert (codes.features.shape, codes.features.dtype) == ((7, 12), np.float32)
    whole = codes_of(network, data, stages=("block1",), grid=0)
    np.testing.assert_allclose(whole.features, maps.flatten(1), atol=1e-6)
    assert list(codes_of(network, data, stages=("fc", "block1")).stages) == ["block1", "fc"]


def test_computing_leaves_the_trunk_as_it_was():
    network = trunk().train()
    before = weights_hash(network)
    one = codes_of(network, images(20))
    assert network.training
    assert weights_hash(network) == before  # batch-norm statistics, too
    assert one.precision == "float32"


def test_a_second_run_is_bit_identical():
    data = images()
    np.testing.assert_array_equal(codes_of(trunk(), data).features, codes_of(trunk(), data).features)


def test_kept_codes_are_not_computed_again(tmp_path, counted):
    data = images()
    first = codes_of(trunk(), data, cache=tmp_path)
    assert sum(counted) == 7
    relabelled = ImageSet(labels=data.labels[::-1], class_names=("c", "d"), images=data.images)
    again = codes_of(trunk(), relabelled, cache=tmp_path)
    assert sum(counted) == 7  # labels do not matter
    np.testing.assert_array_equal(first.features, again.features)
    assert isinstance(again.features, np.memmap)
    assert not again.features.flags.writeable
    codes_of(trunk(), data, stages=("block2", "fc"), cache=tmp_path)
    assert sum(counted) == 14  # a stage more is
    assert not list(tmp_path.rglob("*.partial"))


def other_pixels(data):
    changed = np.array(data.images)
    changed[3, 2, 1, 0] ^= 1
    return dataclasses.replace(data, images=changed)


def nudged(network):
    with torch.no_grad():
        next(network.stages["fc"].parameters()).view(-1)[0] += 1e-3
    return network


def other_statistics(network):
    name = next(name for name, _ in network.named_buffers() if name.endswith("running_mean"))
    network.get_buffer(name)[0] += 1
    return network


@dataclasses.dataclass(frozen=True, kw_only=True)
class Darker(Preprocessing):
    """A preprocessing that halves brightness."""

    size: int = 16

    def apply(self, picture):
        return np.asarray(picture).transpose(2, 0, 1) // 2


def test_all_that_codes_hang_on_is_in_their_key(tmp_path):
    data = images()
    keys = [
        codes_of(network, pictures, **options).key
        for network, pictures, options in [
            (trunk(), data, {}),
            (trunk(seed=1), data, {}),
            (nudged(trunk()), data, {}),
            (other_statistics(trunk()), data, {}),
            (trunk(), other_pixels(data), {}),
            (trunk(), data.take([1, 0, 2, 3, 4, 5, 6]), {}),
            (trunk(), data, {"grid": 2}),
            (trunk(), data, {"preprocessing": Darker()}),
        ]
    ]
    assert len({*keys}) == len(keys)
    assert codes_of(trunk(), data, batch_size=2).key == keys[0]


def test_damaged_codes_are_computed_again(tmp_path, counted):
    data = images()
    first = codes_of(trunk(), data, cache=tmp_path)
    kept = np.array(first.features)
    (file,) = tmp_path.rglob("*.npy")
    file.write_bytes(file.read_bytes()[:-40])
    again = codes_of(trunk(), data, cache=tmp_path)
    assert sum(counted) == 14
    np.testing.assert_array_equal(again.features, kept)


def test_what_a_preprocessing_does_is_done():
    data = images()
    darker = dataclasses.replace(data, images=np.array(data.images) // 2)
    one = codes_of(trunk(), data, preprocessing=Darker())
    np.testing.assert_allclose(one.features, codes_of(trunk(), darker).features, atol=1e-6)


def test_images_of_other_sizes_and_channels_are_fitted():
    fit = InputFit((3, 8, 8))
    flat = np.full((20, 30, 1), 77, np.uint8)
    np.testing.assert_array_equal(fit(flat), np.full((3, 8, 8), 77))
    picture = noise(8, 8, 3)
    np.testing.assert_array_equal(fit(picture), picture.transpose(2, 0, 1))
    gray = InputFit((1, 8, 8))(picture)[0]
    luminance = picture @ [0.299, 0.587, 0.114]
    assert np.abs(gray - luminance).max() <= 1
    stacked = noise(8, 8, 12)
    np.testing.assert_array_equal(InputFit((12, 8, 8))(stacked), stacked.transpose(2, 0, 1))
    with pytest.raises(DataError, match=r"images of shape \(8, 8, 12\) cannot be brought to 3 channels"):
        fit(stacked)


def test_the_preprocessings_size_is_the_trunks():
    assert InputFit((3, 32, 32), Darker(size=16)).preprocessing == Darker(size=32)
    assert '"size": 32' in InputFit((3, 32, 32), Darker()).described()


def test_what_cannot_be_is_told():
    with pytest.raises(UnknownNameError, match="Did you mean 'block1'"):
        codes_of(trunk(), images(), stages=("blok1",))
    with pytest.raises(DataError, match="no images"):
        codes_of(trunk(), images().take([]))
    with pytest.raises(SpaceMismatchError, match=r"observations of shape \(4,\)"):
        codes_of(MLP().build((4,)), images())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stages": ()}, "names none. Give some of: block1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"grid": -1}, "grid -1"),
        ({"cache": "/proc/nowhere"}, "^/proc/nowhere: codes cannot be kept there"),
    ],
)
def test_settings_that_cannot_be_are_told_before_anything_is_computed(options, message, counted):
    with pytest.raises(ConfigError, match=message) as error:
        codes_of(trunk(), images(), **options)
    assert "\n" not in str(error.value)
    assert not counted


def test_rows_of_numbers_are_no_images():
    rows = FeatureSet(labels=np.array([0, 1]), class_names=("a", "b"), features=np.ones((2, 3)))
    with pytest.raises(DataError, match="codes are of images, and this is a FeatureSet"):
        codes_of(trunk(), rows)


def test_the_cache_is_where_it_is_said_to_be(monkeypatch):
    monkeypatch.setenv("RLTRANSFER_CACHE", "/somewhere")
    assert str(default_cache()) == "/somewhere/codes"


def test_a_sets_pixels_cannot_change_after_they_were_hashed():
    data = images()
    images_hash(data)
    with pytest.raises(ValueError, match="read-only"):
        data.images[0] = 0


def test_perception_is_probed_by_frames_of_a_family():
    """Where the robot is can be read from a coarse grid of averages, and not from averages over the whole image."""
    train, test = Frames(family="rover", label="x", bins=2, frames=500, copies=40).train_test()
    torch.manual_seed(0)
    network = Impala(channels=(8,), features=4, precision="float32").build((3, 64, 64))

    def score(grid):
        learned, asked = (codes_of(network, part, stages=("block1",), grid=grid).features for part in (train, test))
        return linear_probe(learned, train.labels, strength=0.1).score(asked, test.labels)

    assert score(grid=4) > 0.85
    assert score(grid=1) < 0.7


def test_photographs_are_scaled_by_their_short_side_and_cut_in_the_middle():
    image = np.zeros((32, 64, 3), np.uint8)
    image[:, 16:48] = 200  # the middle square
    fitted = InputFit((3, 16, 16), dataclasses.replace(INCEPTION, crop=1.0))(image)
    assert fitted.shape == (3, 16, 16)
    assert (fitted[:, :, 3:13] == 200).all()
    whole = InputFit((3, 16, 16))(image)
    assert (whole[:, :, [0, -1]] < 50).all()  # without a size named, nothing is cut
