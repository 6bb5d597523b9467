"""Rover as a Gymnasium vector environment: all copies step in one compiled call."""

from __future__ import annotations

from collections.abc import Mapping

from rltransfer_envs.rover.simulation import Simulation
from rltransfer_envs.rover.spaces import action_space, observation_space
from rltransfer_envs.simulated_env import SimulatedVectorEnv


class RoverVectorEnv(SimulatedVectorEnv[Simulation]):
    """``num_envs`` copies of ``RoverEnv``, which describes them, stepped together.

    Args:
        num_envs: copies.
        robot: ``omni``, ``differential`` or ``hovercraft``.
        task: ``reach``, ``swap`` or ``push``.
        environment: factor name to value.
        render_mode: ``"rgb_array"`` or None.
        copy: see ``BatchedEnv``.
    """

    render_fps = 5

    def __init__(
        self,
        num_envs: int = 1,
        *,
        robot: str = "omni",
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
