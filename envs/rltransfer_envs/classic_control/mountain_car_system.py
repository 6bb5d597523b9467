"""The car in the valley: Gymnasium's environments with their constants set, and the hill on the left as a goal."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.envs.classic_control.continuous_mountain_car import Continuous_MountainCarEnv
from gymnasium.envs.classic_control.mountain_car import MountainCarEnv
from gymnasium.spaces import Box, Discrete, Space

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control.in_turn import InTurn
from rltransfer_envs.classic_control.palettes import BODY, BODY_DARK, GHOST, MARK, POST
from rltransfer_envs.classic_control.parts import GHOST_OPACITY, Parts, Scene
from rltransfer_envs.classic_control.system import Array, Flags, Ground, View
from rltransfer_envs.drawing.shapes import BOX, DISC, TRIANGLE

CONTINUOUS_SHARE = 1.5
"""Upstream's continuous car has power 0.0015 where the discrete one has force 0.001."""
DEFAULT_FORCE = 0.001
GOALS = {"discrete": 0.5, "continuous": 0.45}
"""Upstream's flags differ by robot."""
LEFT_GOAL, LEFT_WALL = -1.1, -1.2
AFTERIMAGE = 8
"""Steps."""


class ContinuousCar(Continuous_MountainCarEnv):
    """Upstream's continuous car, whose gravity is written into its ``step``; operations in the same order and types."""

    gravity = 0.0025

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step; positions and velocities are float32 after the first, as upstream's."""
        position, velocity = self.state[0], self.state[1]
        force = min(max(action[0], self.min_action), self.max_action)
        velocity += force * self.power - self.gravity * math.cos(3 * position)
        velocity = self.max_speed if velocity > self.max_speed else velocity
        velocity = -self.max_speed if velocity < -self.max_speed else velocity
        position += velocity
        position = self.max_position if position > self.max_position else position
        position = self.min_position if position < self.min_position else position
        if position == self.min_position and velocity < 0:
            velocity = 0
        terminated = bool(position >= self.goal_position and velocity >= self.goal_velocity)
        reward = (100.0 if terminated else 0) - math.pow(action[0], 2) * 0.1
        self.state = np.array([position, velocity], dtype=np.float32)
        return self.state, reward, terminated, False, {}


class MountainCar(InTurn):
    """All copies of a car in a valley."""

    state_size = 2
    observation_space = Box(np.array([-1.2, -0.07], np.float32), np.array([0.6, 0.07], np.float32))
    scales = np.array([0.9, 0.07])
    view = View(-0.3, 0.65, 2.0)

    def __init__(self, num_envs: int, *, robot: str, task: str, factors: Mapping[str, FactorValue]) -> None:
        envs = [MountainCarEnv() if robot == "discrete" else ContinuousCar() for _ in range(num_envs)]
        super().__init__(envs, robot=robot, task=task, factors=factors)
        self._left = task == "reach-left"
        self._stood_at_wall = np.zeros(num_envs, np.bool_)
        shift = self.number("goal_shift")
        self.goal = LEFT_GOAL - shift if self._left else GOALS[robot] + shift
        for env in self.envs:
            env.gravity, env.max_speed = self.number("gravity"), self.number("max_speed")
            env.goal_velocity = self.number("goal_velocity")
            if self._left:  # the wall behind the flag is put up in ``judge``, which has to know how fast it was met
                env.goal_position, env.min_position = math.inf, -math.inf
            else:
                env.goal_position = self.goal
            if robot == "discrete":
                env.force = self.number("force")
            else:
                env.power *= self.number("force") / DEFAULT_FORCE

    @property
    def action_space(self) -> Space[Any]:
        """Left, nothing or right; or a share of the force."""
        return Discrete(3) if self.robot == "discrete" else Box(-1.0, 1.0, (1,), np.float32)

    def command(self, k: int, action: Any) -> Any:
        """The robot's own; where the car stands before it is kept for ``judge``."""
        self._stood_at_wall[k] = self.envs[k].state[0] <= LEFT_WALL
        return action

    def judge(self, k: int, action: Any, reward: float, terminated: bool) -> tuple[float, bool, bool]:
        """Upstream's, or the same on the other side."""
        if not self._left:
            return reward, terminated, terminated
        position, velocity = self.envs[k].state
        is_fast = velocity <= -self.number("goal_velocity") and not self._stood_at_wall[k]
        reached = bool(position <= self.goal and is_fast)
        if position <= LEFT_WALL:
            stopped = (LEFT_WALL, max(float(velocity), 0.0))
            self.envs[k].state = stopped if self.robot == "discrete" else np.array(stopped, np.float32)
            self.observations[k] = stopped
        bonus = 100.0 if reached and self.robot == "continuous" else 0.0
        return reward + bonus, reached, reached

    def succeeded(self, truncated: Flags) -> Flags:
        """The flag is reached."""
        return self.terminated.copy()

    def moving_parts(self, *, afterimage: bool) -> Parts:
        """The car on its slope."""
        scene = Scene(self.num_envs)
        x, velocity = self.states.T
        for place, is_ghost in ((x - AFTERIMAGE * velocity, True), (x, False)):
            if is_ghost and not afterimage:
                continue
            slope = np.arctan(1.35 * np.cos(3 * place))
            opacity = GHOST_OPACITY if is_ghost else 1.0
            right, up = np.cos(slope), np.sin(slope)
            height = _height(place)
            for side in (-1, 1):
                wheel = (place + side * 0.07 * right - 0.035 * up, height + side * 0.07 * up + 0.035 * right)
                scene.add(DISC, *wheel, 0.0, 0.035, 0.035, GHOST if is_ghost else BODY_DARK, opacity)
            body = (place - 0.085 * up, height + 0.085 * right)
            scene.add(BOX, *body, slope, 0.11, 0.045, GHOST if is_ghost else BODY, opacity)
        return scene.parts()

    def scenery(self) -> Parts:
        """The flag."""
        scene = Scene(1)
        foot = float(_height(np.array(self.goal)))
        scene.add(BOX, self.goal, foot + 0.12, 0.0, 0.012, 0.12, POST)
        scene.add(TRIANGLE, self.goal + 0.07, foot + 0.19, 0.0, 0.06, 0.05, MARK)
        return scene.parts()

    def ground(self) -> Ground:
        """Upstream's hills; steeper gravity does not change how they look."""
        return Ground(_height(np.linspace(-1.8, 1.2, 121))[None], -1.8, 1.2)

    def get_state(self) -> dict[str, Array]:
        """See ``System.get_state``; whether states are float32 already is a part of it."""
        is_single = [getattr(getattr(env, "state", None), "dtype", None) == np.float32 for env in self.envs]
        return {**super().get_state(), "is_single": np.array(is_single)}

    def set_state(self, state: Mapping[str, Array]) -> None:
        """See ``System.set_state``."""
        super().set_state(state)
        for env, is_single in zip(self.envs, state["is_single"], strict=True):
            if is_single:
                env.state = env.state.astype(np.float32)


def _height(x: Array) -> Array:
    heights: Array = np.sin(3 * x) * 0.45 + 0.55
    return heights
