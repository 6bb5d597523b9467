"""What a copy of a game is made from, as plain data that can be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rltransfer.tasks.family import Task
from rltransfer_envs.atari.games import ACTIONS, GAMES
from rltransfer_envs.atari.look import Look


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One task, in the emulator's words.

    Args:
        game: a key of ``games.GAMES``.
        full_action_space: all 18 actions, else those that the game uses.
        mode: number of the game's variation.
        difficulty: position of its switch.
        sticky: chance of the action before, each screen.
        frame_skip: screens an action lasts.
        look: appearance and sensor factors.
    """

    game: str
    full_action_space: bool = True
    mode: int = 0
    difficulty: int = 0
    sticky: float = 0.25
    frame_skip: int = 4
    look: Look = field(default_factory=Look)

    @property
    def actions(self) -> tuple[int, ...]:
        """The emulator's number of each action."""
        return tuple(range(len(ACTIONS))) if self.full_action_space else GAMES[self.game].minimal


def settings_of(task: Task) -> Settings:
    """The settings of a task of the family."""
    values: dict[str, Any] = task.environment.full()
    seen = {name: values.pop(name) for name in Look.__dataclass_fields__}
    return Settings(game=task.task, full_action_space=task.robot == "joystick", look=Look(**seen), **values)
