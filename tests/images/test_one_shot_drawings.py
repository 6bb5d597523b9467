"""Drawings: distances by hand, pixels kept in sum, distortions and symmetries; Omniglot's baselines."""

import numpy as np
import pytest
import torch

from rltransfer.errors import ConfigError
from rltransfer.images.one_shot.distortions import Distortions, distort, with_symmetries
from rltransfer.images.one_shot.hausdorff import hausdorff_table, ink_points, modified_hausdorff
from rltransfer.images.one_shot.pixels import as_ink, blurred, centred, resized


def test_modified_hausdorff_by_hand():
    one, two = np.array([[0.0, 0.0], [0.0, 3.0]]), np.array([[0.0, 0.0]])
    assert modified_hausdorff(one, two) == modified_hausdorff(two, one) == 1.5  # means 1.5 and 0
    assert modified_hausdorff(one, one) == 0
    rng = np.random.default_rng(0)
    first, second = rng.random((30, 2)), rng.random((40, 2))
    distances = np.linalg.norm(first[:, None] - second, axis=2)
    expected = max(distances.min(axis=1).mean(), distances.min(axis=0).mean())
    assert hausdorff_table([first, second], [second])[0, 0] == pytest.approx(expected)


def test_ink_is_taken_about_its_mean():
    image = np.zeros((5, 5), dtype=bool)
    image[1, 1] = image[3, 1] = True
    np.testing.assert_array_equal(ink_points(image), [[-1, 0], [1, 0]])
    np.testing.assert_array_equal(ink_points(np.roll(image, 1, axis=1)), ink_points(image))
    with pytest.raises(ConfigError, match="no ink"):
        ink_points(np.zeros((5, 5)))


def test_ink_is_what_is_black():
    images = np.array([[[0, 255], [255, 0]]], dtype=np.uint8)
    np.testing.assert_array_equal(as_ink(images), [[[1, 0], [0, 1]]])
    np.testing.assert_array_equal(as_ink(images[..., None]), as_ink(images))
    with pytest.raises(ConfigError, match="uint8 of one channel"):
        as_ink(np.zeros((1, 4, 4, 3), dtype=np.uint8))


def test_resizing_takes_the_mean_of_areas():
    ink = np.random.default_rng(0).random((2, 6, 6)).astype(np.float32)
    np.testing.assert_allclose(resized(ink, 2), ink.reshape(2, 2, 3, 2, 3).mean(axis=(2, 4)), rtol=1e-5)
    np.testing.assert_allclose(resized(ink, 4).mean(axis=(1, 2)), ink.mean(axis=(1, 2)), rtol=1e-5)
    np.testing.assert_allclose(resized(np.array([[[0, 0, 3.0]] * 3], dtype=np.float32), 2)[0, 0], [0, 2.0])


def test_centring_moves_the_mean_of_the_ink_to_the_middle():
    ink = np.zeros((2, 7, 7), dtype=np.float32)
    ink[0, 0, 0] = ink[0, 0, 2] = 1
    moved = centred(ink)
    assert np.argwhere(moved[0]).tolist() == [[3, 2], [3, 4]]
    assert not moved[1].any()


def test_blurring_keeps_the_sum_and_spreads_it():
    ink = np.zeros((1, 21, 21), dtype=np.float32)
    ink[0, 10, 10] = 1
    soft = blurred(ink, 1.5)
    assert soft.sum() == pytest.approx(1, abs=1e-3)
    assert soft[0, 10, 10] == soft.max() < 0.1


def bar():
    image = torch.zeros(1, 1, 21, 21)
    image[:, :, 4:17, 9:12] = 1
    return image


def test_no_distortion_is_the_image_itself_and_some_is_another_each_time():
    none = Distortions(rotation=0, shear=0, scale=0, shift=0, elastic=0)
    generator = torch.Generator().manual_seed(0)
    torch.testing.assert_close(distort(bar(), none, generator), bar(), atol=1e-5, rtol=0)
    shown = distort(bar().repeat(8, 1, 1, 1), Distortions(), torch.Generator().manual_seed(0))
    again = distort(bar().repeat(8, 1, 1, 1), Distortions(), torch.Generator().manual_seed(0))
    assert torch.equal(shown, again)
    assert all((shown[a] - shown[b]).abs().max() > 0.1 for a in range(8) for b in range(a))


@pytest.mark.parametrize("name", ["rotation", "shear", "scale", "shift", "elastic"])
def test_each_distortion_acts_by_itself_and_within_its_bound(name):
    values = dict.fromkeys(("rotation", "shear", "scale", "shift", "elastic"), 0.0)
    images = bar().repeat(200, 1, 1, 1)
    small = {"rotation": 20.0, "shear": 30.0, "scale": 0.3, "shift": 0.1, "elastic": 0.1}[name]
    shown = distort(images, Distortions(**{**values, name: small}), torch.Generator().manual_seed(0))
    assert (shown - images).abs().amax(dim=(1, 2, 3)).median() > 0.2
    if name == "shift":
        columns = (shown.sum(dim=(1, 2)) * torch.arange(21)).sum(dim=1) / shown.sum(dim=(1, 2, 3)) - 10
        assert 1.8 < columns.abs().max() <= 2.11  # a tenth of 21 pixels
    if name == "elastic":
        edges = (shown > 0.5).float().argmax(dim=3)[:, 0, 5:16]  # the left edge of an upright bar, row by row
        assert (edges.amax(dim=1) - edges.amin(dim=1)).float().mean() > 1
    if name == "scale":
        areas = shown.sum(dim=(1, 2, 3)) / 39
        assert 0.49 < areas.min() < 0.7
        assert 1.3 < areas.max() < 1.7


def test_symmetries_are_further_classes_of_further_groups():
    images = np.arange(8.0).reshape(2, 2, 2)
    shown, labels, groups = with_symmetries(images, np.array([0, 1]), np.array([0, 0]), "all")
    assert labels.tolist() == list(range(16))
    assert groups.tolist() == np.repeat(np.arange(8), 2).tolist()
    assert shown[0].tolist() == [[0, 1], [2, 3]]
    assert shown[2].tolist() == [[1, 3], [0, 2]]  # a quarter turn
    assert shown[8].tolist() == [[1, 0], [3, 2]]  # mirrored
    assert len(np.unique(shown[::2].reshape(8, -1), axis=0)) == 8
    assert len(with_symmetries(images, np.array([0, 1]), np.array([0, 0]), "rotations")[1]) == 8
    assert with_symmetries(images, np.array([0, 1]), np.array([0, 0]), "none")[1].tolist() == [0, 1]


@pytest.mark.slow
def test_omniglot_runs_by_modified_hausdorff_err_in_38_8_of_100(real):
    from rltransfer.images.data.omniglot_runs import load_omniglot_runs

    wrong = 0
    for run in load_omniglot_runs(str(real("omniglot/all_runs.zip"))):
        drawn, shown = (
            [ink_points(picture > 0.5) for picture in as_ink(part.images)] for part in (run.train, run.test)
        )
        wrong += (hausdorff_table(shown, drawn).argmin(axis=1) != run.test.labels).sum()
    assert wrong == 155  # of 400: 38.75%
