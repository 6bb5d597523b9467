"""A system: all copies of one set of equations, without an interface. What the five families fill in."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium.spaces import Box, Space

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control.parts import Parts

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class View(NamedTuple):
    """What a square frame shows at zoom 1: its middle, and its width."""

    x: float
    y: float
    field: float


class Ground(NamedTuple):
    """Ground from ``low`` to ``high``: (scenes, points) heights, evenly spaced; no points for no ground."""

    heights: Floats
    low: float
    high: float


NO_GROUND = Ground(np.empty((1, 0)), 0.0, 1.0)


class System(abc.ABC):
    """``num_envs`` copies of a robot and a task under a full set of factor values.

    Observations are upstream's numbers. Their space is one for all robots, tasks and factor values, so that agents can
    be carried from each to each: upstream's where its bounds hold in every task, wider where they do not.

    Args:
        num_envs: copies.
        robot: of the family.
        task: of the family.
        factors: every factor's value.
    """

    observation_space: Box
    scales: Floats
    """(numbers,) what noise on each number of an observation is relative to"""
    view: View
    """Wide enough for all that matters at these factor values."""
    scenery_changes: bool = False
    """Whether the scenery differs from episode to episode."""

    def __init__(self, num_envs: int, *, robot: str, task: str, factors: Mapping[str, FactorValue]) -> None:
        self.num_envs = num_envs
        self.robot = robot
        self.task = task
        self.factors = factors
        self.observations = np.zeros((num_envs, *(self.observation_space.shape or ())), np.float32)
        """(num_envs, numbers) what there is to see now"""
        self.rewards = np.zeros(num_envs)
        self.terminated = np.zeros(num_envs, np.bool_)

    def number(self, name: str) -> float:
        """The value of a factor that is a number."""
        return float(self.factors[name])

    @property
    @abc.abstractmethod
    def action_space(self) -> Space[Any]:
        """Of one copy."""

    @abc.abstractmethod
    def begin(self, k: int, seed: int | None) -> None:
        """Begin an episode in copy ``k``; with ``seed`` None its random numbers go on."""

    @abc.abstractmethod
    def step(self, actions: Array) -> None:
        """One step of every copy; the results are left in ``observations``, ``rewards`` and ``terminated``."""

    @abc.abstractmethod
    def succeeded(self, truncated: Flags) -> Flags:
        """(num_envs,) which copies succeed if their episode ends now."""

    @abc.abstractmethod
    def moving_parts(self, *, afterimage: bool) -> Parts:
        """(num_envs, parts, 8) what moves, with a faint image of where it came from."""

    def scenery(self) -> Parts:
        """(scenes, parts, 8) what stands still in an episode: one scene for all copies, or one each."""
        return np.empty((1, 0, 8))

    def ground(self) -> Ground:
        """The ground of the same scenes."""
        return NO_GROUND

    @abc.abstractmethod
    def get_state(self) -> dict[str, Array]:
        """Copies of all arrays that change in time."""

    @abc.abstractmethod
    def set_state(self, state: Mapping[str, Array]) -> None:
        """Put back what ``get_state`` returned."""

    def close(self) -> None:  # noqa: B027 -- most hold nothing
        """Free what the copies hold."""
