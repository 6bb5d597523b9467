"""Bipedal as a Gymnasium environment; its docstring describes the family."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import Box2D
import gymnasium
import numpy as np
from gymnasium.envs.box2d.bipedal_walker import BipedalWalker
from numpy.typing import NDArray

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.bipedal import course
from rltransfer_envs.bipedal.factors import OBSTACLE_TIME_LIMIT, STAND_TIME_LIMIT, TIME_LIMIT
from rltransfer_envs.bipedal.sensors import Sensors

FAR_END = (course.LENGTH - 1) * course.STEP
"""Where the ground ends, metres from where it begins."""
GOAL = (course.LENGTH - course.GRASS) * course.STEP
"""How far along the course it has been walked."""
START = course.START / 2 * course.STEP
"""How far along the course an episode begins."""
FALL = -100.0


class BipedalEnv(BipedalWalker):
    """A two-legged robot on uneven ground, Gymnasium's ``BipedalWalker-v3`` with factors.

    ## Description
    A hull on two legs of two links each walks over 93 m of ground. Hips and knees are motors.

    - ``forward``: walk to the right. Without factors it is ``BipedalWalker-v3``; with ``stumps``, ``stairs`` and
      ``pits`` it is ``BipedalWalkerHardcore-v3``.
    - ``backward``: walk to the left over the mirrored course. The body is not turned: its knees bend and its lidar
      looks the other way than it goes.
    - ``stand``: stay in place, upright.

    Every episode is in a world of its own, so that it depends on nothing but the random numbers and actions.
    ``BipedalWalker`` goes on in the world of the episodes before, in which Box2D keeps an order of contacts: there
    the same seed gives another path after other episodes
    (https://github.com/Farama-Foundation/Gymnasium/issues/728, mended there for LunarLander alone). So a first episode
    is Gymnasium's bit for bit, and a later one is that of an environment newly made. A state is put back by playing
    the episode again.

    ## Action Space
    ``Box(-1, 1, (4,), float32)``: hip and knee of one leg, hip and knee of the other. The sign is the direction, the
    size the share of ``motor_torque``. 50 steps a second.

    ## Observation Space
    ``Box((24,), float32)``: angle, angular speed and both speeds of the hull; angle and speed of hip and knee and
    contact of one leg, then of the other; ten rays of the lidar, from straight down to ahead (right), 1 where nothing
    is within ``lidar_range``. Speeds of joints are told relative to ``speed_hip`` and ``speed_knee``.

    ## Rewards
    Less ``0.00035 * motor_torque`` times the sum of the actions' sizes. A fall gives -100 in place of all else.

    - ``forward``, ``backward``: 130/30 a metre walked, less 5 times the change of the hull's angle (radians, without
      its sign): about 330 over the course.
    - ``stand``: 0.25 times (1 - horizontal speed in m/s, at least 0), less 0.25 times the hull's angle.

    ## Starting State
    The robot stands 4.7 m from the near end, and is pushed by a random force of at most ``push``. The ground, and
    the obstacles, are random.

    ## Episode End
    Termination: the hull touches the ground, or the robot walks off the near end (a fall); in ``forward`` and
    ``backward`` it is at the far end. Truncation: 1600 steps, 2000 with obstacles, 400 in ``stand``. At the end
    ``info["is_success"]`` is whether the far end was reached without a fall; in ``stand`` whether the robot did not
    fall and its hull is within 1 m of where it began. ``info`` is empty before.

    ## Arguments
    - ``robot``: ``"standard"``, ``"short-legs"`` or ``"long-legs"``.
    - ``task``: ``"forward"``, ``"backward"`` or ``"stand"``.
    - ``environment``: factor name to value. Sensor factors change what is seen and nothing else.
    - ``render_mode``: ``"rgb_array"`` for frames of 400 by 600 pixels.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | gravity | dynamics | 10.0 | 5.0 to 15.0 m/s^2 | pulls everything down |
    | wind | dynamics | 0.0 | -15.0 to 15.0 N | steady force that pushes the hull to the right |
    | push | dynamics | 5.0 | 0.0 to 200.0 N | greatest random push at the start, for one step |
    | motor_torque | dynamics | 80.0 | 40.0 to 160.0 N m | greatest torque of a joint; more costs more |
    | speed_hip | dynamics | 4.0 | 2.0 to 8.0 rad/s | top speed of the hips, which their reading is told in |
    | speed_knee | dynamics | 6.0 | 3.0 to 12.0 rad/s | top speed of the knees, likewise |
    | friction | dynamics | 2.5 | 0.1 to 5.0 | grip of the ground; the feet slide on little of it |
    | leg_length | dynamics | 1.0 | 0.75 to 1.25 | length of the legs, relative to the robot's own |
    | leg_width | dynamics | 1.0 | 0.5 to 1.5 | width of the legs, relative; wide legs are heavy |
    | leg_density | dynamics | 1.0 | 0.5 to 3.0 kg/m^2 | heaviness of the legs for their size |
    | hull_density | dynamics | 5.0 | 2.5 to 10.0 kg/m^2 | heaviness of the hull for its size |
    | roughness | layout | 1.0 | 0.0 to 2.5 | height of the random bumps, relative; none at 0 |
    | stumps | layout | False | true or false | blocks to step over stand on the course |
    | stairs | layout | False | true or false | flights of steps, up and down, are on the course |
    | pits | layout | False | true or false | gaps to stride over are in the course |
    | stump_height | layout | 1.0 | 0.25 to 2.0 | height of stumps, relative |
    | stair_height | layout | 1.0 | 0.25 to 2.0 | height of each stair, relative |
    | pit_width | layout | 0 | -2 to 4 times 0.47 m | added to the width of pits |
    | lidar_range | sensor | 5.333 | 1.5 to 12.0 m | reach of the rays; what they tell is relative to it |
    | lidar_noise | sensor | 0.0 | 0.0 to 0.5 | standard deviation of the noise on each ray |
    | noise | sensor | 0.0 | 0.0 to 0.3 | standard deviation of the noise on joints and hull |
    | blind | sensor | False | true or false | every ray of the lidar tells that nothing is near |

    ## Version History
    - v0: first version.
    """

    def __init__(self, *, task: str, environment: Mapping[str, FactorValue], render_mode: str | None = None) -> None:
        super().__init__(render_mode=render_mode)
        self._task = task
        self._environment = environment
        self._sensors = Sensors(environment, self.observation_space)
        self._is_over = False
        has_obstacles = any(environment[name] for name in ("stumps", "stairs", "pits"))
        limit = OBSTACLE_TIME_LIMIT if has_obstacles else TIME_LIMIT
        self._time_limit = STAND_TIME_LIMIT if task == "stand" else limit

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Begin an episode; options are not used."""
        gymnasium.Env.reset(self, seed=seed)
        self._destroy()
        self.world = Box2D.b2World(gravity=(0, -float(self._environment["gravity"])))
        self._sensors.begin(self.np_random)
        self._steps = -1  # the step that Gymnasium takes within its reset makes it 0
        self._potential: float | None = None
        seen, info = super().reset()
        return seen, info

    def step(self, action: Any) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        """One fiftieth of a second; see the class for actions, rewards and the episode's end."""
        if self.hull is None:
            raise gymnasium.error.ResetNeeded("Call reset before the first step.")
        wind = float(self._environment["wind"])
        if wind:
            self.hull.ApplyForceToCenter((wind, 0.0), True)
        seen, reward, _, _, _ = super().step(action)
        self._steps += 1
        along = self._along()
        has_fallen = bool(self.game_over or along < 0)
        if self._task != "forward":
            reward = FALL if has_fallen else self._reward(along, action)
        if self._task == "backward":
            self.scroll = self.hull.position[0] - 16.0  # the view of 20 m shows where it goes
        terminated = has_fallen or (self._task != "stand" and along > GOAL)
        truncated = self._steps >= self._time_limit
        info = {}
        if terminated or truncated:
            is_there = abs(along - START) < 1.0 if self._task == "stand" else along > GOAL
            info = {"is_success": bool(is_there and not has_fallen)}
        return self._sensors.sense(seen), float(reward), terminated, truncated, info

    def _along(self) -> float:
        """Metres of the hull along the course, in the direction in which it is walked."""
        assert self.hull is not None
        x = float(self.hull.position[0])
        return FAR_END - x if self._task == "backward" else x

    def _reward(self, along: float, action: Any) -> float:
        """What a task of ours gives for a step without a fall."""
        assert self.hull is not None
        sizes = np.clip(np.abs(np.asarray(action, np.float64)), 0, 1)
        cost = 0.00035 * float(self._environment["motor_torque"]) * float(sizes.sum())
        tilt = abs(float(self.hull.angle))
        if self._task == "stand":
            return 0.25 * max(0.0, 1 - abs(float(self.hull.linearVelocity[0]))) - 0.25 * tilt - cost
        potential, former = 130 / course.SCALE * along - 5 * tilt, self._potential
        self._potential = potential
        return (0.0 if former is None else potential - former) - cost

    def _generate_terrain(self, hardcore: bool) -> None:
        """The ground and what stands on it; ``hardcore`` is not used, the factors say."""
        drawn = course.draw_course(self.np_random, self._environment)
        xs = [i * course.STEP for i in range(course.LENGTH)]
        if self._task == "backward":
            drawn.heights.reverse()
            drawn.boxes = [[(FAR_END - x, y) for x, y in reversed(box)] for box in drawn.boxes]
        points = list(zip(xs, drawn.heights, strict=True))
        self.terrain_x, self.terrain_y = xs, drawn.heights
        self.terrain, self.terrain_poly = [], []
        for box in drawn.boxes:
            self.fd_polygon.shape.vertices = box
            self._add_ground(self.fd_polygon, (255, 255, 255), (153, 153, 153))
        for i, (start, end) in enumerate(itertools.pairwise(points)):
            self.fd_edge.shape.vertices = [start, end]
            green = (76, 255 if i % 2 == 0 else 204, 76)
            self._add_ground(self.fd_edge, green, green)
            self.terrain_poly.append(([start, end, (end[0], 0), (start[0], 0)], (102, 153, 76)))
        self.terrain.reverse()

    def _add_ground(self, fixture: Any, inner: tuple[int, int, int], outline: tuple[int, int, int]) -> None:
        ground = self.world.CreateStaticBody(fixtures=fixture)
        ground.color1, ground.color2 = inner, outline
        self.terrain.append(ground)

    def render(self) -> NDArray[np.uint8] | None:
        """A (400, 600, 3) frame; None without ``render_mode="rgb_array"`` or before the first reset."""
        if self.render_mode is None or self.hull is None:
            return None
        frame: NDArray[np.uint8] = super().render()
        return frame
