"""Observation and action spaces, and what actions mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gymnasium import Space

ACTION_MEANINGS: dict[str, tuple[str, ...]] = {
    "omni": ("right", "up", "left", "down"),
    "differential": ("forward", "turn left", "turn right"),
}
"""By robot; the hovercraft's two actions are continuous."""
OBSERVATION_SHAPE = (64, 64, 3)


def observation_space() -> Space[Any]:
    """One frame: (64, 64, 3) uint8, height, width and colour."""
    import numpy as np
    from gymnasium.spaces import Box

    return Box(0, 255, OBSERVATION_SHAPE, np.uint8)


def action_space(robot: str) -> Space[Any]:
    """Discrete for robots whose actions have names; thrust in x and y, -1 to 1, for the hovercraft."""
    import numpy as np
    from gymnasium.spaces import Box, Discrete

    if robot in ACTION_MEANINGS:
        return Discrete(len(ACTION_MEANINGS[robot]))
    return Box(-1.0, 1.0, (2,), np.float32)
