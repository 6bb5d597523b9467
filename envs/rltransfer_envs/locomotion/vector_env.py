"""Locomotion as a Gymnasium vector environment: all copies step in one call of MuJoCo's batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rltransfer.errors import ConfigError
from rltransfer_envs.locomotion.bodies import Body
from rltransfer_envs.locomotion.models import Setting
from rltransfer_envs.locomotion.simulation import Simulation

Array = npt.NDArray[Any]


class LocomotionVectorEnv(VectorEnv[Array, Array, Array]):
    """Copies of one robot and task, which ``family.Locomotion`` describes, stepped together.

    A copy is reset in the step in which its episode ends (``AutoresetMode.SAME_STEP``). The last observation of
    that episode is in ``infos["final_obs"]``, and its ``is_success`` and ``mean_velocity`` in
    ``infos["final_info"]``, with masks, as ``SyncVectorEnv`` has them. ``infos`` is empty otherwise.

    Args:
        body: the robot.
        task: a key of ``factors.TASKS``.
        settings: what each copy lives in; see ``models.make_setting``.
        render_mode: ``"rgb_array"`` for frames of the project's own rasteriser, which needs no OpenGL;
            ``"mujoco"`` for MuJoCo's renderer; or None.
        num_threads: of MuJoCo's batch. More help where one trial has several cores to itself.

    Raises:
        OpenGLError: ``mujoco`` on a machine without OpenGL.
    """

    def __init__(
        self,
        body: Body,
        task: str,
        settings: Sequence[Setting],
        *,
        render_mode: str | None = None,
        num_threads: int = 1,
    ) -> None:
        if not settings:
            raise ConfigError("num_envs is 0; at least 1 copy is needed")
        if render_mode not in (None, "rgb_array", "mujoco"):
            raise ConfigError(f"render_mode is {render_mode!r}; choose 'rgb_array', or 'mujoco' where OpenGL is")
        self.simulation = Simulation(body, task, settings, num_threads)
        self.num_envs = len(settings)
        self.render_mode = render_mode
        self.metadata = {
            "render_modes": ["rgb_array", "mujoco"],
            "render_fps": round(1 / self.simulation.dt),
            "autoreset_mode": AutoresetMode.SAME_STEP,
        }
        size = self.simulation.observation_size
        self.single_observation_space = spaces.Box(-np.inf, np.inf, (size,), np.float64)
        low, high = settings[0].model.actuator_ctrlrange.astype(np.float32).T
        self.single_action_space = spaces.Box(low, high, dtype=np.float32)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._everyone = np.arange(self.num_envs)
        self._has_begun = np.zeros(self.num_envs, np.bool_)
        self._renderer: Any = self._make_renderer()

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin an episode in every copy.

        Args:
            seed: copy k gets ``seed + k``; or one seed, or None, for each; None goes on with the copies' own
                streams, which start from entropy where no seed was ever given.
            options: not used.

        Returns:
            Observations (num_envs, observation_size) float64, and an empty dictionary.
        """
        if seed is None or isinstance(seed, int | np.integer):
            seeds = [None if seed is None else int(seed) + k for k in range(self.num_envs)]
        else:
            seeds = [None if s is None else int(s) for s in seed]
        if len(seeds) != self.num_envs:
            raise ConfigError(f"{len(seeds)} seeds were given for {self.num_envs} copies. Give one for each.")
        for k, given in enumerate(seeds):
            if given is not None or not self._has_begun[k]:
                self._seed(k, given)
        self._begin(self._everyone)
        self._has_begun[:] = True
        return self.simulation.observe(self._everyone), {}

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One control step of every copy.

        Args:
            actions: (num_envs, num_motors) floats.

        Returns:
            Observations (num_envs, observation_size) float64, rewards (num_envs,) float64, terminations and
            truncations (num_envs,) bool, and infos.
        """
        chosen = np.ascontiguousarray(actions, np.float32)
        if chosen.shape != self.action_space.shape:
            raise ConfigError(f"actions have shape {chosen.shape}; these copies take {self.action_space.shape}")
        if not self._has_begun.all():
            raise ResetNeeded("Call reset before the first step.")
        sim = self.simulation
        sim.step(chosen)
        observations = sim.observe(self._everyone)
        has_ended = sim.terminated | sim.truncated
        infos = self._begin_again(observations, has_ended) if has_ended.any() else {}
        return observations, sim.rewards, sim.terminated, sim.truncated, infos

    def _begin_again(self, observations: Array, has_ended: npt.NDArray[np.bool_]) -> dict[str, Any]:
        """Keep what the ended episodes showed last, and begin new ones in their copies."""
        final = np.full(self.num_envs, None, dtype=object)
        ended = np.flatnonzero(has_ended)
        for k in ended:
            final[k] = observations[k].copy()
        told = {"is_success": self.simulation.is_success, "mean_velocity": self.simulation.mean_velocity()}
        masks = {f"_{name}": has_ended.copy() for name in told}
        self._begin(ended)
        observations[ended] = self.simulation.observe(ended)
        return {
            "final_obs": final,
            "_final_obs": has_ended,
            "final_info": {**told, **masks},
            "_final_info": has_ended.copy(),
        }

    def _seed(self, copy: int, seed: int | None) -> None:
        """Begin the streams of one copy anew; from entropy for None."""
        self.simulation.seed(copy, seed)

    def _begin(self, copies: npt.NDArray[np.int64]) -> None:
        """Begin an episode in the copies of these indices."""
        self.simulation.begin(copies)

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """A frame of each copy, (384, 384, 3); None without a render mode."""
        if self._renderer is None:
            return None
        sim = self.simulation
        return tuple(self._renderer.draw(sim.settings[k], sim.qpos[k]) for k in range(self.num_envs))

    def _make_renderer(self) -> Any:
        if self.render_mode is None:
            return None
        if self.render_mode == "mujoco":
            from rltransfer_envs.locomotion.opengl import MujocoPictures

            return MujocoPictures()
        from rltransfer_envs.locomotion.pictures import SidePictures

        return SidePictures(self.simulation.body)

    def close(self, **kwargs: Any) -> None:
        """Free what MuJoCo's renderer holds, where one was used."""
        if self.render_mode == "mujoco" and self._renderer is not None:
            self._renderer.close()
        self._renderer = None

    def get_state(self) -> dict[str, Array]:
        """All that changes in time, as copies of plain arrays by name."""
        return self.simulation.get_state()

    def set_state(self, state: Mapping[str, Array]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""
        self.simulation.set_state(state)
        self._has_begun[:] = True
