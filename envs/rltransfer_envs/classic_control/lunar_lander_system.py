"""The lunar lander: Gymnasium's environment on Box2D, its module's constants replaced for these copies alone."""

from __future__ import annotations

import functools
import math
import types
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, Space

from rltransfer.tasks.extras import imported
from rltransfer.tasks.factor import FactorValue
from rltransfer.tasks.replayed_state import ReplayedState
from rltransfer_envs.box2d_witness import poses
from rltransfer_envs.classic_control.in_turn import InTurn
from rltransfer_envs.classic_control.palettes import BODY, BODY_DARK, GHOST, LIT, MARK, POST
from rltransfer_envs.classic_control.parts import GHOST_OPACITY, Parts, Scene, Values
from rltransfer_envs.classic_control.system import Array, Flags, Floats, Ground, View
from rltransfer_envs.drawing.shapes import BOX, CAPSULE, TRIANGLE
from rltransfer_envs.own_constants import rebound

WIDTH, HEIGHT = 20.0, 400 / 30
"""Of upstream's world, in its units."""
PAD = 0.2
"""Half the width of the pad in observed units."""
HOVER_HEIGHT, HOVER_RANGE, HELD_STEPS = 0.7, 0.3, 100
"""Where to hover and how near it, in observed units, and for how many steps at an episode's end."""
LONGEST = 1_000
"""Steps that an episode lasts at most."""
WITNESS = 19
"""Numbers by which states are told apart: of the lander and its legs, and of the moon's surface."""
AFTERIMAGE = 0.3
"""Seconds."""
DRAWN = 1.8
"""Times which the lander is drawn as large as it is."""


def make_lander(robot: str, factors: Mapping[str, FactorValue]) -> Any:
    """Upstream's environment with its constants set.

    The mass reaches Box2D through the densities of lander and legs, which ``reset`` gives to ``fixtureDef``.
    """
    imported("Box2D", family="lunar-lander", extra="box2d")
    module = imported("gymnasium.envs.box2d.lunar_lander", family="lunar-lander", extra="box2d")
    number = {name: float(value) for name, value in factors.items() if not isinstance(value, str)}
    ratio, fixture = number["mass"], module.fixtureDef

    def weighed(**options: Any) -> Any:
        return fixture(**{**options, "density": options["density"] * ratio})

    env = module.LunarLander(
        continuous=robot == "continuous",
        gravity=-number["gravity"],
        enable_wind=number["wind"] > 0 or number["turbulence"] > 0,
        wind_power=number["wind"],
        turbulence_power=number["turbulence"],
    )
    constants = {
        "MAIN_ENGINE_POWER": number["main_engine"],
        "SIDE_ENGINE_POWER": number["side_engine"],
        "INITIAL_RANDOM": number["start_push"],
        "LEG_SPRING_TORQUE": number["leg_spring"],
        "fixtureDef": weighed,
    }
    for name in ("reset", "step"):
        function = rebound(getattr(module.LunarLander, name), constants)
        setattr(env, name, types.MethodType(function, env))
    return env


