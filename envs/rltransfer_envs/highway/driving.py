"""A drive: highway-env's environment with other manners, another sensor and success told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rltransfer_envs.highway.factors import FACTORS
from rltransfer_envs.highway.traffic import set_behaviour, set_limits
from rltransfer_envs.own_stream import own_stream

Array = NDArray[Any]
MERGE_SECONDS = 40
"""Time limit of the merge, which upstream lacks: a car that steers itself may never arrive."""
_MANNERS = ("traffic_speed", "time_gap", "politeness")


class Driving(gymnasium.Wrapper[Any, Any, Any, Any]):
    """One drive.

    Args:
        env: highway-env's.
        task: the road.
        values: every factor.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], *, task: str, values: Mapping[str, Any]) -> None:
        super().__init__(env)
        self._road_env: Any = env.unwrapped
        self._task, self._values = task, values
        self._has_manners = any(values[name] != FACTORS[name].default for name in _MANNERS)
        self._is_image = values["observation"] == "image"
        self._random = np.random.default_rng(0)
        shape = env.observation_space.shape or ()
        self.observation_space = (
            spaces.Box(0, 255, shape[::-1], np.uint8)
            if self._is_image
            else spaces.Box(-np.inf, np.inf, (int(np.prod(shape)),), np.float32)
        )

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """A new road with new cars."""
        observation, _ = self.env.reset(seed=seed, options=options)
        self._random = own_stream(self._road_env.np_random, *b"sensor")
        if self._has_manners:
            set_limits(self._road_env.road, self._values["traffic_speed"])
            set_behaviour(self._road_env.road, self._values)
        return self._seen(observation), {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One decision."""
        observation, reward, terminated, truncated, _ = self.env.step(action)
        if self._has_manners:
            set_behaviour(self._road_env.road, self._values)
        terminated, truncated = bool(terminated), bool(truncated)
        if self._task == "merge" and not terminated:
            truncated = self._road_env.time >= MERGE_SECONDS
        info: dict[str, Any] = {}
        if terminated or truncated:
            ended_well = terminated if self._task in ("merge", "intersection") else truncated
            car = self._road_env.vehicle
            info["is_success"] = bool(ended_well and not car.crashed and car.on_road)
        return self._seen(observation), float(reward), terminated, truncated, info

    def traffic(self) -> Array:
        """(vehicles, 4) where every vehicle is, its heading and its speed."""
        vehicles = self._road_env.road.vehicles
        return np.array([(*vehicle.position, vehicle.heading, vehicle.speed) for vehicle in vehicles])

    def _seen(self, observation: Array) -> Array:
        """Frames with channels last, or numbers through the sensor, (cars * features,) float32."""
        if self._is_image:
            return np.ascontiguousarray(observation.transpose(2, 1, 0))
        numbers = np.array(observation, np.float32)
        if self._values["noise"]:
            numbers += self._random.normal(0, self._values["noise"], numbers.shape).astype(np.float32)
        if self._values["dropout"]:
            missing = self._random.random(len(numbers) - 1) < self._values["dropout"]
            numbers[1:][missing] = 0  # as upstream writes rows without a car
        return numbers.ravel()
