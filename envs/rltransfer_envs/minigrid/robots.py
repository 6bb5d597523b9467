"""Robots: how each one's actions become MiniGrid's."""

from __future__ import annotations

from typing import Any, NamedTuple

from minigrid.minigrid_env import MiniGridEnv

from rltransfer_envs.minigrid.factors import (
    ACTION_MEANINGS,
    DONE,
    DROP,
    FORWARD,
    PICK_UP,
    TOGGLE,
    TURN_LEFT,
    TURN_RIGHT,
)


class Move(NamedTuple):
    """One action of a robot.

    Args:
        action: MiniGrid's.
        heading: to turn to before it: 0 right, 1 down, 2 left, 3 up on the map.
        quarter_turns: to turn clockwise before it and back again after it.
    """

    action: int
    heading: int | None = None
    quarter_turns: int = 0


_INTERACTIONS = tuple(Move(action) for action in (PICK_UP, DROP, TOGGLE, DONE))
_STEERING = (Move(TURN_LEFT), Move(TURN_RIGHT), Move(FORWARD))
MOVES = {
    "turtle": (*_STEERING, *_INTERACTIONS),
    "compass": (*(Move(FORWARD, heading=heading) for heading in range(4)), *_INTERACTIONS),
    "strafer": (*_STEERING, Move(FORWARD, quarter_turns=-1), Move(FORWARD, quarter_turns=1), *_INTERACTIONS),
}
"""Each robot's actions, by number."""
WAITING = {robot: meanings.index("drop") for robot, meanings in ACTION_MEANINGS.items()}
"""The action that does nothing while nothing is carried; ``done`` would end some tasks."""


def act(world: MiniGridEnv, move: Move) -> tuple[tuple[int, int], float, bool, bool]:
    """Do ``move`` in ``world``.

    Returns:
        The cell in front of the agent when it acted, the one cell that it can have changed; reward; whether the
        episode terminated; whether it was truncated.
    """
    if move.heading is not None:
        world.agent_dir = move.heading
    world.agent_dir = (world.agent_dir + move.quarter_turns) % 4
    ahead: Any = world.front_pos
    _, reward, terminated, truncated, _ = world.step(move.action)
    world.agent_dir = (world.agent_dir - move.quarter_turns) % 4
    return (int(ahead[0]), int(ahead[1])), float(reward), bool(terminated), bool(truncated)
