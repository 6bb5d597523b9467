"""Copies of a compiled simulation as Gymnasium environments, batched and single; its families draw their pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import Space

from rltransfer.errors import ConfigError
from rltransfer_envs.batched_env import Array, BatchedEnv, Flags, Outcome, check_render_mode

Frames = tuple[npt.NDArray[np.uint8], ...]
"""A (size, size, 3) frame of each copy."""


class Simulation(Protocol):
    """What is simulated: all copies of a task, without an interface."""

    rewards: Array
    terminated: Flags
    truncated: Flags
    is_success: Flags

    def reset(self, seeds: Sequence[int | None], is_chosen: Flags, observations: npt.NDArray[np.uint8]) -> None:
        """Begin episodes in the chosen copies and write what they show."""

    def step(self, actions: Array, observations: npt.NDArray[np.uint8]) -> int:
        """One control step of every copy; results are left in the arrays. Returns how many episodes ended."""

    def render(self) -> Frames:
        """Large frames of all copies; no state moves on."""

    def get_state(self) -> dict[str, Array]:
        """All that changes in time, as copies of plain arrays by name."""

    def set_state(self, state: Mapping[str, Array]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""


S = TypeVar("S", bound=Simulation)


class SimulatedVectorEnv(BatchedEnv, Generic[S]):
    """All copies of a simulation, stepped together.

    Args:
        simulation: of ``num_envs`` copies.
        num_envs: copies.
        observation_space: of one copy.
        action_space: of one copy.
        render_mode: one of ``render_modes``, or None.
        copy: see ``BatchedEnv``.
    """

    render_modes: ClassVar[tuple[str, ...]] = ("rgb_array",)
    render_fps: ClassVar[int]

    def __init__(
        self,
        simulation: S,
        num_envs: int,
        observation_space: Space[Any],
        action_space: Space[Any],
        *,
        render_mode: str | None,
        copy: bool,
    ) -> None:
        super().__init__(
            num_envs,
            observation_space,
            action_space,
            render_modes=self.render_modes,
            render_fps=self.render_fps,
            render_mode=render_mode,
            copy=copy,
        )
        self.simulation = simulation

    def _begin(self, is_chosen: Flags, seeds: Sequence[int | None]) -> None:
        self.simulation.reset(seeds, is_chosen, self._observations)

    def _advance(self, actions: Array) -> Outcome:
        sim = self.simulation
        sim.step(actions, self._observations)
        return sim.rewards, sim.terminated, sim.truncated, sim.is_success

    def render(self) -> Frames | None:
        """A (384, 384, 3) frame of each copy; None without a render mode."""
        return None if self.render_mode is None else self.simulation.render()

    def get_state(self) -> dict[str, Array]:
        """All that changes in time, as copies of plain arrays by name."""
        return self.simulation.get_state()

    def set_state(self, state: Mapping[str, Array]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""
        self.simulation.set_state(state)
        self._has_begun[:] = True


class SimulatedEnv(gymnasium.Env[Array, Any], Generic[S]):
    """One copy of a simulation.

    Args:
        simulation: of one copy.
        observation_space: (height, width, channels) uint8.
        action_space: of the robot.
        render_mode: one of the class's ``metadata["render_modes"]``, or None.
    """

    def __init__(
        self, simulation: S, observation_space: Space[Any], action_space: Space[Any], *, render_mode: str | None
    ) -> None:
        check_render_mode(render_mode, tuple(self.metadata["render_modes"]))
        self.render_mode = render_mode
        self.simulation = simulation
        self.observation_space, self.action_space = observation_space, action_space
        self._has_begun = False
        self._everything = np.ones(1, np.bool_)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Begin an episode; with ``seed`` None the streams go on, or start from entropy at first.

        Args:
            seed: any non-negative integer.
            options: not used.

        Returns:
            One observation, and an empty dictionary.
        """
        super().reset(seed=seed)
        if seed is None and not self._has_begun:
            seed = int(self.np_random.integers(2**31))
        self._has_begun = True
        observations = self._empty()
        self.simulation.reset([seed], self._everything, observations)
        return observations[0], {}

    def step(self, action: Any) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One control step; see the class for actions, rewards and the episode's end."""
        if not self._has_begun:
            raise gymnasium.error.ResetNeeded("Call reset before the first step.")
        chosen, shape = np.asarray(action), self.action_space.shape or ()
        if chosen.shape != shape:
            raise ConfigError(f"the action has shape {chosen.shape}; this robot takes {shape}")
        observations = self._empty()
        sim = self.simulation
        has_ended = sim.step(chosen[None], observations) > 0
        return (
            observations[0],
            float(sim.rewards[0]),
            bool(sim.terminated[0]),
            bool(sim.truncated[0]),
            {"is_success": bool(sim.is_success[0])} if has_ended else {},
        )

    def render(self) -> npt.NDArray[np.uint8] | None:
        """A (384, 384, 3) frame; None without a render mode."""
        return None if self.render_mode is None else self.simulation.render()[0]

    def get_state(self) -> dict[str, Array]:
        """All that changes in time, as copies of plain arrays by name."""
        return self.simulation.get_state()

    def set_state(self, state: Mapping[str, Array]) -> None:
        """Go on, bit for bit, from what ``get_state`` returned."""
        self.simulation.set_state(state)
        self._has_begun = True

    def _empty(self) -> Array:
        return np.empty((1, *(self.observation_space.shape or ())), np.uint8)
