"""The scenarios that ship with ViZDoom and the action sets to play them with, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Success = Literal["goal", "hit", "kills", "alive"]
"""``goal``: the episode ended neither by death nor by the time limit. ``hit``: the shot hit. ``kills``: enough of
them. ``alive``: alive at the time limit."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One scenario.

    Args:
        summary: what to do in it.
        config: ViZDoom's own file of settings.
        upstream: Gymnasium id, or empty where ViZDoom registers none.
        success: how ``is_success`` is told.
        kills: that count as success, for ``"kills"``.
        tics: time limit to set where the scenario has none; 35 are a second.
    """

    summary: str
    config: str
    success: Success
    upstream: str = ""
    kills: int = 0
    tics: int | None = None


SCENARIOS: dict[str, Scenario] = {
    "basic": Scenario(
        summary="shoot a monster that stands at the opposite wall",
        config="basic.cfg",
        upstream="VizdoomBasic-v1",
        success="goal",
    ),
    "rocket-basic": Scenario(
        summary="the same with a rocket launcher, whose rockets take their time",
        config="rocket_basic.cfg",
        success="goal",
    ),
    "deadly-corridor": Scenario(
        summary="reach the vest at the end of a corridor of shooting monsters",
        config="deadly_corridor.cfg",
        upstream="VizdoomDeadlyCorridor-v1",
        success="goal",
    ),
    "defend-the-center": Scenario(
        summary="turn and shoot monsters that come from all sides, with little ammunition",
        config="defend_the_center.cfg",
        upstream="VizdoomDefendCenter-v1",
        success="kills",
        kills=10,
    ),
    "defend-the-line": Scenario(
        summary="turn and shoot monsters that stand along the opposite wall",
        config="defend_the_line.cfg",
        upstream="VizdoomDefendLine-v1",
        success="kills",
        kills=15,
        tics=2100,
    ),
    "health-gathering": Scenario(
        summary="stay alive on an acid floor by collecting medikits",
        config="health_gathering.cfg",
        upstream="VizdoomHealthGathering-v1",
        success="alive",
    ),
    "my-way-home": Scenario(
        summary="find the vest in nine rooms of different walls",
        config="my_way_home.cfg",
        upstream="VizdoomMyWayHome-v1",
        success="goal",
    ),
    "predict-position": Scenario(
        summary="hit a moving monster with the only rocket",
        config="predict_position.cfg",
        upstream="VizdoomPredictPosition-v1",
        success="hit",
    ),
    "take-cover": Scenario(
        summary="dodge fireballs for as long as possible",
        config="take_cover.cfg",
        upstream="VizdoomTakeCover-v1",
        success="alive",
        tics=2100,
    ),
}
MAZE_CONFIG = "health_gathering_supreme.cfg"
"""Health gathering in a maze, with poison among the medikits."""

ROBOTS = {
    "minimal": "the scenario's own buttons, one at a time, as upstream",
    "full": "seven buttons, one at a time; the same eight actions in every scenario",
    "continuous": "turn, walk, sidestep and shoot by four numbers; the same in every scenario",
}
FULL_BUTTONS = (
    "MOVE_LEFT",
    "MOVE_RIGHT",
    "ATTACK",
    "MOVE_FORWARD",
    "MOVE_BACKWARD",
    "TURN_LEFT",
    "TURN_RIGHT",
)
"""Those of the deadly corridor, in its order."""
FULL_MEANINGS = ("nothing", *(name.lower().replace("_", " ") for name in reversed(FULL_BUTTONS)))
"""ViZDoom counts combinations of buttons with the last button changing first."""
DELTA_BUTTONS = ("TURN_LEFT_RIGHT_DELTA", "MOVE_FORWARD_BACKWARD_DELTA", "MOVE_LEFT_RIGHT_DELTA", "ATTACK")
DELTA_SCALES = (5.0, 25.0, 24.0)
"""A turn of 5 degrees a tic; walking forward and sidewards as fast as by the buttons, in the engine's own unit."""
