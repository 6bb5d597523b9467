"""What pydantic finds wrong, in words a user can act on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from rltransfer.registry import nearest

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the top of a file down to a value."""

MAX_SHOWN = 60
"""Characters of a user's own value that a message repeats."""

_OURS = "rltransfer"
"""The pydantic error type of messages that are in words already."""

_EXPECTED: dict[str, str] = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    "finite_number": "a finite number",
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "iterable_type"), "a list"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), "a mapping"),
    "none_required": "null",
}
_EXPLAINED: dict[str, Callable[[Any, dict[str, Any]], str]] = {
    "missing": lambda value, context: "missing. Add it.",
    "greater_than": lambda value, context: f"is {shown(value)}, but must be more than {shown(context['gt'])}.",
    "greater_than_equal": lambda value, context: f"is {shown(value)}, but must be at least {shown(context['ge'])}.",
    "less_than": lambda value, context: f"is {shown(value)}, but must be less than {shown(context['lt'])}.",
    "less_than_equal": lambda value, context: f"is {shown(value)}, but must be at most {shown(context['le'])}.",
    "too_short": lambda value, context: f"has {_entries(value)}, but needs at least {context['min_length']}.",
    "too_long": lambda value, context: f"has more than the {context['max_length']} entries allowed.",
    "string_too_short": lambda value, context: f"must have at least {context['min_length']} characters.",
    "string_too_long": lambda value, context: f"must have at most {context['max_length']} characters.",
    "string_pattern_mismatch": lambda value, context: f"{shown(value)} does not fit the pattern {context['pattern']}",
    "value_error": lambda value, context: str(context["error"]),
}


def _entries(value: Any) -> str:
    return "1 entry" if len(value) == 1 else f"{len(value)} entries"


@dataclass(frozen=True)
class Flaw:
    """One thing that does not hold, at a path relative to whatever is being checked."""

    path: KeyPath
    message: str

    def below(self, *parent: str | int) -> Flaw:
        """This flaw as seen from above ``parent``."""
        return Flaw((*parent, *self.path), self.message)


def flaw_error(title: str, flaws: Iterable[Flaw]) -> ValidationError:
    """The pydantic error that carries ``flaws``; raised in a validator, it keeps each one's path."""
    return ValidationError.from_exception_data(
        title,
        [
            InitErrorDetails(
                type=PydanticCustomError(_OURS, "{message}", {"message": flaw.message}),
                loc=flaw.path,
                input=None,
            )
            for flaw in flaws
        ],
        hide_input=True,
    )


def found_flaws(error: ValidationError, data: object, known: Iterable[str] = ()) -> list[Flaw]:
    """The errors of a model, reworded.

    Args:
        error: raised while ``data`` was validated.
        data: the raw input; it tells keys in an error's location from pydantic's names for union members.
        known: names of the model's fields, to suggest for an unknown key.
    """
    flaws: list[Flaw] = []
    unions: dict[KeyPath, list[tuple[KeyPath, ErrorDetails]]] = {}
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]:
            continue  # entries that do not hold by themselves are not counted, and each has a flaw of its own
        path, union = _real_path(detail, data)
        if union is None:
            flaws.append(Flaw(path, _message(detail, known)))
        else:
            unions.setdefault(union, []).append((path, detail))
    return [*flaws, *(flaw for union, members in unions.items() for flaw in _of_union(union, members))]


def _real_path(detail: ErrorDetails, data: object) -> tuple[KeyPath, KeyPath | None]:
    """The part of an error's location that is in ``data``, and the first union on the way, if any."""
    node, path = data, []
    union: KeyPath | None = None
    location = detail["loc"]
    for index, part in enumerate(location):
        is_key = isinstance(node, Mapping) and part in node
        is_item = isinstance(node, list | tuple) and isinstance(part, int) and part < len(node)
        is_absent = index == len(location) - 1 and detail["type"] == "missing"
        if is_key or is_item:
            node = node[part]  # type: ignore[index]
            path.append(part)
        elif is_absent or detail["type"] == _OURS:
            path.append(part)
            node = None
        elif part != "[key]" and union is None:
            union = tuple(path)
    return tuple(path), union


def _message(detail: ErrorDetails, known: Iterable[str]) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == _OURS:
        return detail["msg"]
    if kind == "extra_forbidden":
        return f"unknown key. {hint(str(detail['loc'][-1]), known)}"
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", context["expected"])
        return f"has no choice {shown(value)}. {hint(str(value), choices)}"
    if kind in _EXPECTED:
        return f"needs {_EXPECTED[kind]}, not {shown(value)}."
    if kind in _EXPLAINED:
        return _EXPLAINED[kind](value, context)
    return f"does not hold: {detail['msg'][:200]}"


def _of_union(union: KeyPath, members: list[tuple[KeyPath, ErrorDetails]]) -> list[Flaw]:
    """The errors of a union's members as one, unless some member fitted well enough to fail deeper inside."""
    deepest = max(len(path) for path, _ in members)
    if deepest > len(union):
        return [Flaw(path, _message(detail, ())) for path, detail in members if len(path) == deepest]
    value = members[0][1]["input"]
    misfits = [detail for _, detail in members if detail["type"] not in _EXPECTED and detail["type"] != "literal_error"]
    if misfits:
        return [Flaw(union, _message(misfits[0], ()))]
    wanted = [
        detail["ctx"]["expected"] if detail["type"] == "literal_error" else _EXPECTED[detail["type"]]
        for _, detail in members
    ]
    return [Flaw(union, f"needs {' or '.join(dict.fromkeys(wanted))}, not {shown(value)}.")]


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
