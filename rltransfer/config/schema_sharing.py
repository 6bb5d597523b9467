"""What a JSON Schema says more than once, said once under ``definitions``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

Schema = dict[str, Any]

LEAST_LENGTH = 160
"""Characters of JSON from which a repeated part is worth a name."""
_ONE = ("items", "additionalProperties", "propertyNames", "not")
_LISTED = ("anyOf", "oneOf", "allOf")


def with_shared_parts(root: Schema) -> Schema:
    """``root`` with each part that occurs more than once written once and referred to by ``$ref``."""
    counts: Counter[str] = Counter()

    def count(schema: Schema) -> Schema:
        counts[_text(schema)] += 1
        # what is within a repeated part is counted with its first occurrence only: the part is written once
        return schema if counts[_text(schema)] > 1 else _with_parts(schema, count)

    _with_parts(root, count)
    names: dict[str, str] = {}
    definitions: dict[str, Schema] = {}

    def share(schema: Schema) -> Schema:
        text = _text(schema)
        if counts[text] < 2 or len(text) < LEAST_LENGTH:
            return _with_parts(schema, share)
        if text not in names:
            names[text] = str(len(names) + 1)
            definitions[names[text]] = _with_parts(schema, share)
        return {"$ref": f"#/definitions/{names[text]}"}

    return {**_with_parts(root, share), "definitions": definitions}


def _text(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)


def _with_parts(schema: Schema, change: Callable[[Schema], Schema]) -> Schema:
    """``schema`` with every schema directly within it changed."""
    changed = dict(schema)
    for key in _ONE:
        if isinstance(schema.get(key), dict):
            changed[key] = change(schema[key])
    for key in _LISTED:
        if key in schema:
            changed[key] = [change(part) for part in schema[key]]
    if "properties" in schema:
        changed["properties"] = {name: change(part) for name, part in schema["properties"].items()}
    return changed
