"""The Atari family, declared without importing its simulator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.extras import imported
from rltransfer.tasks.factor import Factor
from rltransfer.tasks.family import ActionKind, Family, Picture, Task
from rltransfer_envs.atari.factors import FACTORS, ROBOTS, TASKS
from rltransfer_envs.atari.games import ACTIONS, GAMES
from rltransfer_envs.atari.reference_scores import REFERENCE_SCORES

if TYPE_CHECKING:
    from gymnasium import Env

    from rltransfer_envs.atari.vector_env import AtariGames


class Atari(Family):
    """Atari 2600 games from 84 by 84 grey pixels. ``vector_env.AtariGames`` describes them in full."""

    name = "atari"
    summary = "Atari 2600 games: modes, difficulties and sticky actions as environments, other games as tasks"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS
    seen_state = ("screens", "stack", "streams")
    extra = "atari"
    simulator_modules = ("ale_py", "rltransfer_envs.atari.vector_env")
    picture = Picture(steps=90)
    described_in = "rltransfer_envs.atari.vector_env:AtariGames"
    reference_scores = REFERENCE_SCORES

    def factors_of(self, task: str) -> Mapping[str, Factor]:
        """The game's own modes and difficulties in place of every game's."""
        game = GAMES[task]
        own = {"mode": game.modes, "difficulty": game.difficulties}
        return FACTORS | {name: replace(FACTORS[name], choices=numbers) for name, numbers in own.items()}

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> AtariGames:
        """``num_envs`` copies of ``task``, over processes where it pays; see ``workers.num_processes``."""
        imported("ale_py", family=self.name, extra="atari")
        from rltransfer_envs.atari.settings import settings_of
        from rltransfer_envs.atari.vector_env import AtariGames

        return AtariGames(settings_of(task), num_envs=num_envs, render_mode=render_mode)

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """ale-py's own preprocessed environment, which has sticky actions and a frame skip but no modes."""
        if set(task.environment) - {"sticky", "frame_skip"}:
            return None
        imported("ale_py", family=self.name, extra="atari")
        from rltransfer_envs.atari.upstream import Upstream

        values: dict[str, Any] = task.environment.full()
        return Upstream(
            GAMES[task.task].rom,
            full_action_space=task.robot == "joystick",
            repeat_action_probability=values["sticky"],
            frameskip=values["frame_skip"],
        )

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """Of the joystick; those of ``minimal`` are the game's."""
        return ACTIONS if robot == "joystick" else None

    def action_kind(self, robot: str) -> ActionKind:
        """Always discrete."""
        return "discrete"


ATARI = Atari()
"""The family, as the registry finds it."""
