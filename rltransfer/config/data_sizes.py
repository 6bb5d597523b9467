"""A target with several sizes of data, written once: one target for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rltransfer.config.section import as_mapping
from rltransfer.flaws import Flaw, KeyPath, shown

PER_CLASS = "per_class"
"""The key under which a target may list several numbers."""
_TAKEN = "makes a target of a name that another has. Choose another name."


def target_of_size(name: str, per_class: object) -> str:
    """What the target ``name`` is called with that many examples of each class: ``digits-5``."""
    return f"{name}-{per_class}"


def with_each_size(targets: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """``targets`` with each that lists sizes replaced by one for each size, and what is wrong with such lists.

    A list that does not hold is replaced by its first size that does, so that the rest of the target is checked.
    """
    spread: dict[str, Any] = {}
    flaws: list[Flaw] = []
    for name, target in targets.items():
        sizes = _listed(target)
        if sizes is None:
            if name in spread:
                flaws.append(Flaw((name,), _TAKEN))
            spread[name] = target
            continue
        wrong = _flaws(sizes)
        if wrong:
            flaws += [flaw.below(name, PER_CLASS) for flaw in wrong]
            spread[name] = {**target, PER_CLASS: next((size for size in sizes if _is_size(size)), "all")}
            continue
        for index, size in enumerate(sizes):
            of_size = target_of_size(name, _plain(size))
            if of_size in spread:
                flaws.append(Flaw((name, PER_CLASS, index), _TAKEN))
            spread[of_size] = {**target, PER_CLASS: _plain(size)}
    return spread, flaws


def as_listed(path: KeyPath, targets: object) -> KeyPath:
    """The path of a key below ``targets`` in the file, from the path below the target of one size."""
    for name, target in (as_mapping(targets) or {}).items():
        for index, size in enumerate(_listed(target) or ()):
            if path[:1] == (target_of_size(name, _plain(size)),):
                return (name, *path[1:], index) if path[1:] == (PER_CLASS,) else (name, *path[1:])
    return path


def _listed(target: object) -> list[Any] | None:
    sizes = (as_mapping(target) or {}).get(PER_CLASS)
    return list(sizes) if isinstance(sizes, list | tuple) else None


def _is_size(size: object) -> bool:
    if isinstance(size, bool) or not isinstance(size, int | float):
        return size == "all"
    return size >= 1 and size == int(size)


def _plain(size: Any) -> Any:
    return int(size) if isinstance(size, float) and size.is_integer() else size


def _flaws(sizes: list[Any]) -> list[Flaw]:
    if not sizes:
        return [Flaw((), "has 0 entries, but needs at least 1.")]
    flaws = []
    for index, size in enumerate(sizes):
        if not _is_size(size):
            flaws.append(Flaw((index,), f"needs a whole number from 1, or all, not {shown(size)}."))
        elif size in sizes[:index]:
            flaws.append(Flaw((index,), f"the size {shown(size)} stands twice. Remove one."))
    return flaws
