"""Rewards, ends and success of all copies at once, in the order of operations of Gymnasium's environments."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.locomotion.bodies import Body

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FORWARD_WEIGHTS = {"forward": 1.0, "backward": -1.0, "faster": 3.0}
"""By which the forward reward of a task that is upstream's with another weight is multiplied."""
SUCCESS_SPEEDS = {"forward": 1.0, "backward": -1.0, "faster": 2.0}
"""Mean velocity of a successful episode, times the robot's ``success_speed``."""
STANDING = 0.2
"""The greatest mean speed that counts as standing, times the robot's ``success_speed``."""


def forward_reward(body: Body, task: str, velocity: Floats) -> Floats:
    """The term that a task is about.

    Args:
        body: whose weight it has.
        task: a key of ``factors.TASKS``.
        velocity: (num_envs,) m/s forwards, mean of the control step.
    """
    if task == "stand":
        return -body.forward_reward_weight * np.abs(velocity)
    return body.forward_reward_weight * FORWARD_WEIGHTS[task] * velocity


def control_cost(body: Body, actions: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The cost of the actions as chosen, before delay, (num_envs,).

    Args:
        body: whose weight it has.
        actions: (num_envs, num_motors) float32; float64 for the humanoid, whose cost upstream takes from MuJoCo.
    """
    cost: npt.NDArray[Any] = body.ctrl_cost_weight * np.sum(np.square(actions), axis=1)
    return cost


def contact_cost(body: Body, forces: Floats) -> Floats:
    """The cost of contact forces.

    Args:
        body: whose weight and ranges it has.
        forces: (num_envs, num_bodies, 6), clipped to the body's range.
    """
    squares = np.sum(np.square(forces).reshape(len(forces), -1), axis=1)
    cost: Floats = np.clip(body.contact_cost_weight * squares, *body.contact_cost_range)
    return cost


def is_healthy(body: Body, lows: Floats, highs: Floats, qpos: Floats, qvel: Floats) -> Flags:
    """Whether each copy is in a state in which the episode goes on; numbers that are not finite are not healthy.

    Args:
        body: whose ranges count.
        lows: (num_envs,) of the heights.
        highs: (num_envs,) of the heights.
        qpos: (num_envs, nq).
        qvel: (num_envs, nv).
    """
    if body.healthy_z_range is None:
        return np.ones(len(qpos), np.bool_)
    planar = body.hidden_positions == 1
    z = qpos[:, 1 if planar else 2]
    healthy = (lows < z) & (z < highs)
    low, high = body.healthy_angle_range
    if planar:
        healthy &= (low < qpos[:, 2]) & (qpos[:, 2] < high)
    low, high = body.healthy_state_range
    for state in (qpos[:, 2:], qvel):
        healthy &= ((low < state) & (state < high)).all(axis=1)
    return healthy


def is_success(body: Body, task: str, displacement: Floats, path: Floats, seconds: Floats) -> Flags:
    """Whether episodes that lasted to their time limit did what the task asks.

    Args:
        body: whose ``success_speed`` counts.
        task: a key of ``factors.TASKS``.
        displacement: (num_envs,) metres forwards from the start.
        path: (num_envs,) metres forwards and backwards.
        seconds: (num_envs,) since the start.
    """
    if task == "stand":
        return path <= STANDING * body.success_speed * seconds
    speed = SUCCESS_SPEEDS[task] * body.success_speed
    return displacement >= speed * seconds if speed > 0 else displacement <= speed * seconds
