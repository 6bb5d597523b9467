"""Observation and action spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rltransfer_envs.arm.bodies import BODIES

if TYPE_CHECKING:
    from gymnasium import Space

OBSERVATION_SHAPE = (64, 64, 3)


def observation_space() -> Space[Any]:
    """One frame: (64, 64, 3) uint8, height, width and colour."""
    import numpy as np
    from gymnasium.spaces import Box

    return Box(0, 255, OBSERVATION_SHAPE, np.uint8)


def action_space(robot: str) -> Space[Any]:
    """Torques from the shoulder outwards, relative to the motors' own, and the gripper's force; -1 to 1."""
    import numpy as np
    from gymnasium.spaces import Box

    return Box(-1.0, 1.0, (BODIES[robot].num_actions,), np.float32)
