"""What happens between the state of the robot and what an agent is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.own_stream import own_stream

RAYS = slice(14, 24)
BODY = slice(0, 14)


class Sensors:
    """Noise on the body's readings and on the lidar, or no lidar at all.

    Noise comes from a stream of its own, so that it never moves the robot's path.

    Args:
        environment: every factor of the family.
        space: that observations stay in, unless they were outside it without noise.
    """

    def __init__(self, environment: Mapping[str, FactorValue], space: Any) -> None:
        self._deviations = np.zeros(24, np.float32)
        self._deviations[BODY] = environment["noise"]
        self._deviations[RAYS] = environment["lidar_noise"]
        self._is_blind = bool(environment["blind"])
        self._low, self._high = space.low, space.high
        self._low = np.where(np.arange(24) >= RAYS.start, np.float32(0), self._low)
        self._stream = np.random.default_rng(0)

    def begin(self, generator: np.random.Generator) -> None:
        """Begin an episode whose path ``generator`` will draw; it is not moved."""
        self._stream = own_stream(generator)

    def sense(self, seen: NDArray[np.float32]) -> NDArray[np.float32]:
        """(24,) float32 -> (24,) float32."""
        if self._is_blind:
            seen[RAYS] = 1.0
        if self._deviations.any():
            noise = self._deviations * self._stream.standard_normal(24, dtype=np.float32)
            if self._is_blind:
                noise[RAYS] = 0.0
            return np.clip(seen + noise, np.minimum(self._low, seen), np.maximum(self._high, seen))
        return seen
