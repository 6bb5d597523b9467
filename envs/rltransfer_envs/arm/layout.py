"""Where an episode begins: the arm's pose, goal, puck, hazard and posts.

Goals are tips of poses, so that they can be reached whatever the links' length. Posts stand clear of a straight
motion in joint space from the first pose to the goal's (by way of the puck), so that there is a way round them.
"""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math

import numpy as np

from rltransfer_envs.arm.bodies import LINK_RADIUS, POST_RADIUS, PUCK_RADIUS
from rltransfer_envs.arm.kinematics import clearance, distance_to_segment, tip_of
from rltransfer_envs.arm.world import AVOID, FOLLOW, GOAL_RADIUS, GRIPPER, PUSH, Copy, Floats, Settings
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.streams import DYNAMICS, uniform

FARTHEST = 0.93
"""Of the arm's reach, how far out goals and pucks lie at most; stretched out it cannot be steered."""
_TRIES = 400


@compiled
def _between(copy: Copy, low: float, high: float) -> float:
    return low + (high - low) * uniform(copy.streams, DYNAMICS)


@compiled
def _draw_pose(copy: Copy, settings: Settings, side: float, pose: Floats) -> None:
    """A random pose whose elbow is bent to ``side``, 1 or -1."""
    pose[0] = _between(copy, -math.pi, math.pi)
    if settings.lengths.shape[0] == 3:
        pose[1] = side * _between(copy, 0.3, 1.5)
        pose[2] = side * _between(copy, -0.4, 1.0)
    else:
        pose[1] = side * _between(copy, 0.4, 2.2)


@compiled
def _distance(x: float, y: float, to_x: float, to_y: float) -> float:
    return math.sqrt((x - to_x) ** 2 + (y - to_y) ** 2)


@compiled
def _is_workable(copy: Copy, settings: Settings, poses: Floats, reach: float) -> bool:
    """Whether start (0), puck (1) and goal (2) of ``poses`` make an episode; a puck only counts in ``push``."""
    x, y, _ = tip_of(poses[0], settings.lengths)
    goal_x, goal_y, _ = tip_of(poses[2], settings.lengths)
    if math.sqrt(goal_x**2 + goal_y**2) > FARTHEST * reach:
        return False
    if settings.task == FOLLOW:
        middle = math.sqrt(copy.circle[0] ** 2 + copy.circle[1] ** 2)
        return bool(middle + copy.circle[2] < FARTHEST * reach and middle - copy.circle[2] > 0.33 * reach)
    if settings.task != PUSH:
        return _distance(x, y, goal_x, goal_y) > (0.45 if settings.task == AVOID else 0.3)
    puck_x, puck_y, _ = tip_of(poses[1], settings.lengths)
    apart = _distance(puck_x, puck_y, goal_x, goal_y)
    if apart < 0.25 or _distance(x, y, puck_x, puck_y) < 0.25:
        return False
    # the place behind the puck, from which it is pushed, must be reached too
    behind_x = puck_x + (puck_x - goal_x) / apart * 0.12
    behind_y = puck_y + (puck_y - goal_y) / apart * 0.12
    if math.sqrt(behind_x**2 + behind_y**2) > FARTHEST * reach:
        return False
    # and its way must not lead over the shoulder
    return distance_to_segment(0.0, 0.0, behind_x, behind_y, goal_x, goal_y) > 0.38 * reach


@compiled
def _place_hazard(copy: Copy, x: float, y: float) -> None:
    """A hazard near the straight line from (x, y) to the goal, in the way more often than not."""
    for _ in range(_TRIES):
        part, aside = _between(copy, 0.3, 0.7), _between(copy, -0.2, 0.2)
        along_x, along_y = copy.goal[0] - x, copy.goal[1] - y
        length = math.sqrt(along_x**2 + along_y**2)
        copy.hazard[0] = x + part * along_x - aside * along_y / length
        copy.hazard[1] = y + part * along_y + aside * along_x / length
        is_clear = _distance(x, y, copy.hazard[0], copy.hazard[1]) > 0.2
        if is_clear and _distance(copy.goal[0], copy.goal[1], copy.hazard[0], copy.hazard[1]) > 0.25:
            return
    copy.hazard[0], copy.hazard[1] = 5.0, 5.0


