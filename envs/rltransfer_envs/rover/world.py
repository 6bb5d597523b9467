"""The state of all copies and the settings they share, in the form that compiled code takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.rover.factors import ROBOTS, ROOMS, TASKS, TIME_LIMITS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

OMNI, DIFFERENTIAL, HOVERCRAFT = range(3)
REACH, SWAP, PUSH = range(3)
OPEN, TWO_ROOMS, FOUR_ROOMS = range(3)

ROBOT_RADIUS = BLOCK_RADIUS = GOAL_RADIUS = HAZARD_RADIUS = 0.14
"""Metres. Robot and block share one radius, so that one map of free floor serves both."""
ROBOT_MASS = 1.0
CONTROL_STEP = 0.2
"""Seconds between two actions."""
MAX_WALLS, MAX_HAZARDS, MAX_DISTRACTORS, MAX_DELAY = 12, 3, 6, 3


COPY = np.dtype(
    [
        ("robot", np.float64, (6,)),
        ("block", np.float64, (4,)),
        ("goal", np.float64, (2,)),
        ("hazards", np.float64, (MAX_HAZARDS, 2)),
        ("walls", np.float64, (MAX_WALLS, 4)),
        ("num_walls", np.int64),
        ("pending", np.float64, (MAX_DELAY + 1, 2)),
        ("env_steps", np.int64),
        ("potential", np.float64),
        ("streams", np.uint64, (2,)),
        ("distractors", np.float64, (MAX_DISTRACTORS, 4)),
        ("occluder", np.float64, (2,)),
    ]
)
"""One record for each copy; ``Copy`` says what the fields are."""


class Copy(Protocol):
    """Everything of one copy that changes in time. Metres, radians, seconds; x right, y up, 0 the middle.

    A record rather than a tuple of arrays: compiled code then passes one pointer from function to function,
    and compiles in half the time.
    """

    robot: Floats
    """(6,) x, y, heading and their velocities"""
    block: Floats
    """(4,) x, y and their velocities; zero where the task has no block"""
    goal: Floats
    """(2,)"""
    hazards: Floats
    """(3, 2), the first ``Settings.hazards`` in use"""
    walls: Floats
    """(12, 4) inner walls as x_low, y_low, x_high, y_high"""
    num_walls: int
    """how many of them are in use"""
    pending: Floats
    """(4, 2) commands that wait for their delay to pass, the next one first"""
    env_steps: int
    """control steps since the episode began"""
    potential: float
    """of the shaping reward, now"""
    streams: npt.NDArray[np.uint64]
    """(2,) see the module ``streams``"""
    distractors: Floats
    """(6, 4) x, y and their velocities"""
    occluder: Floats
    """(2,) the patch's corner, relative to the room it has in the frame"""


class Settings(NamedTuple):
    """What the copies share: robot, task and the factors that act in time; choices as their index."""

    robot: int
    task: int
    time_limit: int
    speed: float
    slip: float
    drift_x: float
    drift_y: float
    inertia: float
    action_delay: int
    friction: float
    block_mass: float
    half: float
    rooms: int
    walls: int
    hazards: int
    distractors: int
    noise: float
    blur: int
    occlusion: float


def make_settings(robot: str, task: str, factors: Mapping[str, FactorValue]) -> Settings:
    """Settings of a robot and a task of the family under a full set of factor values."""
    return Settings(
        robot=list(ROBOTS).index(robot),
        task=list(TASKS).index(task),
        time_limit=TIME_LIMITS[task],
        speed=float(factors["speed"]),
        slip=float(factors["slip"]),
        drift_x=float(factors["drift_x"]),
        drift_y=float(factors["drift_y"]),
        inertia=float(factors["inertia"]),
        action_delay=int(factors["action_delay"]),
        friction=float(factors["friction"]),
        block_mass=float(factors["block_mass"]),
        half=float(factors["arena_size"]) / 2,
        rooms=ROOMS.index(str(factors["rooms"])),
        walls=int(factors["walls"]),
        hazards=int(factors["hazards"]),
        distractors=int(factors["distractors"]),
        noise=float(factors["noise"]),
        blur=int(factors["blur"]),
        occlusion=float(factors["occlusion"]),
    )
