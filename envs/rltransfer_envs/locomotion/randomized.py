"""Domain randomisation in the native batch: copies keep stepping together while each lives in a model of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.tasks.family import Task
from rltransfer.tasks.variation import Variation
from rltransfer.tasks.variation_sets import draw_variation
from rltransfer_envs.locomotion.bodies import Body
from rltransfer_envs.locomotion.models import make_setting
from rltransfer_envs.locomotion.streams import packed, unpacked
from rltransfer_envs.locomotion.vector_env import LocomotionVectorEnv


class RandomizedLocomotionVectorEnv(LocomotionVectorEnv):
    """Copies of a task, each with factors of its own that are drawn again whenever an episode begins.

    Args:
        body: the robot.
        task: whose ``randomization`` says what is drawn.
        num_envs: copies.
        render_mode: see ``LocomotionVectorEnv``.
        num_threads: see ``LocomotionVectorEnv``.

    Source: Tobin et al. 2017, "Domain Randomization for Transferring Deep Neural Networks from Simulation to the
    Real World".
    """

    def __init__(
        self, body: Body, task: Task, *, num_envs: int, render_mode: str | None = None, num_threads: int = 1
    ) -> None:
        setting = make_setting(body, task.environment.full())
        super().__init__(body, task.task, [setting] * num_envs, render_mode=render_mode, num_threads=num_threads)
        self.task = task
        self.variations: list[Variation] = [task.environment] * num_envs
        """The environment that each copy is in now."""
        self._drawing = [np.random.default_rng(0)] * num_envs

    def get_state(self) -> dict[str, npt.NDArray[Any]]:
        """All that changes in time, the environments included: one row of factor values a copy."""
        values = [[float(value) for value in variation.full().values()] for variation in self.variations]
        return super().get_state() | {"environments": np.array(values), "drawing_streams": packed(self._drawing)}

    def set_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""
        own = ("environments", "drawing_streams")
        super().set_state({name: array for name, array in state.items() if name not in own})
        self._drawing = unpacked(state["drawing_streams"])
        factors = self.task.family.factors
        for k, values in enumerate(state["environments"]):
            self.variations[k] = Variation(factors, dict(zip(factors, values.tolist(), strict=True)))
        self._move(np.arange(self.num_envs))

    def _seed(self, copy: int, seed: int | None) -> None:
        super()._seed(copy, seed)
        self._drawing[copy] = np.random.Generator(np.random.PCG64(None if seed is None else [seed, 2]))

    def _begin(self, copies: npt.NDArray[np.int64]) -> None:
        wanted = self.task.randomization
        assert wanted is not None
        for k in copies:
            drawn = draw_variation(
                self.task.family.factors_of(self.task.task), self._drawing[k], names=wanted.factors, split=wanted.split
            ).full()
            self.variations[k] = self.task.environment.merged({name: drawn[name] for name in wanted.factors})
        self._move(copies)
        super()._begin(copies)

    def _move(self, copies: npt.NDArray[np.int64]) -> None:
        body = self.simulation.body
        self.simulation.move({int(k): make_setting(body, self.variations[k].full()) for k in copies})