@compiled
def _is_free(copy: Copy, settings: Settings, poses: Floats, placed: int, x: float, y: float) -> bool:
    """Whether a post at (x, y) leaves everything else, and the way of the arm, alone."""
    room = POST_RADIUS + LINK_RADIUS + (0.13 if settings.robot == GRIPPER else 0.03)
    wide = GOAL_RADIUS + (copy.circle[2] if settings.task == FOLLOW else 0.0)
    middle_x = copy.circle[0] if settings.task == FOLLOW else copy.goal[0]
    middle_y = copy.circle[1] if settings.task == FOLLOW else copy.goal[1]
    if _distance(x, y, middle_x, middle_y) < wide + room:
        return False
    if settings.task == AVOID and _distance(x, y, copy.hazard[0], copy.hazard[1]) < 0.2:
        return False
    for k in range(placed):
        if _distance(x, y, copy.posts[k, 0], copy.posts[k, 1]) < 4 * POST_RADIUS:
            return False
    if settings.task == PUSH:
        puck_x, puck_y, _ = tip_of(poses[1], settings.lengths)
        if _distance(x, y, puck_x, puck_y) < PUCK_RADIUS + room:
            return False
    pose = np.empty(settings.lengths.shape[0])
    for leg in range(2):
        for step in range(17):
            for joint in range(pose.shape[0]):
                pose[joint] = poses[leg, joint] + step / 16 * (poses[leg + 1, joint] - poses[leg, joint])
            if clearance(pose, settings.lengths, x, y) < room:
                return False
    return True


@compiled
def _place_posts(copy: Copy, settings: Settings, poses: Floats, reach: float) -> None:
    """Posts in the arm's reach; one for which no room is found stands in a corner of the table."""
    for k in range(settings.posts):
        copy.posts[k, 0], copy.posts[k, 1] = (0.8 if k % 2 else -0.8), (0.8 if k < 2 else -0.8)
        for _ in range(_TRIES):
            radius, angle = _between(copy, 0.25, reach), _between(copy, -math.pi, math.pi)
            x, y = radius * math.cos(angle), radius * math.sin(angle)
            if _is_free(copy, settings, poses, k, x, y):
                copy.posts[k, 0], copy.posts[k, 1] = x, y
                break


@compiled
def _nearest_turn(angle: float, reference: float) -> float:
    """``angle`` or one full turns away from it, whichever is nearest to ``reference``."""
    return reference + (angle - reference + math.pi) % (2 * math.pi) - math.pi


@compiled
def place(copy: Copy, settings: Settings, qpos: Floats) -> None:
    """Draw a new episode.

    Args:
        copy: its record, written but for what only pixels depend on.
        settings: of all copies.
        qpos: (nq,) of MuJoCo's, all 0; written.
    """
    num_links = settings.lengths.shape[0]
    reach = settings.lengths.sum()
    poses = np.zeros((3, num_links))
    for _ in range(_TRIES):
        side = 1.0 if uniform(copy.streams, DYNAMICS) < 0.5 else -1.0
        for k in range(3):
            _draw_pose(copy, settings, side, poses[k])
            if k > 0:
                poses[k, 0] = _nearest_turn(poses[k, 0], poses[k - 1, 0])
        if settings.task != PUSH:
            poses[1] = (poses[0] + poses[2]) / 2
        copy.goal[0], copy.goal[1], _ = tip_of(poses[2], settings.lengths)
        copy.circle[0], copy.circle[1], copy.circle[2] = copy.goal[0], copy.goal[1], _between(copy, 0.1, 0.2)
        if _is_workable(copy, settings, poses, reach):
            break
    for joint in range(num_links):
        qpos[joint] = poses[0, joint]
    if settings.robot == GRIPPER:
        qpos[num_links] = qpos[num_links + 1] = 0.03
    if settings.task == PUSH:
        qpos[settings.puck], qpos[settings.puck + 1], _ = tip_of(poses[1], settings.lengths)
    if settings.task == FOLLOW:
        pace = _between(copy, 0.01, 0.016) * (1.0 if uniform(copy.streams, DYNAMICS) < 0.5 else -1.0)
        copy.circle[3], copy.circle[4] = _between(copy, -math.pi, math.pi), pace / copy.circle[2]
        move_goal(copy)
    x, y, _ = tip_of(poses[0], settings.lengths)
    if settings.task == AVOID:
        _place_hazard(copy, x, y)
    _place_posts(copy, settings, poses, reach)
    copy.env_steps = 0
    copy.error_sum = 0.0


@compiled
def move_goal(copy: Copy) -> None:
    """One control step of the goal along its circle."""
    copy.circle[3] += copy.circle[4]
    copy.goal[0] = copy.circle[0] + copy.circle[2] * math.cos(copy.circle[3])
    copy.goal[1] = copy.circle[1] + copy.circle[2] * math.sin(copy.circle[3])
