"""Copies of a game that one process steps in turn."""

from __future__ import annotations

import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.atari.copy_of_game import FRAMES, CopyOfGame
from rltransfer_envs.atari.pixels import SIDE
from rltransfer_envs.atari.settings import Settings

Array = npt.NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Board:
    """What all copies read and write; the first axis is the copy.

    Args:
        actions: (num,) int64, chosen by the agent.
        observations: (num, 84, 84, 4) uint8; after an episode's end the first of the next.
        final: (num, 84, 84, 4) uint8, the last observation of the episode that ended.
        rewards: (num,) float64.
        terminated: (num,) bool.
        truncated: (num,) bool.
        is_success: (num,) bool, of the episode that ended.
        lives: (num,) int64.
    """

    actions: Array
    observations: Array
    final: Array
    rewards: Array
    terminated: Array
    truncated: Array
    is_success: Array
    lives: Array

    def part(self, start: int, stop: int) -> Board:
        """The rows of some copies; writing to them writes here."""
        return Board(**{name: getattr(self, name)[start:stop] for name in self.__dataclass_fields__})


def make_board(num: int) -> Board:
    """A board in memory that processes forked later see and write too."""

    def shared(shape: tuple[int, ...], kind: type) -> Array:
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        return np.frombuffer(mmap.mmap(-1, size), kind).reshape(shape)

    images = (num, SIDE, SIDE, FRAMES)
    return Board(
        actions=shared((num,), np.int64),
        observations=shared(images, np.uint8),
        final=shared(images, np.uint8),
        rewards=shared((num,), np.float64),
        terminated=shared((num,), np.bool_),
        truncated=shared((num,), np.bool_),
        is_success=shared((num,), np.bool_),
        lives=shared((num,), np.int64),
    )


class Copies:
    """Copies of a game that share a board.

    Args:
        settings: of every copy.
        board: with a row for each.
    """

    def __init__(self, settings: Settings, board: Board) -> None:
        self.board = board
        self._games = [CopyOfGame(settings, stack) for stack in board.observations]

    def reset(self, seeds: Sequence[int | None], chosen: Sequence[bool]) -> None:
        """Begin an episode in the chosen copies; one that has just begun goes on where no seed is given."""
        for k, (game, seed, is_chosen) in enumerate(zip(self._games, seeds, chosen, strict=True)):
            if is_chosen and not (seed is None and game.is_fresh):
                game.reset(seed)
            self.board.lives[k] = game.lives

    def step(self) -> None:
        """Play the board's actions; a copy whose episode ends begins the next one."""
        board = self.board
        for k, game in enumerate(self._games):
            board.rewards[k], board.terminated[k], board.truncated[k] = game.step(int(board.actions[k]))
            board.is_success[k] = False
            if board.terminated[k] or board.truncated[k]:
                board.final[k] = game.stack
                board.is_success[k] = game.is_success
                game.reset(None)
            board.lives[k] = game.lives

    def render(self) -> list[npt.NDArray[np.uint8]]:
        """A picture of each copy."""
        return [game.render() for game in self._games]

    def get_state(self) -> list[dict[str, Any]]:
        """Each copy's state."""
        return [game.get_state() for game in self._games]

    def set_state(self, states: Sequence[Mapping[str, Any]]) -> None:
        """Each copy goes on from its state."""
        for game, state in zip(self._games, states, strict=True):
            game.set_state(state)

    def close(self) -> None:
        """Nothing is held that the interpreter does not free."""
