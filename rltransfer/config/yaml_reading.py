"""Strict YAML: one document, unique keys, no aliases, tags or merge keys, bounded depth and size.

The file is read as a stream of parse events, never through PyYAML's constructors: nothing in it can name a
Python object, and every key keeps its line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rltransfer.config.document import Document
from rltransfer.config.problems import ConfigErrors, Place, Problem
from rltransfer.config.scalars import read_scalar
from rltransfer.errors import ConfigError
from rltransfer.flaws import KeyPath, shown
from rltransfer.registry import nearest

MAX_BYTES = 256 * 1024
"""Largest file read: ten times the longest sensible experiment, two seconds of PyYAML."""
MAX_DEPTH = 32
"""Deepest nesting of mappings and lists."""

_HINTS = {
    "mapping values are not": "Quote text that has a colon; begin keys of one mapping in one column.",
    "could not find expected ':'": "Each key needs a colon and a space after it.",
    "expected <block end>": "Keys of one mapping, and items of one list, start in one column.",
    "found unexpected end of stream": "A quote is not closed.",
    "expected ',' or": "A bracket or brace is not closed, or a comma is missing.",
}


def read_document(path: Path | str) -> Document:
    """The YAML file at ``path``.

    Raises:
        ConfigErrors: the file cannot be read, or is not YAML of the kind this module accepts.
    """
    name = str(path)
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        folder = Path(path).parent
        near = nearest(Path(path).name, [file.name for file in folder.glob("*.y*ml")]) if folder.is_dir() else None
        hint = f"Did you mean {str(folder / near)!r}?" if near else "Give the path of an experiment file."
        raise ConfigError(f"{name}: no such file. {hint}") from None
    except IsADirectoryError:
        raise ConfigError(f"{name}: a directory. Name one of the YAML files in it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise ConfigError(f"{name!r}: cannot be read ({reason}).") from None
    if len(content) > MAX_BYTES:
        raise _refusal(name, 1, 1, f"the file is larger than {MAX_BYTES // 1024} KiB. Is it an experiment?")
    document = parse_document(_decoded(content, name), name)
    if document.data is None:
        raise _refusal(name, 1, 1, "the file is empty. Begin with 'experiment: a-name'.")
    return document


def parse_document(text: str, name: str) -> Document:
    """The YAML ``text``; ``name`` stands before line and column in messages.

    Raises:
        ConfigErrors: ``text`` cannot be read; problems that leave it readable stay in the document.
    """
    reader = _Reader(text, name)
    try:
        document = reader.read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _refusal(name, line, column, _syntax_message(error)) from None
    except yaml.reader.ReaderError as error:
        line, column = _line_and_column(text, error.position)
        message = f"the character U+{ord(text[error.position]):04X} cannot stand in YAML. Remove it."
        raise _refusal(name, line, column, message) from None
    if reader.is_unreadable:
        raise ConfigErrors(document.problems)
    return document


class _Reader:
    """Turns the events of one YAML text into a document."""

    def __init__(self, text: str, name: str) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        self._document = Document(name=name)
        self.is_unreadable = False

    def read(self) -> Document:
        document = self._document
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if document.places:
                    self._refuse(event, (), "a second document. Keep one experiment in a file, with no '---' line.")
                    break
                first = next(self._events)
                document.places[()] = self._place(first)
                document.data = self._value(first, ())
        return document

    def _value(self, event: yaml.Event, path: KeyPath) -> Any:
        if len(path) > MAX_DEPTH:
            raise ConfigErrors([self._problem(event, path[:3], f"nested more than {MAX_DEPTH} deep. Flatten it.")])
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, "an alias ('*'). Write the value out.", unreadable=True)
            return None
        if isinstance(event, yaml.NodeEvent) and event.anchor:
            self._refuse(event, path, "an anchor ('&'). Remove it; aliases are not read.")
        tag = getattr(event, "tag", None)
        if tag is not None:
            self._refuse(event, path, f"a tag ({shown(tag)}). Remove it; tags are not read.")
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        if isinstance(event, yaml.ScalarEvent) and event.style is not None:
            return event.value
        return self._scalar(event, path)

    def _mapping(self, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            inner = (*path, key)
            if key in found:
                first = self._document.places[inner].text.removeprefix(f"{self._document.name}:")
                self._refuse(event, inner, f"given twice; first at {first}. Keep one.")
            self._document.places[inner] = self._place(event)
            found[key] = self._value(next(self._events), inner)
        return found

    def _list(self, path: KeyPath) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            inner = (*path, len(found))
            self._document.places[inner] = self._place(event)
            found.append(self._value(event, inner))
        return found

    def _key(self, event: yaml.Event, path: KeyPath) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.anchor or event.tag is not None:
            self._refuse(event, path, "a key that is not plain text. Write 'key: value'.", unreadable=True)
            self._value(event, (*path, "?"))
            return "?"
        if event.value == "<<" and event.style is None:
            self._refuse(event, path, "a merge key ('<<'). Write the values out.", unreadable=True)
        return str(event.value)

    def _scalar(self, event: Any, path: KeyPath) -> Any:
        try:
            return read_scalar(event.value)
        except ValueError as error:
            self._refuse(event, path, f"{error}. Give a finite one.", unreadable=True)
            return None

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Place(text=f"{self._document.name}:{line}:{column}", order=(0, line, column))

    def _problem(self, event: yaml.Event, path: KeyPath, message: str) -> Problem:
        return Problem(place=self._place(event), path=path, message=message)

    def _refuse(self, event: yaml.Event, path: KeyPath, message: str, *, unreadable: bool = False) -> None:
        self._document.problems.append(self._problem(event, path, message))
        self.is_unreadable = self.is_unreadable or unreadable


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(content[: error.start].decode("utf-8", "replace"), None)
        byte = content[error.start]
        message = f"not UTF-8 text (byte 0x{byte:02x}). Save the file as UTF-8, if it is text at all."
        raise _refusal(name, line, column, message) from None


def _line_and_column(text: str, position: int | None) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    problem = re.sub(r"<stream end>|'<stream end>'", "the end of the file", error.problem or "cannot be read")
    if "'\\t'" in problem:
        return "a tab where YAML wants spaces. Indent with spaces."
    hints = [hint for start, hint in _HINTS.items() if problem.startswith(start)]
    return " ".join([f"not YAML: {problem}.", *hints])


def _refusal(name: str, line: int, column: int, message: str) -> ConfigErrors:
    place = Place(text=f"{name}:{line}:{column}", order=(0, line, column))
    return ConfigErrors([Problem(place=place, path=(), message=message)])
