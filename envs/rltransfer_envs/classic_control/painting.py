"""The compiled drawing of all copies: a background kept for an episode, and what moves drawn onto it every step."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rltransfer_envs.classic_control.palettes import DISTRACTORS, GROUND, GROUND_EDGE, SKY, SKY_PATTERN
from rltransfer_envs.drawing.camera import Camera, pixels_per_metre, to_scene
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.lens import Grain, add_noise, blur, occlude
from rltransfer_envs.drawing.shapes import BOX, DIAMOND, DISC, TRIANGLE, Frame, Gain, draw
from rltransfer_envs.drawing.streams import PIXELS, uniform

Floats = npt.NDArray[np.float64]
Frames = npt.NDArray[np.uint8]
"""(copies, size, size, 3)"""
Flags = npt.NDArray[np.bool_]

PLAIN, CHECKER, STRIPES, SPECKLE = range(4)
MAX_DISTRACTORS = 6
PACE = 0.02
"""Widths of the frame that a moving distractor goes in a step."""


class Look(NamedTuple):
    """How scenes are seen, at one frame size.

    Args:
        camera: through which they are seen.
        colours: (18, 3) see ``palettes``.
        gain: (size, size) brightness.
        grain: what noise is cut from.
        x: of the middle of the scene.
        y: of the middle of the scene.
        field: width of the scene at zoom 1.
        texture: of the background.
        distractors: how many.
        noise: grey levels.
        blur: passes.
        occlusion: relative to the frame.
    """

    camera: Camera
    colours: Floats
    gain: Gain
    grain: Grain
    x: float
    y: float
    field: float
    texture: int
    distractors: int
    noise: float
    blur: int
    occlusion: float


@compiled
def _pattern(texture: int, x: float, y: float) -> float:
    """How much of the pattern's colour the background has at a point in widths of the scene, 0 to 1."""
    if texture == CHECKER:
        return float((math.floor(x * 8) + math.floor(y * 8)) % 2)
    if texture == STRIPES:
        return float(math.floor((x + y) * 12) % 2)
    if texture == SPECKLE:  # a hash of the cell, in floating point
        wave = math.sin(math.floor(x * 32) * 12.9898 + math.floor(y * 32) * 78.233) * 43758.5453
        return 1.5 * (wave - math.floor(wave))
    return 0.0


@compiled
def _ground_depth(heights: Floats, low: float, high: float, x: float, y: float) -> float:
    """Distance of a point below the ground's edge, measured across it; far above where there is no ground."""
    count = heights.shape[0]
    if count == 0:
        return -1e9
    width = (high - low) / (count - 1)
    place = min(max((x - low) / width, 0.0), count - 1.000001)
    k = int(place)
    slope = (heights[k + 1] - heights[k]) / width
    height: float = heights[k] + (place - k) * (heights[k + 1] - heights[k])
    return (height - y) / math.sqrt(1 + slope * slope)


