"""The compiled calls that serve all copies at once, before and after MuJoCo's."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rltransfer_envs.arm.effects import apply_sensor, drift, scatter
from rltransfer_envs.arm.layout import move_goal, place
from rltransfer_envs.arm.outcome import FAILURE, NOTHING, SUCCESS, has_followed, outcome, potential, tracked
from rltransfer_envs.arm.scene import Look, draw_background, draw_moving
from rltransfer_envs.arm.world import FOLLOW, Copy, Floats, Settings
from rltransfer_envs.drawing.ground import copy_frame
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.shapes import Frame

Frames = npt.NDArray[np.uint8]
"""(num_envs, size, size, 3)"""
Flags = npt.NDArray[np.bool_]
"""(num_envs,)"""


@compiled
def _positions(row: Floats, settings: Settings) -> Floats:
    """(nq,) joint positions of a copy, a view of its row of MuJoCo's state."""
    return row[settings.columns.qpos : settings.columns.qpos + settings.columns.num_qpos]


@compiled
def _draw_frame(frame: Frame, background: Frame, look: Look, copy: Copy, settings: Settings, qpos: Floats) -> None:
    """What one copy's camera shows now. Noise moves the copy's pixel stream on."""
    copy_frame(background, frame)
    draw_moving(frame, look, copy, settings, qpos)
    apply_sensor(frame, look, copy, settings)


@compiled
def reset(
    copies: Sequence[Copy],
    settings: Settings,
    look: Look,
    is_chosen: Flags,
    state: Floats,
    backgrounds: Frames,
    observations: Frames,
) -> None:
    """Begin new episodes in the copies that are chosen; the others are left as they are.

    Args:
        copies: (num_envs,) records, changed in place.
        settings: of all copies.
        look: of all copies.
        is_chosen: (num_envs,).
        state: (num_envs, nstate) MuJoCo's; where chosen, joints are at 0, and poses and posts are written.
        backgrounds: (num_envs, size, size, 3) uint8, rewritten where chosen.
        observations: (num_envs, size, size, 3) uint8, rewritten where chosen.
    """
    for k in range(is_chosen.shape[0]):
        if is_chosen[k]:
            copy = copies[k]
            qpos = _positions(state[k], settings)
            place(copy, settings, qpos)
            for post in range(settings.posts):
                for axis in range(2):
                    state[k, settings.columns.posts + 3 * post + axis] = copy.posts[post, axis]
            scatter(copy, settings)
            copy.potential = potential(copy, settings, qpos)
            draw_background(backgrounds[k], look, copy, settings)
            _draw_frame(observations[k], backgrounds[k], look, copy, settings, qpos)


@compiled
def finish(
    copies: Sequence[Copy],
    settings: Settings,
    look: Look,
    state: Floats,
    backgrounds: Frames,
    observations: Frames,
    rewards: Floats,
    terminated: Flags,
    truncated: Flags,
    is_success: Flags,
) -> int:
    """What follows a control step's physics: reward, end and drawing of every copy.

    Args:
        copies: (num_envs,) records, changed in place.
        settings: of all copies.
        look: of all copies.
        state: (num_envs, nstate) MuJoCo's.
        backgrounds: (num_envs, size, size, 3) uint8.
        observations: (num_envs, size, size, 3) uint8, written.
        rewards: (num_envs,) written.
        terminated: (num_envs,) written.
        truncated: (num_envs,) written.
        is_success: (num_envs,) written; false while an episode goes on.

    Returns:
        How many episodes ended.
    """
    num_ended = 0
    for k in range(state.shape[0]):
        copy, qpos = copies[k], _positions(state[k], settings)
        drift(copy, settings)
        copy.env_steps += 1
        before = copy.potential
        reward = 0.0
        if settings.task == FOLLOW:
            move_goal(copy)
            reward = tracked(copy, settings, qpos)
        copy.potential = potential(copy, settings, qpos)
        result = outcome(copy, settings, qpos)
        rewards[k] = reward + copy.potential - before + (result == SUCCESS) - (result == FAILURE)
        terminated[k] = result != NOTHING
        truncated[k] = result == NOTHING and copy.env_steps >= settings.time_limit
        is_success[k] = result == SUCCESS
        if settings.task == FOLLOW and truncated[k]:
            is_success[k] = has_followed(copy, settings)
        num_ended += terminated[k] or truncated[k]
        _draw_frame(observations[k], backgrounds[k], look, copy, settings, qpos)
    return num_ended


@compiled
def draw(
    copies: Sequence[Copy],
    settings: Settings,
    look: Look,
    state: Floats,
    draws_moving: bool,
    backgrounds: Frames,
    frames: Frames,
) -> None:
    """Draw what is, without a step: for a state put in place of another, and for large frames.

    Args:
        copies: (num_envs,) records; noise moves their pixel streams on.
        settings: of all copies.
        look: of all copies.
        state: (num_envs, nstate) MuJoCo's.
        draws_moving: draw ``frames`` too, not the backgrounds alone.
        backgrounds: (num_envs, size, size, 3) uint8, written.
        frames: (num_envs, size, size, 3) uint8, written where asked for.
    """
    for k in range(backgrounds.shape[0]):
        draw_background(backgrounds[k], look, copies[k], settings)
        if draws_moving:
            qpos = _positions(state[k], settings)
            _draw_frame(frames[k], backgrounds[k], look, copies[k], settings, qpos)
