"""What came out of a foreign file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """What came out of a foreign file; ``str()`` tells it in a few lines.

    Args:
        file: the zip.
        algorithm: by our name.
        numbers: how many weights were taken over, each network's own.
        read: settings that the file says, with their values.
        defaults: settings that it holds as pickles or not at all, which have the value they have here by default.
        left: attributes of the file that were left pickled.
        notes: what else to know, a line each.
    """

    file: str
    algorithm: str
    numbers: int
    read: Mapping[str, Any]
    defaults: Mapping[str, Any]
    left: tuple[str, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        def listed(values: Mapping[str, Any]) -> str:
            return ", ".join(f"{name} {value}" for name, value in values.items()) or "none"

        lines = [
            f"{self.file}: {self.numbers:,} weights of {self.algorithm} taken over",
            f"  settings read from it: {listed(self.read)}",
            f"  settings it does not say in plain values, with their defaults here: {listed(self.defaults)}",
            f"  left pickled, never executed: {', '.join(self.left) or 'nothing'}",
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])
