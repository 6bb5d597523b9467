"""What is wrong with an experiment, where, and in words a user can act on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rltransfer.errors import ConfigError
from rltransfer.registry import nearest

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of a file down to a value."""

MAX_SHOWN = 60
"""Characters of a user's own value that a message repeats."""

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


def shown(value: object) -> str:
    """``value`` as a message repeats it: one line, at most 60 characters."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    text = repr(value[: MAX_SHOWN + 1]) if isinstance(value, str) else repr(value)
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def dotted(path: KeyPath) -> str:
    """``path`` as users write it in overrides; keys that are not plain words stand in quotes."""
    return ".".join(str(part) if re.fullmatch(r"[\w/-]{1,60}", str(part)) else shown(str(part)) for part in path)


def hint(name: str, known: Iterable[str]) -> str:
    """The sentence after "unknown ...": the nearest of ``known``, or all of them where none is near."""
    names = tuple(known)
    near = nearest(name[:MAX_SHOWN], names)
    return f"Did you mean {near!r}?" if near else f"Known: {', '.join(names) or 'none'}."
