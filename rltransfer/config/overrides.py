"""``a.b=value`` on the command line: one value of an experiment replaced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rltransfer.config.document import Document
from rltransfer.config.problems import ConfigErrors, Place, Problem
from rltransfer.config.yaml_reading import parse_document
from rltransfer.flaws import KeyPath, dotted, shown


def apply_overrides(document: Document, overrides: Iterable[str]) -> None:
    """Set each override in ``document``, in place; later ones win. What cannot be set joins its problems.

    Args:
        document: a parsed experiment.
        overrides: texts ``a.b=c``. ``c`` is YAML; list items are named by index (``methods.0=direct``);
            mappings on the way are made as needed.
    """
    for index, override in enumerate(overrides):
        place = Place(text=f"override {shown(override)}", order=(1, index, 0))
        try:
            _apply(document, override, place)
        except _Refused as refused:
            document.problems.append(Problem(place=place, path=refused.path, message=refused.message))


class _Refused(Exception):  # noqa: N818 -- never leaves this file
    def __init__(self, path: KeyPath, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def _apply(document: Document, override: str, place: Place) -> None:
    dotted_key, equals, text = override.partition("=")
    keys = dotted_key.strip().split(".")
    if not equals or not all(keys):
        raise _Refused((), "not an override. Write key=value, with dots between keys: evaluation.episodes=20")
    value = _value(text, keys)
    path: KeyPath = ()
    node: Any = document.data
    for key in keys[:-1]:
        step = _step(node, key, path)
        path = (*path, step)
        if isinstance(node, dict) and node.get(key) is None:
            node[key] = {}
            document.replace(path, place)
        node = node[step]
    last = _step(node, keys[-1], path)
    node[last] = value
    document.replace((*path, last), place)


def _value(text: str, keys: list[str]) -> Any:
    if not text.strip():
        return None
    try:
        parsed = parse_document(text, "value")
    except ConfigErrors as errors:
        raise _Refused(tuple(keys), f"the value cannot be read: {errors.problems[0].message}") from None
    if parsed.problems:
        raise _Refused(tuple(keys), parsed.problems[0].message)
    return parsed.data


def _step(node: Any, key: str, path: KeyPath) -> str | int:
    """``key`` as an index into ``node``: text for a mapping, a number for a list."""
    if isinstance(node, dict):
        return key
    if not isinstance(node, list):
        raise _Refused((*path, key), f"{dotted(path)} is {shown(node)}, which has no keys. Replace it whole.")
    if not key.isdecimal() or int(key) >= len(node):
        raise _Refused((*path, key), f"{dotted(path)} is a list of {len(node)}. Name an item by 0 to {len(node) - 1}.")
    return int(key)
