"""All copies of one task, without an interface: what ``ArmVectorEnv`` and ``ArmEnv`` share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mujoco
import mujoco.batch
import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.variation import Variation
from rltransfer_envs.arm import kernel
from rltransfer_envs.arm.factors import FACTORS, ROBOTS, TASKS
from rltransfer_envs.arm.kernel import Flags, Frames
from rltransfer_envs.arm.model import SUBSTEPS, mjcf
from rltransfer_envs.arm.scene import make_look
from rltransfer_envs.arm.spaces import OBSERVATION_SHAPE
from rltransfer_envs.arm.world import AVOID, COPY, Columns, make_settings
from rltransfer_envs.batched_env import check_state
from rltransfer_envs.drawing.streams import seeded

RENDER_SIZE = 384
PHYSICS = "mujoco"
"""Under this name, ``get_state`` has MuJoCo's part of it."""


class Simulation:
    """``num_envs`` copies of one robot, task and environment.

    Args:
        num_envs: copies, at least 1.
        robot: a key of ``ROBOTS``.
        task: a key of ``TASKS``.
        environment: factor name to value; what is left out takes the default.
        num_threads: of MuJoCo's; results do not depend on it.

    Raises:
        UnknownNameError: a robot, task or factor that Arm does not have.
        ConfigError: a factor value that does not hold, or fewer than one copy.
    """

    def __init__(
        self,
        num_envs: int,
        robot: str,
        task: str,
        environment: Mapping[str, object] | None,
        num_threads: int = 1,
    ) -> None:
        for kind, name, known in (("robot", robot, ROBOTS), ("task", task, TASKS)):
            if name not in known:
                raise UnknownNameError(f"{kind} of family 'arm'", name, tuple(known), nearest(name, known))
        if num_envs < 1:
            raise ConfigError(f"num_envs is {num_envs}; at least 1 copy is needed")
        self.factors = Variation(FACTORS, environment).full()
        self.xml = mjcf(robot, task, self.factors)
        self.model = mujoco.MjModel.from_xml_string(self.xml)
        self.batch: Any = mujoco.batch.Batch(self.model, num_envs, num_threads)
        # views of MuJoCo's state, valid as long as the batch
        self.qpos: npt.NDArray[np.float64] = self.batch.bind("qpos")
        self.qvel: npt.NDArray[np.float64] = self.batch.bind("qvel")
        self.ctrl: npt.NDArray[np.float64] = self.batch.bind("ctrl")
        columns = Columns(qpos=self._start_of("qpos"), num_qpos=self.model.nq, posts=self._start_of("mocap_pos"))
        self.settings = make_settings(robot, task, self.factors, columns)
        self.copies: Any = np.zeros(num_envs, COPY)  # compiled code sees ``Copy`` records
        self._look = make_look(self.factors, size=OBSERVATION_SHAPE[0])
        self._backgrounds = np.zeros((num_envs, *OBSERVATION_SHAPE), np.uint8)
        self.rewards = np.zeros(num_envs)
        self.terminated = np.zeros(num_envs, np.bool_)
        self.truncated = np.zeros(num_envs, np.bool_)
        self.is_success = np.zeros(num_envs, np.bool_)

    def _start_of(self, field: str) -> int:
        """The column of MuJoCo's state in which a field begins."""
        state: npt.NDArray[np.float64] = self.batch.state
        return int((self.batch.bind(field).ctypes.data - state.ctypes.data) // state.itemsize)

    @property
    def has_hazard(self) -> bool:
        """Whether the task has one."""
        return self.settings.task == AVOID

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
        # places all joints at 0, at rest, and forgets the solver's warm start
        self.batch.reset(ids=np.flatnonzero(is_chosen), stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        kernel.reset(
            self.copies,
            self.settings,
            self._look,
            is_chosen,
            self.batch.state,
            self._backgrounds,
            observations,
        )

    def step(self, actions: npt.NDArray[Any], observations: Frames) -> int:
        """One control step of every copy; results are left in this object's arrays.

        Args:
            actions: (num_envs, num_actions) floats, clipped to -1 to 1.
            observations: (num_envs, 64, 64, 3) uint8, written.

        Returns:
            How many episodes ended.

        Raises:
            ConfigError: an action that is no number.
        """
        if not np.isfinite(actions).all():
            raise ConfigError(f"actions are finite numbers, not {actions.tolist()!s:.80}")
        np.clip(actions, -1.0, 1.0, out=self.ctrl)
        self.batch.step(nstep=SUBSTEPS)
        return kernel.finish(
            self.copies,
            self.settings,
            self._look,
            self.batch.state,
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
        kernel.draw(self.copies.copy(), self.settings, look, self.batch.state, True, backgrounds, frames)
        return tuple(frames)

    def get_state(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of all arrays that change in time, by name; enough to go on bit for bit.

        ``mujoco`` is (num_envs, nstate): time, positions, velocities, controls that wait, the solver's warm
        start, controls, posts.
        """
        return {PHYSICS: self.batch.state.copy(), **{name: self.copies[name].copy() for name in COPY.names or ()}}

    def set_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Put back what ``get_state`` of a simulation with as many copies returned.

        Raises:
            ConfigError: names or shapes are not those of this simulation.
        """
        expected = {PHYSICS: self.batch.state.shape, **{name: self.copies[name].shape for name in COPY.names or ()}}
        check_state(state, expected, f"an Arm with {len(self.copies)} copies")
        self.batch.state[:] = state[PHYSICS]
        for name in COPY.names or ():
            self.copies[name] = state[name]
        kernel.draw(
            self.copies, self.settings, self._look, self.batch.state, False, self._backgrounds, self._backgrounds
        )
