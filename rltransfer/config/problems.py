"""What is wrong with an experiment, where, and in words a user can act on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rltransfer.errors import ConfigError
from rltransfer.flaws import KeyPath, dotted

MAX_LISTED = 100
"""Problems that are printed; a file with more is not an experiment."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a value was written.

    Args:
        text: as it stands before a message: ``configs/long.yaml:14:9`` or ``override 'budget=x'``.
        order: the file's lines and columns first, then overrides as they were given.
    """

    text: str
    order: tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing that does not hold: ``place: key: message``."""

    place: Place
    path: KeyPath
    message: str

    def __str__(self) -> str:
        key = dotted(self.path)
        return f"{self.place.text}: {key}: {self.message}" if key else f"{self.place.text}: {self.message}"


class ConfigErrors(ConfigError):  # noqa: N818 -- it is several
    """Everything that is wrong with an experiment file, one problem a line, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place.order))
        lines = [str(problem) for problem in self.problems[:MAX_LISTED]]
        if len(self.problems) > MAX_LISTED:
            lines.append(f"... and {len(self.problems) - MAX_LISTED} more")
        super().__init__("\n".join(lines))