@compiled
def paint_background(frame: Frame, look: Look, heights: Floats, low: float, high: float, scenery: Floats) -> None:
    """Sky with its pattern, the ground under ``heights``, and what stands still.

    Args:
        frame: (size, size, 3) written.
        look: how it is seen.
        heights: (points,) of the ground, evenly spaced from x = low to high; empty for none.
        low: least x of the ground.
        high: greatest x of the ground.
        scenery: (parts, 8) see ``parts``.
    """
    size = frame.shape[0]
    scale = pixels_per_metre(look.camera, size)
    edge_width = 0.02 * look.field
    for row in range(size):
        for column in range(size):
            pattern = 0.0
            if look.texture != PLAIN:
                for k in range(4):
                    x, y = to_scene(look.camera, size, column + 0.25 + 0.5 * (k % 2), row + 0.25 + 0.5 * (k // 2))
                    pattern += 0.25 * _pattern(look.texture, x / look.field, y / look.field)
            x, y = to_scene(look.camera, size, column + 0.5, row + 0.5)
            depth = _ground_depth(heights, low, high, x, y)
            ground = min(max(depth * scale + 0.5, 0.0), 1.0)
            edge = min(max((edge_width - depth) * scale + 0.5, 0.0), 1.0)
            for channel in range(3):
                sky = look.colours[SKY, channel] * (1 - pattern) + look.colours[SKY_PATTERN, channel] * pattern
                earth = look.colours[GROUND, channel] * (1 - edge) + look.colours[GROUND_EDGE, channel] * edge
                value = (sky * (1 - ground) + earth * ground) * look.gain[row, column]
                frame[row, column, channel] = np.uint8(min(max(value, 0.0), 255.0) + 0.5)
    draw(frame, look.gain, look.camera, look.colours, scenery, 0.0, 0.0, 0.0, 1.0, 1.0)


@compiled
def scatter(distractors: Floats, occluder: Floats, look: Look, streams: npt.NDArray[np.uint64]) -> None:
    """Place the distractors of one copy, (6, 4), and the patch on the lens, (2,), for a new episode."""
    for k in range(look.distractors):
        angle = 2 * math.pi * uniform(streams, PIXELS)
        for axis in range(2):
            distractors[k, axis] = uniform(streams, PIXELS) - 0.5
        pace = PACE if k % 2 == 0 else 0.0
        distractors[k, 2], distractors[k, 3] = pace * math.cos(angle), pace * math.sin(angle)
    for axis in range(2):
        occluder[axis] = uniform(streams, PIXELS)


@compiled
def drift(distractors: Floats, count: int) -> None:
    """Move the distractors of all copies, (copies, 6, 4), by one step; they turn round at the scene's border."""
    for copy in range(distractors.shape[0]):
        for k in range(count):
            for axis in range(2):
                there = distractors[copy, k, axis] + distractors[copy, k, 2 + axis]
                if abs(there) > 0.5:
                    distractors[copy, k, 2 + axis] = -distractors[copy, k, 2 + axis]
                    there = distractors[copy, k, axis] + distractors[copy, k, 2 + axis]
                distractors[copy, k, axis] = there


@compiled
def _draw_distractors(frame: Frame, look: Look, distractors: Floats) -> None:
    parts = np.empty((1, 8))
    for k in range(look.distractors):
        shape = DISC if k % 4 == 0 else BOX if k % 4 == 1 else DIAMOND if k % 4 == 2 else TRIANGLE
        size = 0.05 * look.field
        parts[0, 0], parts[0, 3], parts[0, 4], parts[0, 5] = shape, 0.0, size, size
        parts[0, 1], parts[0, 2] = look.x + distractors[k, 0] * look.field, look.y + distractors[k, 1] * look.field
        parts[0, 6], parts[0, 7] = DISTRACTORS + k, 1.0
        draw(frame, look.gain, look.camera, look.colours, parts, 0.0, 0.0, 0.0, 1.0, 1.0)


@compiled
def paint(
    frames: Frames,
    backgrounds: Frames,
    is_chosen: Flags,
    look: Look,
    parts: Floats,
    distractors: Floats,
    occluders: Floats,
    streams: npt.NDArray[np.uint64],
) -> None:
    """What the cameras of the chosen copies show now; noise moves their pixel streams on.

    Args:
        frames: (copies, size, size, 3) written where chosen.
        backgrounds: (copies, size, size, 3), or one for all copies.
        is_chosen: (copies,).
        look: how the scenes are seen.
        parts: (copies, parts, 8) what moves.
        distractors: (copies, 6, 4).
        occluders: (copies, 2).
        streams: (copies, 2).
    """
    for k in range(frames.shape[0]):
        if not is_chosen[k]:
            continue
        frame = frames[k]
        source = backgrounds[k if backgrounds.shape[0] > 1 else 0]
        flat_source, flat_frame = source.reshape(source.size), frame.reshape(frame.size)
        for pixel in range(flat_source.shape[0]):
            flat_frame[pixel] = flat_source[pixel]
        _draw_distractors(frame, look, distractors[k])
        draw(frame, look.gain, look.camera, look.colours, parts[k], 0.0, 0.0, 0.0, 1.0, 1.0)
        if look.blur > 0:
            blur(frame, look.blur)
        if look.occlusion > 0.0:
            occlude(frame, occluders[k], look.occlusion)
        if look.noise > 0.0:
            add_noise(frame, look.grain, streams[k], look.noise)


@compiled
def jitter(values: npt.NDArray[np.float32], is_chosen: Flags, scales: Floats, streams: npt.NDArray[np.uint64]) -> None:
    """Gaussian noise on the vectors, (copies, numbers), of the chosen copies (Box and Muller 1958)."""
    for k in range(values.shape[0]):
        if is_chosen[k]:
            for n in range(values.shape[1]):
                radius = math.sqrt(-2 * math.log(1.0 - uniform(streams[k], PIXELS)))
                normal = radius * math.cos(2 * math.pi * uniform(streams[k], PIXELS))
                values[k, n] += np.float32(scales[n] * normal)
