"""The scene: a floor drawn once, a background drawn once an episode, and what moves drawn every step."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.drawing.camera import Camera, make_camera, pixels_per_metre, to_scene
from rltransfer_envs.drawing.ground import copy_frame, pattern
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.lens import Grain, make_grain
from rltransfer_envs.drawing.shapes import Frame, Gain, draw
from rltransfer_envs.rover import palettes
from rltransfer_envs.rover.factors import TEXTURES
from rltransfer_envs.rover.palettes import FLOOR, FLOOR_PATTERN, WALL, WALL_EDGE
from rltransfer_envs.rover.parts import (
    BLOCK_PARTS,
    DIFFERENTIAL_PARTS,
    DISTRACTOR_PARTS,
    GOAL_PARTS,
    HAZARD_PARTS,
    HOVERCRAFT_PARTS,
    OMNI_PARTS,
    SHADOW_PARTS,
    WALL_PARTS,
)
from rltransfer_envs.rover.world import DIFFERENTIAL, OMNI, PUSH, Copy, Floats, Settings

FIELD_OF_VIEW = 1.9
"""Metres of floor across the frame at zoom 1."""


class Look(NamedTuple):
    """How the scene is seen, at one frame size.

    Args:
        camera: through which it is seen.
        colours: (21, 3) see ``palettes``.
        gain: (size, size) brightness.
        floor: (size, size, 3) the empty arena.
        grain: what noise is cut from.
    """

    camera: Camera
    colours: Floats
    gain: Gain
    floor: Frame
    grain: Grain


def make_look(factors: Mapping[str, FactorValue], *, size: int) -> Look:
    """The look of a full set of factor values, in frames of ``size`` by ``size`` pixels."""
    camera = make_camera(
        x=float(factors["camera_x"]),
        y=float(factors["camera_y"]),
        rotation=float(factors["camera_rotation"]),
        field=FIELD_OF_VIEW / float(factors["camera_zoom"]),
    )
    colours = palettes.palette(str(factors["palette"]), is_grayscale=bool(factors["grayscale"]))
    across = (np.arange(size) + 0.5) / size - 0.5
    angle = math.radians(float(factors["gradient_angle"]))
    towards_light = across[None, :] * math.cos(angle) - across[:, None] * math.sin(angle)
    shade = 1 - float(factors["gradient"]) * (0.5 - towards_light / math.sqrt(2))
    gain = (float(factors["brightness"]) * shade).astype(np.float32)
    floor = np.zeros((size, size, 3), np.uint8)
    texture = TEXTURES.index(str(factors["texture"]))
    _draw_floor(floor, gain, camera, colours, texture, float(factors["arena_size"]) / 2)
    return Look(camera=camera, colours=colours, gain=gain, floor=floor, grain=make_grain())


@compiled
def _draw_floor(floor: Frame, gain: Gain, camera: Camera, colours: Floats, texture: int, half: float) -> None:
    """The arena's floor with its pattern, the wall around it and the wall's edge."""
    size = floor.shape[0]
    scale = pixels_per_metre(camera, size)
    for row in range(size):
        for column in range(size):
            x, y = to_scene(camera, size, column + 0.5, row + 0.5)
            share = 0.0
            for sample in range(4):
                sx, sy = to_scene(camera, size, column + 0.25 + 0.5 * (sample % 2), row + 0.25 + 0.5 * (sample // 2))
                share += 0.25 * pattern(texture, sx, sy)
            outside = max(abs(x), abs(y)) - half
            wall = min(max(outside * scale + 0.5, 0.0), 1.0)
            edge = min(max((0.035 - outside) * scale + 0.5, 0.0), 1.0)
            for channel in range(3):
                ground = colours[FLOOR, channel] * (1 - share) + colours[FLOOR_PATTERN, channel] * share
                border = colours[WALL, channel] * (1 - edge) + colours[WALL_EDGE, channel] * edge
                value = (ground * (1 - wall) + border * wall) * gain[row, column]
                floor[row, column, channel] = np.uint8(min(max(value, 0.0), 255.0) + 0.5)


@compiled
def _draw(frame: Frame, look: Look, parts: Floats, x: float, y: float, heading: float) -> None:
    draw(frame, look.gain, look.camera, look.colours, parts, x, y, heading, 1.0, 1.0)


@compiled
def draw_background(frame: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """What does not move in an episode: floor, inner walls, goal and hazards."""
    copy_frame(look.floor, frame)
    for k in range(copy.num_walls):
        x_low, y_low = copy.walls[k, 0], copy.walls[k, 1]
        x_high, y_high = copy.walls[k, 2], copy.walls[k, 3]
        x, y, a, b = (x_low + x_high) / 2, (y_low + y_high) / 2, (x_high - x_low) / 2, (y_high - y_low) / 2
        draw(frame, look.gain, look.camera, look.colours, WALL_PARTS, x, y, 0.0, a, b)
    _draw(frame, look, GOAL_PARTS, copy.goal[0], copy.goal[1], 0.0)
    for k in range(settings.hazards):
        _draw(frame, look, HAZARD_PARTS, copy.hazards[k, 0], copy.hazards[k, 1], 0.0)


@compiled
def draw_moving(frame: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """What moves, drawn onto the background: distractors, block, robot."""
    for k in range(settings.distractors):
        x, y = copy.distractors[k, 0], copy.distractors[k, 1]
        _draw(frame, look, DISTRACTOR_PARTS[k], x, y, 0.0)
    if settings.task == PUSH:
        x, y = copy.block[0], copy.block[1]
        _draw(frame, look, SHADOW_PARTS, x, y, 0.0)
        _draw(frame, look, BLOCK_PARTS, x, y, 0.0)
    x, y, heading = copy.robot[0], copy.robot[1], copy.robot[2]
    _draw(frame, look, SHADOW_PARTS, x, y, 0.0)
    if settings.robot == DIFFERENTIAL:
        _draw(frame, look, DIFFERENTIAL_PARTS, x, y, heading)
    elif settings.robot == OMNI:
        _draw(frame, look, OMNI_PARTS, x, y, 0.0)
    else:
        _draw(frame, look, HOVERCRAFT_PARTS, x, y, 0.0)
