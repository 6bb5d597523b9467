"""All copies of one task, without an interface: what ``RoverVectorEnv`` and ``RoverEnv`` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.variation import Variation
from rltransfer_envs.batched_env import check_state
from rltransfer_envs.drawing.streams import seeded
from rltransfer_envs.rover import kernel
from rltransfer_envs.rover.factors import FACTORS, ROBOTS, TASKS
from rltransfer_envs.rover.kernel import Flags, Frames
from rltransfer_envs.rover.scene import make_look
from rltransfer_envs.rover.spaces import ACTION_MEANINGS
from rltransfer_envs.rover.world import COPY, make_settings

OBSERVATION_SIZE = 64
RENDER_SIZE = 384


class Simulation:
    """``num_envs`` copies of one robot, task and environment.

    Args:
        num_envs: copies, at least 1.
        robot: a key of ``ROBOTS``.
        task: a key of ``TASKS``.
        environment: factor name to value; what is left out takes the default.

    Raises:
        UnknownNameError: a robot, task or factor that Rover does not have.
        ConfigError: a factor value that does not hold, or fewer than one copy.
    """

    def __init__(self, num_envs: int, robot: str, task: str, environment: Mapping[str, object] | None) -> None:
        for kind, name, known in (("robot", robot, ROBOTS), ("task", task, TASKS)):
            if name not in known:
                raise UnknownNameError(f"{kind} of family 'rover'", name, tuple(known), nearest(name, known))
        if num_envs < 1:
            raise ConfigError(f"num_envs is {num_envs}; at least 1 copy is needed")
        self.factors = Variation(FACTORS, environment).full()
        self.settings = make_settings(robot, task, self.factors)
        self.copies: Any = np.zeros(num_envs, COPY)  # compiled code sees ``Copy`` records
        self._look = make_look(self.factors, size=OBSERVATION_SIZE)
        shape = (num_envs, OBSERVATION_SIZE, OBSERVATION_SIZE, 3)
        self._backgrounds = np.zeros(shape, np.uint8)
        self.rewards = np.zeros(num_envs)
        self.terminated = np.zeros(num_envs, np.bool_)
        self.truncated = np.zeros(num_envs, np.bool_)
        self.is_success = np.zeros(num_envs, np.bool_)
        self._actions = np.zeros((num_envs, 2))
        self._num_actions = len(ACTION_MEANINGS.get(robot, ()))

    def reset(self, seeds: Sequence[int | None], is_chosen: Flags, observations: Frames) -> None:
        """Begin new episodes in the chosen copies; a copy whose seed is None goes on with its streams.

        Args:
            seeds: (num_envs,).
            is_chosen: (num_envs,).
            observations: (num_envs, 64, 64, 3) uint8, written where chosen.
        """
        for k, seed in enumerate(seeds):
            if is_chosen[k] and seed is not None:
                self.copies["streams"][k] = seeded(seed)
        kernel.reset(self.copies, self.settings, self._look, is_chosen, self._backgrounds, observations)

    def step(self, actions: npt.NDArray[Any], observations: Frames) -> int:
        """One control step of every copy; results are left in this object's arrays.

        Args:
            actions: (num_envs,) whole numbers, or (num_envs, 2) floats for the hovercraft, clipped
                to -1 to 1.
            observations: (num_envs, 64, 64, 3) uint8, written.

        Returns:
            How many episodes ended.

        Raises:
            ConfigError: an action that the robot does not have.
        """
        if self._num_actions:
            if actions.min() < 0 or actions.max() >= self._num_actions:
                raise ConfigError(f"actions are 0 to {self._num_actions - 1}, not {actions.tolist()!s:.80}")
            self._actions[:, 0] = actions
        else:
            if not np.isfinite(actions).all():
                raise ConfigError(f"actions are finite numbers, not {actions.tolist()!s:.80}")
            np.clip(actions, -1.0, 1.0, out=self._actions)
        return kernel.step(
            self.copies,
            self.settings,
            self._look,
            self._actions,
            self._backgrounds,
            observations,
            self.rewards,
            self.terminated,
            self.truncated,
            self.is_success,
        )

    def render(self, size: int = RENDER_SIZE) -> tuple[npt.NDArray[np.uint8], ...]:
        """A (size, size, 3) frame of each copy, drawn anew at that size; no state moves on."""
        look = make_look(self.factors, size=size)
        backgrounds = np.empty((len(self.copies), size, size, 3), np.uint8)
        frames = np.empty_like(backgrounds)
        kernel.draw(self.copies.copy(), self.settings, look, True, backgrounds, frames)
        return tuple(frames)

    def get_state(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of all arrays that change in time, by name; enough to go on bit for bit."""
        return {name: self.copies[name].copy() for name in COPY.names or ()}

    def set_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Put back what ``get_state`` of a simulation with as many copies returned.

        Raises:
            ConfigError: names or shapes are not those of this simulation.
        """
        expected = {name: self.copies[name].shape for name in COPY.names or ()}
        check_state(state, expected, f"a Rover with {len(self.copies)} copies")
        for name in expected:
            self.copies[name] = state[name]
        kernel.draw(self.copies, self.settings, self._look, False, self._backgrounds, self._backgrounds)
