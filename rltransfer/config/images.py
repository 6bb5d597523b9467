"""Experiments on labelled images: shorter words for tasks that have data in the place of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rltransfer.config.data_sizes import as_listed, with_each_size
from rltransfer.config.section import as_mapping
from rltransfer.flaws import Flaw, KeyPath

LEARNER = "classifier"
"""The registered name of the algorithm that learns from labels."""
_OF_DATA = ("data", "per_class", "size")
_OWN = (*_OF_DATA, "published")
"""What a source or target says directly that stands under ``family`` in other experiments."""


def with_families(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """The raw fields of an experiment of ``kind: images`` as those of any other, and what cannot be turned into them.

    A source or target names ``data``, ``per_class`` and ``size`` itself; a target keeps what it does not name, and
    what the source does not name either stands at the top. A target that lists several ``per_class`` stands for one
    of each. The learner is a classifier. What is written in the longer way, as resolved files are, is left as it is.
    """
    changed = {key: value for key, value in data.items() if key not in _OF_DATA}
    usual = {key: data[key] for key in _OF_DATA if key in data}
    agent = data.get("agent")
    if agent is None:
        changed["agent"] = LEARNER
    elif isinstance(agent, Mapping) and "algorithm" not in agent:
        changed["agent"] = {"algorithm": LEARNER, **agent}
    source = as_mapping(data.get("source"))
    if source is not None:
        changed["source"] = _with_family(source, {} if "published" in source else usual)
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


def as_written(path: KeyPath, data: Mapping[str, Any]) -> KeyPath:
    """The path of a key in the file of an experiment on images, ``data``, from the path of what it stands for."""
    is_task = path[:1] == ("source",) or path[:1] == ("targets",)
    place = 1 if path[:1] == ("source",) else 2
    if is_task and path[place : place + 1] == ("family",):
        path = (*path[:place], *path[place + 1 :])
    return ("targets", *as_listed(path[1:], data.get("targets"))) if path[:1] == ("targets",) else path
