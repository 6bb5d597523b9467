"""The state of all copies beside MuJoCo's, and the settings they share, in the form that compiled code takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.arm.bodies import BODIES
from rltransfer_envs.arm.factors import ROBOTS, TASKS, TIME_LIMITS

Floats = npt.NDArray[np.float64]

TWO_LINK, THREE_LINK, GRIPPER = range(3)
REACH, PUSH, AVOID, FOLLOW = range(4)

GOAL_RADIUS, HAZARD_RADIUS = 0.12, 0.09
"""Metres."""
MAX_LINKS, MAX_POSTS, MAX_DISTRACTORS = 3, 3, 6

COPY = np.dtype(
    [
        ("goal", np.float64, (2,)),
        ("circle", np.float64, (5,)),
        ("hazard", np.float64, (2,)),
        ("posts", np.float64, (MAX_POSTS, 2)),
        ("env_steps", np.int64),
        ("potential", np.float64),
        ("error_sum", np.float64),
        ("streams", np.uint64, (2,)),
        ("distractors", np.float64, (MAX_DISTRACTORS, 4)),
        ("occluder", np.float64, (2,)),
    ]
)
"""One record for each copy; ``Copy`` says what the fields are."""


class Copy(Protocol):
    """What changes in time in one copy, beside joints. Metres, radians; x right, y up, 0 the shoulder."""

    goal: Floats
    """(2,)"""
    circle: Floats
    """(5,) in ``follow``: the circle's middle x, y and radius, the goal's angle on it, radians a control step"""
    hazard: Floats
    """(2,) in ``avoid``"""
    posts: Floats
    """(3, 2), the first ``Settings.posts`` in use"""
    env_steps: int
    """control steps since the episode began"""
    potential: float
    """of the shaping reward, now"""
    error_sum: float
    """in ``follow``: distances of the tip from the goal, summed over the steps that count"""
    streams: npt.NDArray[np.uint64]
    """(2,) see ``drawing.streams``"""
    distractors: Floats
    """(6, 4) x, y and what they move by in a control step"""
    occluder: Floats
    """(2,) the patch's corner, relative to the room it has in the frame"""


class Columns(NamedTuple):
    """Where in a copy's row of MuJoCo's state the parts are that compiled code reads and writes.

    Such rows are contiguous for any number of copies and posts, as views of their parts are not: one type, compiled
    once.
    """

    qpos: int
    """joint positions begin here"""
    num_qpos: int
    posts: int
    """x, y and z of every post"""


class Settings(NamedTuple):
    """What the copies share: robot, task and the factors that compiled code needs; choices as their index."""

    robot: int
    task: int
    time_limit: int
    lengths: Floats
    """(num_links,) metres"""
    puck: int
    """where in ``qpos`` the puck's x is; y follows; -1 without a puck"""
    columns: Columns
    posts: int
    distractors: int
    noise: float
    blur: int
    occlusion: float


def make_settings(robot: str, task: str, factors: Mapping[str, FactorValue], columns: Columns) -> Settings:
    """Settings of a robot and a task of the family under a full set of factor values."""
    body = BODIES[robot]
    num_joints = len(body.lengths) + 2 * body.has_hand
    return Settings(
        robot=list(ROBOTS).index(robot),
        task=list(TASKS).index(task),
        time_limit=TIME_LIMITS[task],
        lengths=np.array(body.lengths) * float(factors["link_length"]),
        puck=num_joints if task == "push" else -1,
        columns=columns,
        posts=int(factors["obstacles"]),
        distractors=int(factors["distractors"]),
        noise=float(factors["noise"]),
        blur=int(factors["blur"]),
        occlusion=float(factors["occlusion"]),
    )
