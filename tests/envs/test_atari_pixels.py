"""Atari: from the console's screen to the agent's frame."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("ale_py")
from rltransfer_envs.atari import look as looks
from rltransfer_envs.atari import pixels
from rltransfer_envs.atari.look import Look
from rltransfer_envs.drawing.lens import make_grain
from rltransfer_envs.drawing.streams import seeded


def shares(size_in: int, size_out: int) -> np.ndarray:
    """(size_out, size_in): the part of each output pixel that each input pixel covers, by the lengths they share."""
    edges = np.arange(size_out + 1) * (size_in / size_out)
    pixel = np.arange(size_in)
    shared = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return np.clip(shared, 0, None) * size_out / size_in


@pytest.mark.parametrize(("height", "width"), [(210, 160), (250, 160), (214, 160)])
def test_frames_average_the_areas_of_the_screen(height: int, width: int) -> None:
    screen = np.random.default_rng(0).integers(256, size=(height, width), dtype=np.uint8)
    frame = np.empty((84, 84), np.uint8)
    pixels.scale_down(screen, pixels.area_shares(height), pixels.column_shares(width), frame)
    exact = shares(height, 84) @ screen @ shares(width, 84).T
    assert np.abs(frame - exact).max() <= 0.5 + 1e-3


def test_the_brighter_of_two_screens_is_kept() -> None:
    one, other = np.array([[1, 200]], np.uint8), np.array([[9, 100]], np.uint8)
    pixels.keep_brightest(one, other)
    assert one.tolist() == [[9, 200]]


def test_the_newest_frame_is_last_and_the_oldest_leaves() -> None:
    stack = np.zeros((84, 84, 4), np.uint8)
    for level in range(1, 7):
        pixels.push(stack, np.full((84, 84), level, np.uint8), looks.UNCHANGED)
    assert (stack == [3, 4, 5, 6]).all()


def test_grey_levels_by_hand() -> None:
    assert np.array_equal(Look().grey_levels(), np.arange(256))
    assert Look(invert=True).grey_levels()[[0, 10, 255]].tolist() == [255, 245, 0]
    assert Look(brightness=1.5).grey_levels()[[0, 100, 200]].tolist() == [0, 150, 255]
    # 0.5 * (100 - 127.5) + 127.5 = 113.75
    assert Look(contrast=0.5).grey_levels()[100] == 114


def test_a_third_of_a_turn_hands_each_colour_on() -> None:
    """Red takes green's place, green blue's, blue red's: grey is the luma of the colours so exchanged."""
    colours = np.random.default_rng(0).integers(256, size=(5, 7, 3), dtype=np.uint8)
    screen = np.empty((5, 7), np.uint8)
    looks.grey_of(colours, Look(hue=120.0).turned_colours(), screen)
    assert np.abs(screen - np.roll(colours, 1, axis=2) @ np.array([0.2989, 0.587, 0.114])).max() <= 0.501
    assert np.allclose(Look(hue=0.0).turned_colours(), np.eye(3))
    for angle in (-180.0, 33.0, 180.0):
        turn = Look(hue=angle).turned_colours()
        assert np.allclose(turn @ [1, 1, 1], 1), "grey stays grey"
        assert math.isclose(np.linalg.det(turn), 1.0)


def test_noise_has_its_deviation_and_flicker_its_chance() -> None:
    grain, streams = make_grain(), seeded(3)
    frame = np.full((84, 84), 128, np.uint8)
    looks.through_lens(frame, Look(noise=20.0), grain, streams)
    assert abs(frame.std() - 20) < 1
    assert abs(frame.mean() - 128) < 1
    black = 0
    for _ in range(400):
        frame = np.full((84, 84), 128, np.uint8)
        looks.through_lens(frame, Look(flicker=0.25), grain, streams)
        assert len(np.unique(frame)) == 1
        black += int(frame[0, 0] == 0)
    assert 70 <= black <= 130, "100 expected, standard deviation 8.7"


def test_blur_spreads_a_point_by_the_binomial() -> None:
    frame = np.zeros((84, 84), np.uint8)
    frame[40, 40] = 160
    looks.through_lens(frame, Look(blur=1), make_grain(), seeded(0))
    assert frame[39:42, 39:42].tolist() == [[10, 20, 10], [20, 40, 20], [10, 20, 10]]
    assert frame.sum() == 160
