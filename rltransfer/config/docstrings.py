"""What a settings class says about its fields, taken from its docstring, so that it is said once."""

from __future__ import annotations

import inspect
import re


def summary_of(kind: type) -> str:
    """The first paragraph of the class's own docstring, in one line; empty where it has none."""
    documentation = inspect.cleandoc(kind.__doc__ or "")
    return " ".join(documentation.split("\n\n")[0].replace("``", "`").split())


def field_descriptions(kind: type) -> dict[str, str]:
    """Field name to its line under ``Args:``, of the class and of those it derives from."""
    found: dict[str, str] = {}
    for ancestor in reversed(kind.__mro__):
        documentation = inspect.cleandoc(ancestor.__dict__.get("__doc__") or "")
        section = re.search(r"^Args:\n((?:[ ].*\n?|\n)*)", documentation, re.MULTILINE)
        if section is None:
            continue
        for entry in re.split(r"\n(?=    \S)", section[1].rstrip()):
            name, _, text = entry.strip().partition(":")
            found[name] = " ".join(text.replace("``", "`").split())
    return found


def paragraphs_of(kind: type) -> list[str]:
    """What the class's own docstring says in prose: every paragraph but those under ``Args:`` and the like."""
    documentation = inspect.cleandoc(kind.__doc__ or "")
    blocks = (block for block in documentation.split("\n\n") if not re.match(r"(Args|Returns|Raises):\n", block))
    return [" ".join(block.replace("``", "`").split()) for block in blocks if not block.startswith(" ")]
