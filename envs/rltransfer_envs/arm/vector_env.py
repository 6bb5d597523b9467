"""Arm as a Gymnasium vector environment: all copies step together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rltransfer_envs.arm.rendering import RENDER_MODES, Drawing
from rltransfer_envs.arm.simulation import Simulation
from rltransfer_envs.arm.spaces import action_space, observation_space
from rltransfer_envs.simulated_env import Frames, SimulatedVectorEnv


class ArmVectorEnv(SimulatedVectorEnv[Simulation]):
    """``num_envs`` copies of ``ArmEnv``, which describes them, stepped together.

    Args:
        num_envs: copies.
        robot: ``two-link``, ``three-link`` or ``gripper``.
        task: ``reach``, ``push``, ``avoid`` or ``follow``.
        environment: factor name to value.
        render_mode: ``"rgb_array"``, ``"mujoco"`` or None; see ``ArmEnv``.
        copy: see ``BatchedEnv``.
    """

    render_modes = RENDER_MODES
    render_fps = 20

    def __init__(
        self,
        num_envs: int = 1,
        *,
        robot: str = "two-link",
        task: str = "reach",
        environment: Mapping[str, object] | None = None,
        render_mode: str | None = None,
        copy: bool = True,
    ) -> None:
        super().__init__(
            Simulation(num_envs, robot, task, environment),
            num_envs,
            observation_space(),
            action_space(robot),
            render_mode=render_mode,
            copy=copy,
        )
        self._drawing = Drawing(self.simulation, render_mode)

    def render(self) -> Frames | None:
        """A (384, 384, 3) frame of each copy; None without a ``render_mode``."""
        return self._drawing.frames()

    def close_extras(self, **kwargs: Any) -> None:
        """Free what MuJoCo's renderer holds."""
        self._drawing.close()
