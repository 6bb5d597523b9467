"""The cart and its pole, all copies in one compiled call, rounding as Gymnasium's ``CartPoleEnv`` does."""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box, Discrete, Space

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control.generators import from_words, to_words
from rltransfer_envs.classic_control.palettes import BODY, BODY_DARK, GHOST, JOINT, POST, ROD
from rltransfer_envs.classic_control.parts import GHOST_OPACITY, Parts, Scene
from rltransfer_envs.classic_control.system import Array, Flags, Floats, System, View
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.shapes import BOX, DISC

DRAWN_LENGTH = 2.0
"""Times which the pole is drawn as long as it is, so that 12 degrees move its default tip by 5 pixels, not by 2."""
NARROWEST = 5.6
"""Least width of the frame, metres: what the default environment needs."""
CART_MARGIN, TIP_MARGIN, TIP_CUT = 0.4, 0.2, 0.02
"""Metres of the frame beside a cart's middle and beyond a pole's end; and by how much a pole that falls may miss it."""
AFTERIMAGE = 0.3
"""Seconds."""
UPRIGHT = math.radians(12)
"""Radians from upright within which a swung-up pole counts as held."""
HELD_STEPS = 100
"""Steps that a pole must have been up without a break for a swing-up to count."""


class Constants(NamedTuple):
    """The constants of the equations of motion; those derived are derived here, from factors alone."""

    gravity: float
    total_mass: float
    pole_mass: float
    length: float
    polemass_length: float
    force: float
    time_step: float
    track_limit: float
    angle_limit: float
    cart_friction: float
    pole_friction: float
    is_semi_implicit: bool
    swings_up: bool


def make_constants(factors: Mapping[str, FactorValue], *, task: str) -> Constants:
    """Constants of a full set of factor values; ``length`` is half the pole's, as upstream's is."""
    number = {name: float(value) for name, value in factors.items() if not isinstance(value, str)}
    return Constants(
        gravity=number["gravity"],
        total_mass=number["mass"] + number["cart_mass"],
        pole_mass=number["mass"],
        length=number["length"],
        polemass_length=number["mass"] * number["length"],
        force=number["force"],
        time_step=number["time_step"],
        track_limit=number["track_limit"],
        angle_limit=number["angle_limit"] * 2 * math.pi / 360,
        cart_friction=number["cart_friction"],
        pole_friction=number["pole_friction"],
        is_semi_implicit=task == "swing-up" or factors["integrator"] == "semi-implicit",
        swings_up=task == "swing-up",
    )


def drawn_length(c: Constants) -> float:
    """Metres of the scene from the cart to the pole's end."""
    return 2 * c.length * DRAWN_LENGTH


def field(c: Constants) -> float:
    """Metres across a frame that shows the cart anywhere on its track and the pole upright, hanging or about to fall.

    A pole that leans out beyond the end of the track, as in a swing-up, leaves the frame.
    """
    pole = drawn_length(c)
    lean = 0.0 if c.swings_up else pole * math.sin(c.angle_limit) - TIP_CUT
    return max(NARROWEST, 2 * (c.track_limit + max(CART_MARGIN, lean)), 2 * (pole + TIP_MARGIN))


@compiled
def move(
    states: Floats, cosines: Floats, sines: Floats, actions: Floats, c: Constants, rewards: Floats, terminated: Flags
) -> None:
    """One step of every copy, the operations in upstream's order so that rounding agrees.

    Args:
        states: (copies, 4) position, velocity, angle from upright and angular velocity; changed in place.
        cosines: (copies,) of the angles, by NumPy as upstream's are.
        sines: (copies,).
        actions: (copies,) -1 to 1, of the force.
        c: constants.
        rewards: (copies,) written.
        terminated: (copies,) written.
    """
    for k in range(states.shape[0]):
        x, x_dot, theta, theta_dot = states[k, 0], states[k, 1], states[k, 2], states[k, 3]
        cos, sin = cosines[k], sines[k]
        force = c.force * actions[k]
        if c.cart_friction > 0.0:
            force -= c.cart_friction * x_dot
        temp = (force + c.polemass_length * (theta_dot * theta_dot) * sin) / c.total_mass
        torque = c.gravity * sin - cos * temp
        if c.pole_friction > 0.0:
            torque -= c.pole_friction * theta_dot / c.polemass_length
        theta_acc = torque / (c.length * (4.0 / 3.0 - c.pole_mass * (cos * cos) / c.total_mass))
        x_acc = temp - c.polemass_length * theta_acc * cos / c.total_mass
        if c.is_semi_implicit:
            x_dot = x_dot + c.time_step * x_acc
            x = x + c.time_step * x_dot
            theta_dot = theta_dot + c.time_step * theta_acc
            theta = theta + c.time_step * theta_dot
        else:
            x = x + c.time_step * x_dot
            x_dot = x_dot + c.time_step * x_acc
            theta = theta + c.time_step * theta_dot
            theta_dot = theta_dot + c.time_step * theta_acc
        has_fallen = theta < -c.angle_limit or theta > c.angle_limit
        if c.swings_up:
            theta = theta - 2 * math.pi * math.floor((theta + math.pi) / (2 * math.pi))
            rewards[k] = (1 + math.cos(theta)) / 2
        else:
            rewards[k] = 1.0
        states[k, 0], states[k, 1], states[k, 2], states[k, 3] = x, x_dot, theta, theta_dot
        terminated[k] = x < -c.track_limit or x > c.track_limit or (has_fallen and not c.swings_up)


