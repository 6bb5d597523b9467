"""A YAML file as plain data that remembers where each key and list item was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rltransfer.config.problems import Place, Problem
from rltransfer.flaws import KeyPath


@dataclass(kw_only=True)
class Document:
    """Plain data with the place of every key and list item.

    Args:
        name: the file as the user named it.
        data: dicts, lists, text, numbers, booleans and None.
        places: where each key or item stands, by its path; ``()`` is the file itself.
        problems: what the reader has refused so far though it could go on, such as a key given twice.
    """

    name: str
    data: Any = None
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place_of(self, path: KeyPath) -> Place:
        """Where ``path`` is written; where it is not, the nearest thing above it that is."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(text=f"{self.name}:1:1", order=(0, 1, 1)))

    def problem(self, path: KeyPath, message: str) -> Problem:
        """``message`` about ``path``, located."""
        return Problem(place=self.place_of(path), path=path, message=message)

    def replace(self, path: KeyPath, place: Place) -> None:
        """Say that ``path`` and all below it are now written at ``place``."""
        self.places = {known: at for known, at in self.places.items() if known[: len(path)] != path}
        self.places[path] = place