class LunarLander(InTurn):
    """All copies of a lander.

    Box2D cannot be put back, so a former state is found again by playing its episode; see ``ReplayedState``.
    """

    observation_space = Box(
        np.array([-2.5, -2.5, -10, -10, -2 * math.pi, -10, 0, 0], np.float32),
        np.array([2.5, 2.5, 10, 10, 2 * math.pi, 10, 1, 1], np.float32),
    )
    scales = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
    view = View(WIDTH / 2, 8.0, WIDTH)
    scenery_changes = True

    def __init__(self, num_envs: int, *, robot: str, task: str, factors: Mapping[str, FactorValue]) -> None:
        self.landers = [make_lander(robot, factors) for _ in range(num_envs)]
        """Upstream's environments."""
        envs = [ReplayedState(lander, witness=functools.partial(_witness, lander)) for lander in self.landers]
        super().__init__(envs, robot=robot, task=task, factors=factors)
        self._action_space = envs[0].action_space

    @property
    def action_space(self) -> Space[Any]:
        """Upstream's."""
        space: Space[Any] = self._action_space
        return space

    def command(self, k: int, action: Any) -> Any:
        """Upstream compares discrete actions as Python's whole numbers."""
        return int(action) if isinstance(self._action_space, Discrete) else action

    def judge(self, k: int, action: Any, reward: float, terminated: bool) -> tuple[float, bool, bool]:
        """Upstream's; or nearness to the place to hover at, 0 to 1, and nothing at a crash."""
        x, y, x_dot, y_dot, angle = (float(number) for number in self.observations[k, :5])
        if self.task == "land":
            return reward, terminated, terminated and not self.landers[k].lander.awake and abs(x) <= PAD
        apart = math.hypot(x, y - HOVER_HEIGHT)
        if terminated:
            return 0.0, True, False
        restless = 0.3 * math.hypot(x_dot, y_dot) + 0.3 * abs(angle)
        return math.exp(-2 * apart - restless), False, apart <= HOVER_RANGE

    def succeeded(self, truncated: Flags) -> Flags:
        """At rest on the pad; or near the place to hover at in the last 100 steps."""
        if self.task == "land":
            return self.terminated & (self.held > 0)
        return truncated & ~self.terminated & (self.held >= HELD_STEPS)

    def moving_parts(self, *, afterimage: bool) -> Parts:
        """Lander and legs, lit where they touch the ground."""
        scene = Scene(self.num_envs)
        poses = np.array([_pose(env) for env in self.landers])
        x, y, angle = poses[:, 0], poses[:, 1], poses[:, 2]
        if afterimage:
            before = (x - AFTERIMAGE * poses[:, 3], y - AFTERIMAGE * poses[:, 4], angle - AFTERIMAGE * poses[:, 5])
            _add_lander(scene, *before, GHOST, GHOST, (GHOST, GHOST), GHOST_OPACITY)
        legs = tuple(np.where(poses[:, column] > 0, float(LIT), float(BODY_DARK)) for column in (6, 7))
        _add_lander(scene, x, y, angle, BODY, BODY_DARK, (legs[0], legs[1]), 1.0)
        return scene.parts()

    def scenery(self) -> Parts:
        """The flags beside the pad."""
        scene = Scene(self.num_envs)
        pads = np.array([(env.helipad_x1, env.helipad_x2, env.helipad_y) for env in self.landers])
        for column in (0, 1):
            scene.add(BOX, pads[:, column], pads[:, 2] + 0.9, 0.0, 0.09, 0.9, POST)
            scene.add(TRIANGLE, pads[:, column] + 0.55, pads[:, 2] + 1.45, 0.0, 0.5, 0.35, MARK)
        return scene.parts()

    def ground(self) -> Ground:
        """The moon's surface, another in every episode."""
        outlines = [[env.sky_polys[0][0], *(polygon[1] for polygon in env.sky_polys)] for env in self.landers]
        return Ground(np.array(outlines)[:, :, 1], 0.0, WIDTH)

    def get_state(self) -> dict[str, Array]:
        """See ``System.get_state``: for each copy its generator when the episode began, text, and the actions since."""
        space = self._action_space
        actions = np.zeros((self.num_envs, LONGEST, *(space.shape or ())), space.dtype)
        began, steps = [""] * self.num_envs, np.zeros(self.num_envs, np.int64)
        witnesses = np.zeros((self.num_envs, WITNESS))
        for k, env in enumerate(self.envs):
            if env.has_begun:
                state = env.get_state()
                began[k], steps[k] = state["began_with"], len(state["actions"])
                actions[k, : steps[k]], witnesses[k] = state["actions"], state["witness"]
        shown = {"held": self.held.copy(), "shown": self.observations.copy()}
        return {"began_with": np.array(began), "actions": actions, "steps": steps, "witness": witnesses, **shown}

    def set_state(self, state: Mapping[str, Array]) -> None:
        """See ``System.set_state``."""
        for k, env in enumerate(self.envs):
            if state["began_with"][k]:
                actions = state["actions"][k, : state["steps"][k]]
                began = str(state["began_with"][k])
                env.set_state({"began_with": began, "actions": actions, "witness": state["witness"][k]})
        self.held[:], self.observations[:] = state["held"], state["shown"]

    def close(self) -> None:
        """Free Box2D's worlds."""
        for env in self.envs:
            env.close()


def _witness(env: Any) -> Floats:
    return poses([env.lander, *env.legs], env.sky_polys)


def _pose(env: Any) -> tuple[float, ...]:
    """Place, angle, their velocities, and whether the legs touch the ground."""
    lander = env.lander
    return (
        lander.position.x,
        lander.position.y,
        lander.angle,
        lander.linearVelocity.x,
        lander.linearVelocity.y,
        lander.angularVelocity,
        float(env.legs[0].ground_contact),
        float(env.legs[1].ground_contact),
    )


def _add_lander(  # noqa: PLR0917 -- a pose and its colours
    scene: Scene,
    x: Floats,
    y: Floats,
    angle: Floats,
    body: int,
    cabin: int,
    legs: tuple[Values, Values],
    opacity: float,
) -> None:
    """A body, a cabin on top and two legs spread; upstream's first leg is on the right."""
    cos, sin = np.cos(angle), np.sin(angle)
    for side, colour in ((1, legs[0]), (-1, legs[1])):
        along, up = side * 0.62 * DRAWN, -0.5 * DRAWN
        scene.add(
            CAPSULE,
            x + along * cos - up * sin,
            y + along * sin + up * cos,
            angle + math.pi / 2 + side * 0.5,
            0.28 * DRAWN,
            0.13 * DRAWN,
            colour,
            opacity,
        )
    scene.add(BOX, x, y, angle, 0.55 * DRAWN, 0.32 * DRAWN, body, opacity)
    scene.add(BOX, x - 0.4 * DRAWN * sin, y + 0.4 * DRAWN * cos, angle, 0.35 * DRAWN, 0.14 * DRAWN, cabin, opacity)
