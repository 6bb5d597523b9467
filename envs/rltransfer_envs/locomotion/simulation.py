"""All copies of one robot and task, stepped by MuJoCo's batch: what the vector environment is an interface to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
from mujoco.batch import Batch

from rltransfer.errors import ConfigError
from rltransfer_envs.locomotion import scoring
from rltransfer_envs.locomotion.bodies import Body
from rltransfer_envs.locomotion.factors import MAX_DELAY
from rltransfer_envs.locomotion.models import Setting
from rltransfer_envs.locomotion.streams import generators, packed, unpacked

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Simulation:
    """Copies of one robot and task, in one setting or, after ``move``, each in its own.

    Args:
        body: the robot.
        task: a key of ``factors.TASKS``.
        settings: one a copy, of the same model.
        num_threads: of MuJoCo's batch; results are the same bit for bit at any number.
    """

    def __init__(self, body: Body, task: str, settings: Sequence[Setting], num_threads: int = 1) -> None:
        self.body, self.task = body, task
        self.settings = list(settings)
        num_envs, model = len(self.settings), self.settings[0].model
        # contact forces need the whole MjData that a step leaves behind
        self.batch = Batch(model, num_envs, nthread=num_threads, persistent=body.feels_contacts)
        self.dt = model.opt.timestep * body.frame_skip
        self.qpos, self.qvel, self._ctrl = (self.batch.bind(name) for name in ("qpos", "qvel", "ctrl"))
        self._place = {"joint": None, "torso": "xpos", "mass": "xipos"}[body.measured_at]
        if self._place is not None:
            self._places = self.batch.bind(self._place)
        self._forces = np.zeros((num_envs, model.nbody, 6))
        self._scratch = mujoco.MjData(model)
        self._derived = {name: self.batch.bind(name) for name, _ in body.observed if name != "cfrc_ext"}
        self._streams = [np.random.default_rng(0)] * num_envs
        self._sensor_streams = list(self._streams)
        self._pending = np.zeros((num_envs, MAX_DELAY + 1, model.nu))
        self.env_steps = np.zeros(num_envs, np.int64)
        self._x, self._start, self._path = (np.zeros(num_envs) for _ in range(3))
        self.rewards = np.zeros(num_envs)
        self.terminated, self.truncated, self.is_success = (np.zeros(num_envs, np.bool_) for _ in range(3))
        self._take_settings()
        self.observation_size = self.observe(np.zeros(0, np.int64)).shape[1]

    def move(self, settings: Mapping[int, Setting]) -> None:
        """Put copies, by index, into other settings; their episodes have to begin anew."""
        for k, setting in settings.items():
            self.settings[k] = setting
        self.batch.set_models([setting.model for setting in self.settings])
        self._take_settings()

    def _take_settings(self) -> None:
        self._healthy = np.array([setting.healthy_z for setting in self.settings]).T
        self._delays = np.array([setting.action_delay for setting in self.settings])
        self._noises = np.array([setting.noise for setting in self.settings])

    def seed(self, copy: int, seed: int | None) -> None:
        """Begin the streams of one copy anew; from entropy for None."""
        self._streams[copy], self._sensor_streams[copy] = generators(seed)

    def begin(self, copies: npt.NDArray[np.int64]) -> None:
        """Begin an episode in the copies of these indices."""
        self.batch.reset(copies, stage=mujoco.mjtStage.mjSTAGE_NONE)
        scale = self.body.reset_noise_scale
        for k in copies:
            setting, stream = self.settings[k], self._streams[k]
            self.qpos[k] = setting.qpos + stream.uniform(low=-scale, high=scale, size=len(setting.qpos))
            if self.body.normal_velocities:
                self.qvel[k] = setting.qvel + scale * stream.standard_normal(len(setting.qvel))
            else:
                self.qvel[k] = setting.qvel + stream.uniform(low=-scale, high=scale, size=len(setting.qvel))
        self.batch.forward(copies)
        self._forces[copies] = 0.0
        self._pending[copies] = 0.0
        self.env_steps[copies] = 0
        self._path[copies] = 0.0
        self._x[copies] = self._start[copies] = self._measured(copies)

    def step(self, actions: npt.NDArray[np.float32]) -> None:
        """One control step of every copy; results are left in this object's arrays.

        Args:
            actions: (num_envs, num_motors). As upstream, they are not clipped here: MuJoCo clips what the motors
                do, and the control cost counts what was asked for.
        """
        body = self.body
        self._ctrl[:] = self._delayed(actions)
        self.batch.step(nstep=body.frame_skip)
        if body.feels_contacts:
            self._compute_forces()
        x = self._measured(np.arange(len(actions)))
        moved = x - self._x
        self._x = x
        self._path += np.abs(moved)
        self.env_steps += 1
        healthy = scoring.is_healthy(body, self._healthy[0], self._healthy[1], self.qpos, self.qvel)
        rewards = scoring.forward_reward(body, self.task, moved / self.dt) + healthy * body.healthy_reward
        asked = actions.astype(np.float64) if body.measured_at == "mass" else actions
        costs: npt.NDArray[Any] = scoring.control_cost(body, asked)
        if body.contact_cost_weight > 0:
            costs = costs + scoring.contact_cost(body, self._forces)
        self.rewards = rewards - costs
        self.terminated = ~healthy
        self.truncated = self.env_steps >= body.time_limit
        seconds = self.env_steps * self.dt
        did = scoring.is_success(body, self.task, self._x - self._start, self._path, seconds)
        self.is_success = self.truncated & healthy & did

    def observe(self, copies: npt.NDArray[np.int64]) -> Floats:
        """(len(copies), observation_size) of the copies of these indices; noise is drawn anew at every call."""
        body = self.body
        limit = body.velocity_limit
        parts = [self.qpos[copies, body.hidden_positions :], np.clip(self.qvel[copies], -limit, limit)]
        for name, left_out in body.observed:
            field = self._forces if name == "cfrc_ext" else self._derived[name]
            parts.append(field[copies, left_out:].reshape(len(copies), int(np.prod(field[0, left_out:].shape))))
        seen: Floats = np.concatenate(parts, axis=1)
        for row in np.flatnonzero(self._noises[copies]):
            k = copies[row]
            seen[row] += self._noises[k] * self._sensor_streams[k].standard_normal(seen.shape[1])
        return seen

    def mean_velocity(self) -> Floats:
        """(num_envs,) m/s forwards, over the episode so far; 0 before its first step."""
        mean: Floats = (self._x - self._start) / (np.maximum(self.env_steps, 1) * self.dt)
        return mean

    def get_state(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of all that changes in time, by name; ``physics`` is MuJoCo's ``mjSTATE_INTEGRATION``."""
        return {name: array.copy() for name, array in self._arrays().items()} | {
            "streams": packed(self._streams),
            "sensor_streams": packed(self._sensor_streams),
        }

    def set_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies of this robot returned."""
        arrays = self._arrays()
        expected = {name: array.shape for name, array in arrays.items()}
        expected |= {name: (len(self.settings), 6) for name in ("streams", "sensor_streams")}
        found = {name: np.shape(array) for name, array in state.items()}
        if found != expected:
            differing = sorted(k for k in {*expected, *found} if expected.get(k) != found.get(k))
            raise ConfigError(
                f"this state is not of {len(self.settings)} copies of this robot: {', '.join(differing)} differ"
            )
        for name, array in arrays.items():
            array[:] = state[name]
        self._streams = unpacked(state["streams"])
        self._sensor_streams = unpacked(state["sensor_streams"])

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {
            "physics": self.batch.state,
            "pending": self._pending,
            "env_steps": self.env_steps,
            "x": self._x,
            "start": self._start,
            "path": self._path,
        }

    def _delayed(self, actions: npt.NDArray[np.float32]) -> npt.NDArray[Any]:
        """What the motors get now: what was chosen ``action_delay`` steps ago, nothing before that."""
        if not self._delays.any():
            return actions
        pending = self._pending
        pending[np.arange(len(actions)), self._delays] = actions
        now = pending[:, 0].copy()
        pending[:, :-1] = pending[:, 1:]
        return now

    def _measured(self, copies: npt.NDArray[np.int64]) -> Floats:
        """(len(copies),) metres forwards, where upstream measures them."""
        if self._place is None:
            return np.array(self.qpos[copies, 0])
        if self._place == "xpos":
            return np.array(self._places[copies, 1, 0])
        found = np.empty(len(copies))
        for row, k in enumerate(copies):  # one by one: the sum's order is upstream's
            mass = self.settings[k].model.body_mass
            found[row] = (np.einsum("b,bj->j", mass, self._places[k]) / mass.sum())[0]
        return found

    def _compute_forces(self) -> None:
        """Contact forces on every body, which MuJoCo 4 computes on demand."""
        for k, setting in enumerate(self.settings):
            self.batch.get_data(k, self._scratch)
            mujoco.mj_rnePostConstraint(setting.model, self._scratch)
            np.clip(self._scratch.cfrc_ext, *self.body.contact_force_range, out=self._forces[k])
