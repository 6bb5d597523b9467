"""Labelled data in experiments: shorter words for tasks that have them in the place of an environment."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from pydantic import ValidationError

from rltransfer.config.choices import agent_named
from rltransfer.config.data_sizes import as_listed, with_each_size
from rltransfer.config.section import as_mapping
from rltransfer.flaws import Flaw, KeyPath

LEARNER = "classifier"
"""The registered name of the algorithm that learns from labels."""
ACTOR = "ppo"
"""That of the one which learns from rewards where none is named."""
_OF_DATA = ("data", "per_class", "size")
_OWN = (*_OF_DATA, "published")
"""What a source or target says directly that could stand under ``family``."""


def with_families(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """The raw fields of an experiment with every task under ``family``, a learner for each, and what does not hold.

    A source or target may name ``data``, ``per_class`` and ``size`` itself; a target that lists several ``per_class``
    stands for one of each. With ``kind: images`` a target keeps what it does not name, what the source does not name
    either stands at the top, and the learner is a classifier. A source of the other kind has a learner of its own.
    What is written in the longer way, as resolved files are, is left as it is.
    """
    is_images = data.get("kind") == "images"
    changed = {key: value for key, value in data.items() if not is_images or key not in _OF_DATA}
    usual = {key: data[key] for key in _OF_DATA if is_images and key in data}
    if is_images:
        changed["agent"] = _named(data.get("agent"), LEARNER)
    source = as_mapping(data.get("source"))
    if source is not None:
        task = _with_family(source, {} if "published" in source else usual)
        changed["source"] = _with_learner(task, changed.get("agent", ACTOR), is_images=is_images)
        if is_images:
            usual = {**usual, **{key: source[key] for key in _OF_DATA if key in source}}
    targets, flaws = as_mapping(data.get("targets")), list[Flaw]()
    if targets is not None:
        targets, flaws = with_each_size(targets)
        named = {name: as_mapping(target) for name, target in targets.items()}
        changed["targets"] = {
            name: targets[name] if target is None else _with_family(target, usual) for name, target in named.items()
        }
    return changed, [flaw.below("targets") for flaw in flaws]


def _with_family(task: dict[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: task[key] for key in _OWN if key in task}
    if "family" in task or not (own or usual):
        return task
    rest = {key: value for key, value in task.items() if key not in own}
    return {**rest, "family": {**usual, **own}}


def _with_learner(source: dict[str, Any], agent: object, *, is_images: bool) -> dict[str, Any]:
    """``source`` with the usual learner of its kind, where it trains and the experiment's is for the other kind."""
    family = as_mapping(source.get("family")) or {}
    has_labels = any(key in family for key in _OWN)
    usual = LEARNER if has_labels else ACTOR
    if source.get("learner") is not None:
        return {**source, "learner": _named(source["learner"], usual)}
    if has_labels == is_images or source.get("agent") is not None or not source.get("family"):
        return source
    try:
        learns_labels = getattr(agent_named(agent), "learns_from", "rewards") == "labels"
    except ValidationError:
        return source  # the field says what is wrong with it
    return source if learns_labels == has_labels else {**source, "learner": usual}


def _named(agent: object, usual: str) -> object:
    """An algorithm as written, with its name where that is left out."""
    if agent is None:
        return usual
    return {"algorithm": usual, **agent} if isinstance(agent, Mapping) and "algorithm" not in agent else agent


def as_written(path: KeyPath, data: Mapping[str, Any], places: Container[KeyPath]) -> KeyPath:
    """The path of a key in a file, ``data``, that may name data in the shorter way, from that in the longer.

    Args:
        path: in the longer way.
        data: what stands in the file.
        places: the paths that it has.
    """
    place = {"source": 1, "targets": 2}.get(str(path[0])) if path else None
    if place is None or path in places:
        return path
    task = ("targets", *as_listed(path[1:place], data.get("targets"))) if place == 2 else path[:1]
    is_short = any((*at, word) in places for word in _OWN for at in (task, ()))
    if path[place : place + 1] == ("family",) and (*task, "family") not in places and is_short:
        path = (*path[:place], *path[place + 1 :])
    return ("targets", *as_listed(path[1:], data.get("targets"))) if place == 2 else path
