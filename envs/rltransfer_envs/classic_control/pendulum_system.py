"""The pendulum: Gymnasium's environment with its constants set, friction in its joint, and two more tasks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gymnasium.envs.classic_control import pendulum
from gymnasium.envs.classic_control.pendulum import PendulumEnv
from gymnasium.spaces import Box, Discrete, Space

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control.in_turn import InTurn
from rltransfer_envs.classic_control.palettes import BODY, GHOST, JOINT, ROD
from rltransfer_envs.classic_control.parts import GHOST_OPACITY, Parts, Scene
from rltransfer_envs.classic_control.system import Flags, View
from rltransfer_envs.drawing.shapes import BOX, DISC

angle_normalize: Callable[[Any], Any] = pendulum.angle_normalize
UPSTREAM_TORQUE = 2.0
LEVELS = (-1.0, -0.5, 0.0, 0.5, 1.0)
"""Shares of the greatest torque, by discrete action."""
HELD_STEPS = 100
"""Steps at an episode's end in which the task's condition must hold."""
NEAR = math.pi / 3
AFTERIMAGE = 0.1
"""Seconds."""


class Swing(PendulumEnv):
    """Upstream's pendulum with friction; without, operations are in upstream's order and types."""

    friction = 0.0

    def step(self, u: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step with torque ``u``, (1,)."""
        th, thdot = self.state
        torque = np.clip(u, -self.max_torque, self.max_torque)[0]
        costs = angle_normalize(th) ** 2 + 0.1 * thdot**2 + 0.001 * (torque**2)
        inertia = self.m * self.l**2
        acceleration = 3 * self.g / (2 * self.l) * np.sin(th) + 3.0 / inertia * torque
        if self.friction > 0.0:
            acceleration -= 3.0 / inertia * self.friction * thdot
        newthdot = np.clip(thdot + acceleration * self.dt, -self.max_speed, self.max_speed)
        self.state = np.array([th + newthdot * self.dt, newthdot])
        seen: Any = super()._get_obs()  # type: ignore[no-untyped-call]
        return seen, -costs, False, False, {}


class Pendulum(InTurn):
    """All copies of a pendulum."""

    state_size = 2
    observation_space = Box(np.array([-1, -1, -8], np.float32), np.array([1, 1, 8], np.float32))
    scales = np.array([1.0, 1.0, 8.0])
    view = View(0.0, 0.0, 3.2)

    def __init__(self, num_envs: int, *, robot: str, task: str, factors: Mapping[str, FactorValue]) -> None:
        super().__init__([Swing() for _ in range(num_envs)], robot=robot, task=task, factors=factors)
        self._gain = self.number("max_torque") / UPSTREAM_TORQUE
        for env in self.envs:
            env.g, env.m, env.l = self.number("gravity"), self.number("mass"), self.number("length")
            env.max_torque, env.max_speed = self.number("max_torque"), self.number("max_speed")
            env.dt, env.friction = self.number("time_step"), self.number("friction")

    @property
    def action_space(self) -> Space[Any]:
        """A torque, -2 to 2 whatever the greatest is (which it is scaled to); or one of five torques."""
        return Box(-2.0, 2.0, (1,), np.float32) if self.robot == "continuous" else Discrete(len(LEVELS))

    def command(self, k: int, action: Any) -> Any:
        """(1,) float32 newton metres."""
        if self.robot == "discrete":
            action = np.array([UPSTREAM_TORQUE * LEVELS[int(action)]], np.float32)
        return action * np.float32(self._gain)

    def judge(self, k: int, action: Any, reward: float, terminated: bool) -> tuple[float, bool, bool]:
        """Rewards of the three tasks; upstream counts the state before the step, ours the one after it."""
        angle, speed = self.envs[k].state
        upright = abs(angle_normalize(angle))
        if self.task == "swing-up":
            return reward, False, bool(upright <= NEAR)
        limit = self.number("max_torque")
        effort = 0.001 * float(np.clip(action, -limit, limit)[0]) ** 2
        if self.task == "hang":
            return -float((math.pi - upright) ** 2 + 0.1 * speed**2 + effort), False, bool(math.pi - upright <= NEAR)
        return float(speed) / 8.0 - effort, False, bool(speed > 0)

    def succeeded(self, truncated: Flags) -> Flags:
        """The condition has held in the last 100 steps."""
        return truncated & (self.held >= HELD_STEPS)

    def moving_parts(self, *, afterimage: bool) -> Parts:
        """Rod and joint; angles grow counter-clockwise from upright."""
        scene = Scene(self.num_envs)
        angle, speed = self.states.T
        length = self.number("length")
        if afterimage:
            scene.rod(0.0, 0.0, math.pi / 2 + angle - AFTERIMAGE * speed, length, 0.1, GHOST, GHOST_OPACITY)
        tip = scene.rod(0.0, 0.0, math.pi / 2 + angle, length, 0.1, ROD)
        scene.add(DISC, 0.0, 0.0, 0.0, 0.07, 0.07, JOINT)
        scene.add(DISC, *tip, 0.0, 0.1, 0.1, BODY)
        return scene.parts()

    def scenery(self) -> Parts:
        """The bracket that holds the joint."""
        scene = Scene(1)
        scene.add(BOX, 0.0, 0.0, 0.0, 0.18, 0.18, JOINT, 0.35)
        return scene.parts()
