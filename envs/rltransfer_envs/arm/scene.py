"""The scene: a table drawn once, a background drawn once an episode, and what moves drawn every step."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.arm import palettes
from rltransfer_envs.arm.bodies import HAND_LENGTH, JAW_OPEN, TABLE_HALF
from rltransfer_envs.arm.factors import TEXTURES
from rltransfer_envs.arm.palettes import GROUND, TABLE, TABLE_EDGE, TABLE_PATTERN
from rltransfer_envs.arm.parts import (
    AXLE_PARTS,
    BASE_PARTS,
    DISTRACTOR_PARTS,
    FINGER_PARTS,
    GOAL_PARTS,
    HAZARD_PARTS,
    JAW_PARTS,
    JOINT_PARTS,
    LINK_PARTS,
    PALM_PARTS,
    POST_PARTS,
    PUCK_PARTS,
    SHADOW_PARTS,
    SHADOW_X,
    SHADOW_Y,
)
from rltransfer_envs.arm.world import AVOID, FOLLOW, GRIPPER, PUSH, Copy, Floats, Settings
from rltransfer_envs.drawing.camera import Camera, make_camera, pixels_per_metre, to_scene
from rltransfer_envs.drawing.ground import copy_frame, pattern
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.lens import Grain, make_grain
from rltransfer_envs.drawing.shapes import Frame, Gain, draw

FIELD_OF_VIEW = 1.9
"""Metres across the frame at zoom 1."""


class Look(NamedTuple):
    """How the scene is seen, at one frame size.

    Args:
        camera: through which it is seen.
        colours: (27, 3) see ``palettes``.
        gain: (size, size) brightness.
        table: (size, size, 3) the empty table.
        grain: what noise is cut from.
    """

    camera: Camera
    colours: Floats
    gain: Gain
    table: Frame
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
    gain = np.full((size, size), float(factors["brightness"]), np.float32)
    table = np.zeros((size, size, 3), np.uint8)
    _draw_table(table, gain, camera, colours, TEXTURES.index(str(factors["texture"])))
    return Look(camera=camera, colours=colours, gain=gain, table=table, grain=make_grain())


@compiled
def _draw_table(table: Frame, gain: Gain, camera: Camera, colours: Floats, texture: int) -> None:
    """The table with its pattern, its edge and the ground around it."""
    size = table.shape[0]
    scale = pixels_per_metre(camera, size)
    for row in range(size):
        for column in range(size):
            x, y = to_scene(camera, size, column + 0.5, row + 0.5)
            share = 0.0
            for sample in range(4):
                sx, sy = to_scene(camera, size, column + 0.25 + 0.5 * (sample % 2), row + 0.25 + 0.5 * (sample // 2))
                share += 0.25 * pattern(texture, sx, sy)
            outside = max(abs(x), abs(y)) - TABLE_HALF
            ground = min(max(outside * scale + 0.5, 0.0), 1.0)
            edge = min(max((0.03 - outside) * scale + 0.5, 0.0), 1.0)
            for channel in range(3):
                top = colours[TABLE, channel] * (1 - share) + colours[TABLE_PATTERN, channel] * share
                around = colours[GROUND, channel] * (1 - edge) + colours[TABLE_EDGE, channel] * edge
                value = (top * (1 - ground) + around * ground) * gain[row, column]
                table[row, column, channel] = np.uint8(min(max(value, 0.0), 255.0) + 0.5)


@compiled
def _draw(frame: Frame, look: Look, parts: Floats, x: float, y: float, heading: float, half_length: float) -> None:
    draw(frame, look.gain, look.camera, look.colours, parts, x, y, heading, half_length, 1.0)


@compiled
def draw_background(frame: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """What does not move in an episode: table, goal, hazard, posts and the arm's base."""
    copy_frame(look.table, frame)
    if settings.task != FOLLOW:
        _draw(frame, look, GOAL_PARTS, copy.goal[0], copy.goal[1], 0.0, 1.0)
    if settings.task == AVOID:
        _draw(frame, look, HAZARD_PARTS, copy.hazard[0], copy.hazard[1], 0.0, 1.0)
    for k in range(settings.posts):
        _draw(frame, look, POST_PARTS, copy.posts[k, 0], copy.posts[k, 1], 0.0, 1.0)
    _draw(frame, look, BASE_PARTS, 0.0, 0.0, 0.0, 1.0)


@compiled
def draw_moving(frame: Frame, look: Look, copy: Copy, settings: Settings, qpos: Floats) -> None:
    """What moves, drawn onto the background: distractors, a moving goal, puck, arm."""
    for k in range(settings.distractors):
        _draw(frame, look, DISTRACTOR_PARTS[k], copy.distractors[k, 0], copy.distractors[k, 1], 0.0, 1.0)
    if settings.task == FOLLOW:
        _draw(frame, look, GOAL_PARTS, copy.goal[0], copy.goal[1], 0.0, 1.0)
    if settings.task == PUSH:
        _draw(frame, look, PUCK_PARTS, qpos[settings.puck], qpos[settings.puck + 1], 0.0, 1.0)
    for layer in range(2):
        _draw_links(frame, look, settings, qpos, layer)
    _draw(frame, look, AXLE_PARTS, 0.0, 0.0, 0.0, 1.0)


@compiled
def _draw_links(frame: Frame, look: Look, settings: Settings, qpos: Floats, layer: int) -> None:
    """The links' shadows (layer 0), or the links, their joints and what the last one carries (layer 1)."""
    x = y = heading = 0.0
    num_links = settings.lengths.shape[0]
    for k in range(num_links):
        heading += qpos[k]
        is_hand = settings.robot == GRIPPER and k == num_links - 1
        half = (settings.lengths[k] - (HAND_LENGTH if is_hand else 0.0)) / 2
        cos, sin = math.cos(heading), math.sin(heading)
        middle_x, middle_y = x + half * cos, y + half * sin
        x, y = x + 2 * half * cos, y + 2 * half * sin
        if layer == 0:
            _draw(frame, look, SHADOW_PARTS, middle_x + SHADOW_X, middle_y + SHADOW_Y, heading, half)
            continue
        if is_hand:
            _draw_hand(frame, look, x, y, heading, float(qpos[num_links]), float(qpos[num_links + 1]))
        _draw(frame, look, LINK_PARTS[settings.robot + (3 if k else 0)], middle_x, middle_y, heading, half)
        if k > 0:
            _draw(frame, look, JOINT_PARTS, middle_x - half * cos, middle_y - half * sin, 0.0, 1.0)
        if k == num_links - 1 and not is_hand:
            _draw(frame, look, FINGER_PARTS, x, y, 0.0, 1.0)


@compiled
def _draw_hand(frame: Frame, look: Look, x: float, y: float, heading: float, left: float, right: float) -> None:
    """The palm across (x, y) and both jaws, of which each has closed by some metres."""
    cos, sin = math.cos(heading), math.sin(heading)
    for side in (1.0, -1.0):
        aside = side * (JAW_OPEN - (left if side > 0 else right))
        _draw(frame, look, JAW_PARTS, x - aside * sin, y + aside * cos, heading, 1.0)
    _draw(frame, look, PALM_PARTS, x, y, heading, 1.0)
