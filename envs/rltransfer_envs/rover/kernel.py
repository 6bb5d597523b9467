"""The compiled calls that serve all copies at once: reset, step and draw."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.ground import copy_frame
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.shapes import Frame
from rltransfer_envs.drawing.streams import DYNAMICS, integer, uniform
from rltransfer_envs.rover.effects import apply_sensor, drift, scatter
from rltransfer_envs.rover.layout import place
from rltransfer_envs.rover.outcome import FAILURE, NOTHING, SUCCESS, outcome, potential
from rltransfer_envs.rover.physics import move
from rltransfer_envs.rover.scene import Look, draw_background, draw_moving
from rltransfer_envs.rover.world import DIFFERENTIAL, HOVERCRAFT, Copy, Floats, Settings

Frames = npt.NDArray[np.uint8]
"""(num_envs, size, size, 3)"""
Flags = npt.NDArray[np.bool_]
"""(num_envs,)"""


@compiled
def _draw_frame(frame: Frame, background: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """What one copy's camera shows now. Noise moves the copy's pixel stream on."""
    copy_frame(background, frame)
    draw_moving(frame, look, copy, settings)
    apply_sensor(frame, look, copy, settings)


@compiled
def reset(
    copies: Sequence[Copy],
    settings: Settings,
    look: Look,
    is_chosen: Flags,
    backgrounds: Frames,
    observations: Frames,
) -> None:
    """Begin new episodes in the copies that are chosen; the others are left as they are.

    Args:
        copies: (num_envs,) records, changed in place.
        settings: of all copies.
        look: of all copies.
        is_chosen: (num_envs,).
        backgrounds: (num_envs, size, size, 3) uint8, rewritten where chosen.
        observations: (num_envs, size, size, 3) uint8, rewritten where chosen.
    """
    for k in range(is_chosen.shape[0]):
        if is_chosen[k]:
            copy = copies[k]
            place(copy, settings)
            scatter(copy, settings)
            copy.potential = potential(copy, settings)
            draw_background(backgrounds[k], look, copy, settings)
            _draw_frame(observations[k], backgrounds[k], look, copy, settings)


@compiled
def _command(action_x: float, action_y: float, robot: int) -> tuple[float, float]:
    """The command, in -1 to 1 along two axes, that an action stands for; see ``physics.move``."""
    if robot == HOVERCRAFT:
        length = max(1.0, math.sqrt(action_x * action_x + action_y * action_y))
        return action_x / length, action_y / length
    choice = int(action_x)
    if robot == DIFFERENTIAL:
        return (1.0, 0.0) if choice == 0 else (0.0, 1.0 if choice == 1 else -1.0)
    if choice % 2 == 0:
        return 1.0 - choice, 0.0
    return 0.0, 2.0 - choice


@compiled
def _chosen_command(copy: Copy, settings: Settings, action: Floats) -> tuple[float, float]:
    """The command that acts now: after slip, and after the delay of earlier ones."""
    x, y = action[0], action[1]
    if settings.slip > 0.0 and uniform(copy.streams, DYNAMICS) < settings.slip:
        if settings.robot == HOVERCRAFT:
            x = 2 * uniform(copy.streams, DYNAMICS) - 1
            y = 2 * uniform(copy.streams, DYNAMICS) - 1
        else:
            x = float(integer(copy.streams, DYNAMICS, 3 if settings.robot == DIFFERENTIAL else 4))
    command_x, command_y = _command(x, y, settings.robot)
    if settings.action_delay == 0:
        return command_x, command_y
    queue = copy.pending
    queue[settings.action_delay, 0], queue[settings.action_delay, 1] = command_x, command_y
    command_x, command_y = queue[0, 0], queue[0, 1]
    for k in range(settings.action_delay):
        queue[k, 0], queue[k, 1] = queue[k + 1, 0], queue[k + 1, 1]
    return command_x, command_y


@compiled
def step(
    copies: Sequence[Copy],
    settings: Settings,
    look: Look,
    actions: Floats,
    backgrounds: Frames,
    observations: Frames,
    rewards: Floats,
    terminated: Flags,
    truncated: Flags,
    is_success: Flags,
) -> int:
    """One control step of every copy: action, motion, reward, end and drawing.

    Args:
        copies: (num_envs,) records, changed in place.
        settings: of all copies.
        look: of all copies.
        actions: (num_envs, 2); a discrete action is in column 0.
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
    for k in range(actions.shape[0]):
        copy = copies[k]
        command_x, command_y = _chosen_command(copy, settings, actions[k])
        move(copy, settings, command_x, command_y)
        drift(copy, settings)
        copy.env_steps += 1
        before = copy.potential
        copy.potential = potential(copy, settings)
        result = outcome(copy, settings)
        rewards[k] = copy.potential - before + (result == SUCCESS) - (result == FAILURE)
        is_success[k] = result == SUCCESS
        terminated[k] = result != NOTHING
        truncated[k] = result == NOTHING and copy.env_steps >= settings.time_limit
        num_ended += terminated[k] or truncated[k]
        _draw_frame(observations[k], backgrounds[k], look, copy, settings)
    return num_ended


@compiled
def draw(
    copies: Sequence[Copy],
    settings: Settings,
    look: Look,
    draws_moving: bool,
    backgrounds: Frames,
    frames: Frames,
) -> None:
    """Draw what is, without a step: for a state put in place of another, and for large frames.

    Args:
        copies: (num_envs,) records; noise moves their pixel streams on.
        settings: of all copies.
        look: of all copies.
        draws_moving: draw ``frames`` too, not the backgrounds alone.
        backgrounds: (num_envs, size, size, 3) uint8, written.
        frames: (num_envs, size, size, 3) uint8, written where asked for.
    """
    for k in range(backgrounds.shape[0]):
        draw_background(backgrounds[k], look, copies[k], settings)
        if draws_moving:
            _draw_frame(frames[k], backgrounds[k], look, copies[k], settings)
