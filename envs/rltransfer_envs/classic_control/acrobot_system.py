"""The acrobot: Gymnasium's environment with its constants set, those derived from them too, and a second task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.envs.classic_control.acrobot import AcrobotEnv
from gymnasium.spaces import Box, Discrete, Space
from numpy import cos, pi, sin

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control.in_turn import InTurn
from rltransfer_envs.classic_control.palettes import BODY, GHOST, JOINT, MARK, ROD
from rltransfer_envs.classic_control.parts import GHOST_OPACITY, Parts, Scene
from rltransfer_envs.classic_control.system import Flags, View
from rltransfer_envs.drawing.shapes import BOX, DISC

HELD_STEPS = 20
"""Steps at an episode's end in which the tip must be above the line."""
NARROWEST, MARGIN = 5.2, 0.6
"""Least width of the frame, which links of 1 m need, and what there is of it beyond longer ones, metres."""
AFTERIMAGE = 0.2
"""Seconds."""


class TwoLinks(AcrobotEnv):
    """Upstream's acrobot with gravity and friction, which it has as literals or not at all."""

    gravity = 9.8
    friction = 0.0
    goal_height = 1.0
    terminates = True

    def tip_height(self) -> float:
        """Of the lower link's end above the upper joint, in lengths of a link: -2 to 2."""
        state: Any = self.state
        return float(-cos(state[0]) - cos(state[1] + state[0]))

    def _terminal(self) -> bool:
        return self.terminates and self.tip_height() > self.goal_height

    def _dsdt(self, s_augmented: Any) -> tuple[Any, ...]:
        """Time derivatives (Sutton and Barto's), term for term as upstream so that rounding agrees."""
        m1, m2 = self.LINK_MASS_1, self.LINK_MASS_2
        l1, lc1, lc2 = self.LINK_LENGTH_1, self.LINK_COM_POS_1, self.LINK_COM_POS_2
        i1 = i2 = self.LINK_MOI
        g = self.gravity
        theta1, theta2, dtheta1, dtheta2, a = s_augmented
        if self.friction > 0.0:
            a = a - self.friction * dtheta2
        d1 = m1 * lc1**2 + m2 * (l1**2 + lc2**2 + 2 * l1 * lc2 * cos(theta2)) + i1 + i2
        d2 = m2 * (lc2**2 + l1 * lc2 * cos(theta2)) + i2
        phi2 = m2 * lc2 * g * cos(theta1 + theta2 - pi / 2.0)
        phi1 = (
            -m2 * l1 * lc2 * dtheta2**2 * sin(theta2)
            - 2 * m2 * l1 * lc2 * dtheta2 * dtheta1 * sin(theta2)
            + (m1 * lc1 + m2 * l1) * g * cos(theta1 - pi / 2)
            + phi2
        )
        if self.book_or_nips == "nips":
            ddtheta2 = (a + d2 / d1 * phi1 - phi2) / (m2 * lc2**2 + i2 - d2**2 / d1)
        else:
            coriolis = m2 * l1 * lc2 * dtheta1**2 * sin(theta2)
            ddtheta2 = (a + d2 / d1 * phi1 - coriolis - phi2) / (m2 * lc2**2 + i2 - d2**2 / d1)
        ddtheta1 = -(d2 * ddtheta2 + phi1) / d1
        return dtheta1, dtheta2, ddtheta1, ddtheta2, 0.0


class Acrobot(InTurn):
    """All copies of an acrobot."""

    state_size = 4
    observation_space = Box(
        np.array([-1, -1, -1, -1, -4 * pi, -9 * pi], np.float32), np.array([1, 1, 1, 1, 4 * pi, 9 * pi], np.float32)
    )
    scales = np.array([1.0, 1.0, 1.0, 1.0, 4.0, 9.0])

    def __init__(self, num_envs: int, *, robot: str, task: str, factors: Mapping[str, FactorValue]) -> None:
        super().__init__([TwoLinks() for _ in range(num_envs)], robot=robot, task=task, factors=factors)
        torque, length = self.number("torque"), self.number("length")
        self.view = View(0.0, 0.0, max(NARROWEST, 2 * (2 * length + MARGIN)))
        for env in self.envs:
            env.LINK_LENGTH_1 = env.LINK_LENGTH_2 = length
            env.LINK_COM_POS_1 = env.LINK_COM_POS_2 = 0.5 * length
            env.LINK_MASS_1 = env.LINK_MASS_2 = self.number("mass")
            env.LINK_MOI, env.gravity = self.number("inertia"), self.number("gravity")
            env.MAX_VEL_1, env.MAX_VEL_2 = self.number("max_speed_1"), self.number("max_speed_2")
            env.AVAIL_TORQUE, env.torque_noise_max = [-torque, 0.0, torque], self.number("torque_noise")
            env.dt, env.friction = self.number("time_step"), self.number("friction")
            env.book_or_nips, env.goal_height = str(factors["equations"]), self.number("goal_height")
            env.terminates = task == "swing-up"

    @property
    def action_space(self) -> Space[Any]:
        """One of three torques; or a share of the greatest."""
        return Discrete(3) if self.robot == "discrete" else Box(-1.0, 1.0, (1,), np.float32)

    def command(self, k: int, action: Any) -> int:
        """Upstream looks torques up: for the continuous robot the table is one torque long."""
        if self.robot == "discrete":
            return int(action)
        self.envs[k].AVAIL_TORQUE = [self.number("torque") * float(np.clip(action[0], -1.0, 1.0))]
        return 0

    def judge(self, k: int, action: Any, reward: float, terminated: bool) -> tuple[float, bool, bool]:
        """Upstream's; or the height of the tip, 0 to 1."""
        height = self.envs[k].tip_height()
        is_above = height > self.number("goal_height")
        return (reward if self.task == "swing-up" else (2 + height) / 4), terminated, is_above

    def succeeded(self, truncated: Flags) -> Flags:
        """The tip has been swung above the line; or held above it for the last 20 steps."""
        return self.terminated.copy() if self.task == "swing-up" else truncated & (self.held >= HELD_STEPS)

    def moving_parts(self, *, afterimage: bool) -> Parts:
        """Two links and their joints; angles grow counter-clockwise from hanging."""
        scene = Scene(self.num_envs)
        first, second, first_speed, second_speed = self.states.T
        length = self.number("length")
        for back, is_ghost in ((AFTERIMAGE, True), (0.0, False)):
            if is_ghost and not afterimage:
                continue
            upper = first - back * first_speed - math.pi / 2
            lower = upper + second - back * second_speed
            opacity = GHOST_OPACITY if is_ghost else 1.0
            elbow = scene.rod(0.0, 0.0, upper, length, 0.11, GHOST if is_ghost else BODY, opacity)
            tip = scene.rod(*elbow, lower, length, 0.11, GHOST if is_ghost else ROD, opacity)
        scene.add(DISC, 0.0, 0.0, 0.0, 0.12, 0.12, JOINT)
        scene.add(DISC, *elbow, 0.0, 0.12, 0.12, JOINT)
        scene.add(DISC, *tip, 0.0, 0.15, 0.15, ROD)
        return scene.parts()

    def scenery(self) -> Parts:
        """The line to be reached."""
        scene = Scene(1)
        height = self.number("goal_height") * self.number("length")
        scene.add(BOX, 0.0, height, 0.0, self.view.field / 2, 0.04 * self.view.field / NARROWEST, MARK)
        return scene.parts()
