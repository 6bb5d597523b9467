"""Racing as a Gymnasium environment; its docstring describes the family."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import Box2D
import gymnasium
import numpy as np
import pygame
from gymnasium.envs.box2d import car_racing
from gymnasium.envs.box2d.car_racing import STATE_H, STATE_W, VIDEO_H, VIDEO_W, WINDOW_H, WINDOW_W, CarRacing
from gymnasium.utils import seeding
from numpy.typing import NDArray

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.own_stream import own_stream
from rltransfer_envs.racing import colours, tasks
from rltransfer_envs.racing.car import road_friction
from rltransfer_envs.racing.factors import CRUISE_SCORE, LAP, OFF_ROAD_STEPS, TIME_LIMIT
from rltransfer_envs.racing.lens import Lens
from rltransfer_envs.racing.picture import Ground, Score, View, scaled


class RacingEnv(CarRacing):
    """A racing car seen from above, Gymnasium's ``CarRacing-v3`` with factors.

    ## Description
    A rear-driven car on a closed road that is random every episode. The camera follows it, and a bar below the
    picture shows from left to right the reward so far, the speed, the turning of the four wheels, the steering and
    the turning of the car.

    - ``race``: visit all of the road, soon. Without factors it is ``CarRacing-v3``.
    - ``clean``: race, and pay for each wheel that is off the road.
    - ``cruise``: drive along the road at 30 m/s with all wheels on it.

    Pictures are drawn two to three times faster than by ``CarRacing``, and are equal to its own pixel for pixel.
    Every episode is in a Box2D world of its own, so that it depends on nothing but random numbers and actions. A state
    is put back by playing the episode again without pictures.

    ## Action Space
    50 steps a second.

    | robot | space | actions |
    |---|---|---|
    | continuous | ``Box([-1, 0, 0], 1, (3,), float32)`` | steering (-1 is left), gas, brake |
    | discrete | ``Discrete(5)`` | 0 nothing, 1 steer right, 2 steer left, 3 gas, 4 brake |

    ## Observation Space
    ``Box(0, 255, (96, 96, 3), uint8)``: a frame, height, width and colour.

    ## Rewards
    - ``race``: 1000 / n for each of the n pieces of road that is visited first, less 0.1 a step.
    - ``clean``: the same, less 0.25 a step for each wheel that touches no piece of road.
    - ``cruise``: the share of the wheels on the road, times ``1 - |v - 30| / 30`` if that is positive, where v is the
      speed along the road in m/s. At most 1 a step, 1000 an episode.

    In all of them leaving the field gives -100 in place of that.

    ## Starting State
    The car stands in the middle of the road, or ``start_offset`` beside it, and the camera comes near within a second.

    ## Episode End
    Termination: all of the road was visited or the lap is complete (not in ``cruise``); the car is more than 333 m
    from the middle of the field along an axis. Truncation: 1000 steps. At the end ``info["is_success"]`` is: in
    ``race`` whether 95% of the road was visited; in ``clean`` the same, with a wheel off the road in at most 50
    steps; in ``cruise`` whether the return is 700 or more. ``info`` has Gymnasium's ``lap_finished`` where it has.

    ## Arguments
    - ``robot``: ``"continuous"`` or ``"discrete"``.
    - ``task``: ``"race"``, ``"clean"`` or ``"cruise"``.
    - ``environment``: factor name to value. Appearance and sensor factors change pixels and nothing else: unlike
      Gymnasium's ``domain_randomize`` ours leaves the tracks as they are.
    - ``render_mode``: ``"rgb_array"`` for frames of 400 by 600 pixels.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | grass_hue | appearance | 120 | 0 to 300 deg | colour of the ground: 0 red, 120 green, 240 blue |
    | grass_patches | appearance | 26 | 0 to 50 grey levels | how much brighter its squares are |
    | road_brightness | appearance | 102 | 30 to 200 grey levels | of the road's grey |
    | road_saturation | appearance | 0.0 | 0.0 to 1.0 | colourfulness of the road |
    | road_hue | appearance | 0 | 0 to 300 deg | colour of a road that has one |
    | car_hue | appearance | 0 | 0 to 300 deg | colour of the car: 0 red, 120 green, 240 blue |
    | domain_randomize | appearance | False | true or false | ground and road in random colours every episode |
    | engine | dynamics | 1.0 | 0.4 to 2.0 | power of the engine, relative |
    | brakes | dynamics | 1.0 | 0.2 to 1.0 | strength of the brakes, relative |
    | steering | dynamics | 1.0 | 0.3 to 2.0 | how far the wheels turn for an action, relative; at most 0.4 rad |
    | friction | dynamics | 1.0 | 0.3 to 1.5 | grip of tyres on road and grass, relative |
    | grass_friction | dynamics | 0.6 | 0.2 to 1.0 | grip on the grass, relative to that on the road |
    | hull_mass | dynamics | 1.0 | 0.5 to 3.0 | heaviness of the car without its wheels, relative |
    | wheel_radius | dynamics | 1.0 | 0.7 to 1.4 | of all four, relative: faster and harder to spin up |
    | tracks | layout | 0 | 0 to 100 | how many there are; 0 is endless: a new one every episode |
    | track_width | layout | 1.0 | 0.6 to 1.5 | width of the road, relative |
    | track_radius | layout | 1.0 | 0.6 to 1.25 | size of the whole track, relative |
    | turn_rate | layout | 0.31 | 0.2 to 0.45 rad | sharpest bend of the road for each 3.5 m |
    | direction | layout | counter-clockwise | counter-clockwise, clockwise | which way round the car stands |
    | start_offset | layout | 0.0 | -12.0 to 12.0 m | how far outside the road's middle the car starts |
    | camera_zoom | sensor | 1.0 | 0.5 to 1.5 | magnification |
    | noise | sensor | 0.0 | 0.0 to 60.0 grey levels | standard deviation of the noise on each pixel |
    | blur | sensor | 0 | 0 to 4 | passes of a 3 by 3 binomial blur |
    | occlusion | sensor | 0.0 | 0.0 to 0.4 | side of a dark patch on the lens, relative to the frame |
    | grayscale | sensor | False | true or false | three equal channels of luminance |
    | dashboard | sensor | True | true or false | the bar below shows speed and wheels |

    To an agent that is told its context, the endless tracks of ``tracks: 0`` are the number beside 1: name the factors
    of the context without it where both occur.

    ## Version History
    - v0: first version.
    """

    surf: Any
    road: Any
    road_color: Any
    bg_color: Any
    grass_color: Any

    def __init__(
        self,
        *,
        robot: str,
        task: str,
        environment: Mapping[str, FactorValue],
        reach: float,
        render_mode: str | None = None,
    ) -> None:
        self._environment = environment
        self._task = task
        self._is_clockwise = environment["direction"] == "clockwise"
        self._reach = reach
        self._is_drawn = True
        self._tracks: np.random.Generator | None = None
        self._lens = Lens(environment)
        super().__init__(render_mode=render_mode, lap_complete_percent=LAP, continuous=robot == "continuous")
        self._surface = pygame.Surface((WINDOW_W, WINDOW_H))
        self._score = Score()
        self.metadata = {"render_modes": ["rgb_array"], "render_fps": car_racing.FPS}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Begin an episode; options are not used."""
        gymnasium.Env.reset(self, seed=seed)
        self._destroy()
        self.world = Box2D.b2World((0, 0))
        sight = own_stream(self.np_random)
        self._lens.begin(sight)
        if self._environment["domain_randomize"]:
            self._wear(colours.drawn(sight))
        number = int(self._environment["tracks"])
        self._tracks = seeding.np_random(int(self.np_random.integers(number)))[0] if number else None
        self._steps = -1  # the step that Gymnasium takes within its reset makes it 0
        self._ground: Ground | None = None
        self._return = 0.0
        self._steps_off_road = 0
        seen, info = super().reset()
        return seen, info

    def step(self, action: Any) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """One fiftieth of a second; see the class for actions, rewards and the episode's end."""
        if self.car is None:
            raise gymnasium.error.ResetNeeded("Call reset before the first step.")
        self._steps += 1
        seen, reward, terminated, _, info = super().step(action)
        has_left = info.get("lap_finished") is False
        if self._task == "cruise":
            terminated = has_left
            reward = tasks.OFF_FIELD if has_left else tasks.cruise_reward(self.car, self.track, self._is_clockwise)
        elif self._task == "clean" and not has_left:
            reward -= tasks.clean_price(self.car)
        self._return += float(reward)
        self._steps_off_road += tasks.wheels_off_road(self.car) > 0
        truncated = self._steps >= TIME_LIMIT
        if terminated or truncated:
            info["is_success"] = not has_left and self._has_succeeded()
        return seen, float(reward), terminated, truncated, info

    def _has_succeeded(self) -> bool:
        if self._task == "cruise":
            return self._return >= CRUISE_SCORE
        has_lapped = bool(self.tile_visited_count >= LAP * len(self.track))
        return has_lapped and (self._task == "race" or self._steps_off_road <= OFF_ROAD_STEPS)

    def _init_colors(self) -> None:
        self._wear(colours.chosen(self._environment))

    def _wear(self, worn: colours.Colours) -> None:
        self.road_color, self.bg_color, self.grass_color = worn.road, worn.background, worn.grass

    def _create_track(self) -> bool:
        """Lay the road, from the random numbers of one of a few tracks where there are few."""
        of_episode = self._np_random
        self._np_random = self._tracks or of_episode
        try:
            has_closed: bool = super()._create_track()
        finally:
            self._np_random = of_episode
        for tile in self.road:
            tile.road_friction = road_friction(self._environment)
        return has_closed

    @contextlib.contextmanager
    def without_pictures(self) -> Iterator[None]:
        """Steps within this context give black observations: for playing an episode again."""
        self._is_drawn = False
        try:
            yield
        finally:
            self._is_drawn = True

    def render(self) -> NDArray[np.uint8] | None:
        """A (400, 600, 3) frame; None without ``render_mode="rgb_array"`` or before the first reset."""
        if self.render_mode is None or self.car is None:
            return None
        return self._render("rgb_array")

    def _render(self, mode: str) -> NDArray[np.uint8]:
        """The picture for an agent (``"state_pixels"``) or for people, as ``CarRacing`` draws it."""
        is_for_agent = mode == "state_pixels"
        if is_for_agent and not self._is_drawn:
            return np.zeros((STATE_H, STATE_W, 3), np.uint8)
        assert self.car is not None
        self._ground = self._ground or Ground(self.road_poly)
        hull = self.car.hull
        nearness = float(self._environment["camera_zoom"])
        near = car_racing.ZOOM * nearness * car_racing.SCALE
        zoom = 0.1 * car_racing.SCALE * max(1 - self.t, 0) + near * min(self.t, 1)
        angle = -hull.angle
        moved = pygame.math.Vector2((-hull.position[0] * zoom, -hull.position[1] * zoom)).rotate_rad(angle)
        middle = (WINDOW_W / 2 + moved[0], WINDOW_H / 4 + moved[1])
        view = View(zoom, middle, angle, self._reach)
        self._ground.draw(self._surface, view, self.bg_color, self.grass_color)
        self.car.draw(self._surface, zoom, middle, angle, not is_for_agent)
        self.surf = pygame.transform.flip(self._surface, False, True)
        self._render_indicators(WINDOW_W, WINDOW_H)
        if not is_for_agent:
            self._score.draw(self.surf, self.reward)
            return scaled(self.surf, (VIDEO_W, VIDEO_H))
        if self._environment["dashboard"]:
            self._score.draw(self.surf, self.reward)
        else:
            self.surf.fill((0, 0, 0), (0, WINDOW_H * 7 // 8, WINDOW_W, WINDOW_H))
        return self._lens.see(scaled(self.surf, (STATE_W, STATE_H)), self._steps)
