"""Copies of a game shared out over processes, because the emulator holds the interpreter's lock."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import warnings
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.atari.copies import Board, Copies
from rltransfer_envs.atari.pixels import compile_now
from rltransfer_envs.atari.settings import Settings

FEWEST = 8
"""Copies from which a second process is worth its start."""
FEWEST_EACH = 4
"""Copies that a process has at least: for fewer, telling it what to do costs too much of what it saves."""


def num_processes(num_envs: int) -> int:
    """How many processes step ``num_envs`` copies, this one among them.

    One a core, as far as each gets enough copies; only this one where processes cannot be forked: inside a daemonic
    process, as trials run in, or on a system without fork.
    """
    cannot = multiprocessing.current_process().daemon or "fork" not in multiprocessing.get_all_start_methods()
    if cannot or num_envs < FEWEST:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, num_envs // FEWEST_EACH))


class SharedOutCopies:
    """Copies of a game in several processes, this one among them, with the methods of ``Copies``.

    Processes are forked: they start in milliseconds, and scripts need no ``if __name__ == "__main__"``. They touch
    nothing but the emulator and the board, and end when this process does.

    Args:
        settings: of every copy.
        board: with a row for each copy, in shared memory.
        processes: to share the copies out over.
    """

    def __init__(self, settings: Settings, board: Board, *, processes: int) -> None:
        num = len(board.actions)
        edges = [num * k // processes for k in range(processes + 1)]
        self._parts = list(itertools.pairwise(edges))
        self._pipes: list[Connection] = []
        self._processes: list[Any] = []
        compile_now()
        context = multiprocessing.get_context("fork")
        for start, stop in self._parts[1:]:
            ours, theirs = context.Pipe()
            arguments = (settings, board.part(start, stop), theirs, (*self._pipes, ours))
            process = context.Process(target=_work, args=arguments, daemon=True)
            with warnings.catch_warnings():  # Python 3.12 and later warn of forks beside torch's threads
                warnings.simplefilter("ignore", DeprecationWarning)
                process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        self._own = Copies(settings, board.part(*self._parts[0]))

    def reset(self, seeds: Sequence[int | None], chosen: Sequence[bool]) -> None:
        """See ``Copies.reset``."""
        self._all("reset", [(seeds[start:stop], chosen[start:stop]) for start, stop in self._parts])

    def step(self) -> None:
        """See ``Copies.step``."""
        self._all("step", [()] * len(self._parts))

    def render(self) -> list[npt.NDArray[np.uint8]]:
        """See ``Copies.render``."""
        return list(itertools.chain.from_iterable(self._all("render", [()] * len(self._parts))))

    def get_state(self) -> list[dict[str, Any]]:
        """See ``Copies.get_state``."""
        return list(itertools.chain.from_iterable(self._all("get_state", [()] * len(self._parts))))

    def set_state(self, states: Sequence[Mapping[str, Any]]) -> None:
        """See ``Copies.set_state``."""
        self._all("set_state", [(states[start:stop],) for start, stop in self._parts])

    def close(self) -> None:
        """End the other processes."""
        for pipe in self._pipes:
            pipe.close()  # which they take as the end
        for process in self._processes:
            process.join()
        self._pipes, self._processes = [], []

    def _all(self, method: str, arguments: list[tuple[Any, ...]]) -> list[Any]:
        """What ``method`` returns for each part, all parts at once."""
        try:
            for pipe, theirs in zip(self._pipes, arguments[1:], strict=True):
                pipe.send((method, theirs))
            own = getattr(self._own, method)(*arguments[0])
            return [own, *(pipe.recv() for pipe in self._pipes)]
        except (EOFError, OSError):
            raise RuntimeError(f"a process that steps Atari games ended during {method!r}") from None


def _work(settings: Settings, board: Board, pipe: Connection, not_ours: Sequence[Connection]) -> None:
    """In a process of its own: do as told until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the first process's to deal with
    for other in not_ours:  # else this process would keep its own pipe, and those before it, open
        other.close()
    copies = Copies(settings, board)
    while True:
        try:
            method, arguments = pipe.recv()
            pipe.send(getattr(copies, method)(*arguments))
        except (EOFError, BrokenPipeError):
            return