class CartPole(System):
    """All copies of a cart with a pole."""

    observation_space = Box(
        np.array([-4.8, -np.inf, -np.pi, -np.inf], np.float32), np.array([4.8, np.inf, np.pi, np.inf], np.float32)
    )
    scales = np.array([2.4, 2.0, 0.2, 2.0])

    def __init__(self, num_envs: int, *, robot: str, task: str, factors: Mapping[str, FactorValue]) -> None:
        super().__init__(num_envs, robot=robot, task=task, factors=factors)
        self.constants = make_constants(factors, task=task)
        self.view = View(0.0, 0.0, field(self.constants))
        self.states = np.zeros((num_envs, 4))
        self._held = np.zeros(num_envs, np.int64)
        self._generators = [np.random.default_rng(0) for _ in range(num_envs)]

    @property
    def action_space(self) -> Space[Any]:
        """Left or right; or a share of the force."""
        return Discrete(2) if self.robot == "discrete" else Box(-1.0, 1.0, (1,), np.float32)

    def begin(self, k: int, seed: int | None) -> None:
        """See ``System.begin``."""
        if seed is not None:
            self._generators[k] = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))
        start = self.number("start_range")
        self.states[k] = self._generators[k].uniform(low=-start, high=start, size=(4,))
        if self.constants.swings_up:
            angle = self.states[k, 2]
            self.states[k, 2] = angle + math.pi if angle < 0 else angle - math.pi
        self._held[k] = 0
        self.observations[k] = self.states[k]

    def step(self, actions: Array) -> None:
        """See ``System.step``."""
        shares = 2.0 * actions - 1.0 if self.robot == "discrete" else np.clip(actions[:, 0].astype(np.float64), -1, 1)
        angles = self.states[:, 2]
        move(self.states, np.cos(angles), np.sin(angles), shares, self.constants, self.rewards, self.terminated)
        if self.constants.swings_up:
            self._held = np.where(np.abs(self.states[:, 2]) <= UPRIGHT, self._held + 1, 0)
        self.observations[:] = self.states

    def succeeded(self, truncated: Flags) -> Flags:
        """Balanced to the time limit; swung up and held for the last 100 steps of it."""
        lasted: Flags = truncated & ~self.terminated
        return lasted & (self._held >= HELD_STEPS) if self.constants.swings_up else lasted

    def moving_parts(self, *, afterimage: bool) -> Parts:
        """Cart and pole."""
        scene = Scene(self.num_envs)
        x, x_dot, theta, theta_dot = self.states.T
        length = drawn_length(self.constants)
        if afterimage:
            before, angle = x - AFTERIMAGE * x_dot, theta - AFTERIMAGE * theta_dot
            scene.add(BOX, before, 0.0, 0.0, 0.34, 0.2, GHOST, GHOST_OPACITY)
            scene.rod(before, 0.0, math.pi / 2 - angle, length, 0.12, GHOST, GHOST_OPACITY)
        scene.add(BOX, x, 0.0, 0.0, 0.34, 0.2, BODY)
        tip = scene.rod(x, 0.0, math.pi / 2 - theta, length, 0.11, ROD)
        scene.add(DISC, x, 0.0, 0.0, 0.11, 0.11, JOINT)
        scene.add(DISC, *tip, 0.0, 0.16, 0.16, ROD)
        return scene.parts()

    def scenery(self) -> Parts:
        """The track, and posts where it ends."""
        scene, end = Scene(1), self.constants.track_limit
        scene.add(BOX, 0.0, -0.24, 0.0, end, 0.05, BODY_DARK)
        for side in (-1, 1):
            scene.add(BOX, side * end, 0.0, 0.0, 0.06, 0.3, POST)
        return scene.parts()

    def get_state(self) -> dict[str, Array]:
        """See ``System.get_state``."""
        words = np.stack([to_words(generator) for generator in self._generators])
        return {"states": self.states.copy(), "held": self._held.copy(), "generators": words}

    def set_state(self, state: Mapping[str, Array]) -> None:
        """See ``System.set_state``."""
        self.states[:], self._held[:] = state["states"], state["held"]
        self._generators = [from_words(words) for words in state["generators"]]
        self.observations[:] = self.states
