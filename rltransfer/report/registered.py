"""What is registered, as tables for the terminal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rltransfer.config.docstrings import field_descriptions, paragraphs_of, summary_of
from rltransfer.errors import RLTransferError
from rltransfer.registry import ALGORITHMS, FAMILIES, METHODS, Registry
from rltransfer.tasks.factor import written
from rltransfer.tasks.family import Family
from rltransfer.transfer.method import TransferMethod


def families_table() -> RenderableType:
    """One line a registered family; one that cannot be imported is named with the reason."""
    table = _table("family", "robots", "tasks", "factors", "about")
    for name in FAMILIES:
        try:
            family: Family = FAMILIES.get(name)
        except (ImportError, AttributeError, RLTransferError) as error:
            table.add_row(name, "", "", "", Text(f"cannot be imported: {error}", style="red"))
            continue
        kinds = Counter(factor.kind for factor in family.factors.values())
        counted = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        extra = f' (pip install "rltransfer[{family.extra}]")' if family.extra else ""
        table.add_row(name, ", ".join(family.robots), ", ".join(family.tasks), counted, family.summary + extra)
    return table


def settings_table(entries: Registry[Any]) -> RenderableType:
    """One line an entry whose class says in its docstring what it is: methods, trunks, algorithms, wrappers."""
    table = _table(entries.kind, "about", "options")
    for name in entries:
        kind = entries.get(name)
        options = ", ".join(field for field in kind.model_fields if field != "name")
        table.add_row(name, summary_of(kind), options)
    return table


def methods_table() -> RenderableType:
    """Every method's place in the taxonomy, by what is transferred: in what setting, between which spaces, for whom."""
    table = _table("method", *PLACES)
    kinds = {name: METHODS.get(name) for name in METHODS}
    for name in sorted(kinds, key=lambda name: (kinds[name].transfers, name)):
        table.add_row(name, *_place(kinds[name]))
    about = Text("rltransfer show method NAME says what one does, and its options.", style="dim")
    return Group(table, about)


def settings_page(entries: Registry[Any], name: str) -> RenderableType:
    """What an entry's docstring says of it, and its options with their defaults."""
    kind = entries.get(name)
    parts: list[RenderableType] = [Text(name, style="bold")]
    if entries is METHODS:
        parts.append(Text("; ".join(f"{what}: {of}" for what, of in zip(PLACES, _place(kind), strict=True)), "dim"))
    parts += [Text("\n" + paragraph) for paragraph in paragraphs_of(kind)]
    table = _table("option", "default", "about")
    descriptions = field_descriptions(kind)
    for option, field in kind.model_fields.items():
        default = "needed" if field.is_required() else json.dumps(field.default, default=str)
        table.add_row(option, default, descriptions.get(option, ""))
    return Group(*parts, table)


PLACES = ("transfers", "setting", "spaces", "source", "algorithms")
"""The axes of the field's taxonomy, and what a method needs."""


def _place(method: type[Any]) -> tuple[str, ...]:
    maps_actions = method.maps is not TransferMethod.maps
    spaces = "may differ" if method.heterogeneous else "equal, or actions mapped" if maps_actions else "equal"
    source = "agent and task" if method.needs_source_env else "agent" if method.needs_source else "none"
    if not method.needs_source and method.takes_source is not TransferMethod.takes_source:
        source = "none, or agent and task"  # by its settings
    unserved = [
        name
        for name in ALGORITHMS
        if name in method.unserved or (method.acts_in_steps and ALGORITHMS.get(name).natural_gradients)
    ]
    served = ", ".join(method.algorithms) or "all" + (f" but {', '.join(unserved)}" if unserved else "")
    return method.transfers, method.setting, spaces, source, served


def family_page(family: Family) -> RenderableType:
    """Robots, tasks and factors of a family."""
    return Group(*_page(family))


def _page(family: Family) -> Iterator[RenderableType]:
    yield Text(f"{family.name}: {family.summary}", style="bold")
    for kind, names in (("robot", family.robots), ("task", family.tasks)):
        table = _table(kind, "about")
        for name, about in names.items():
            table.add_row(name, about)
        yield table
    table = _table("factor", "kind", "default", "allowed", "usual", "effect")
    for factor in family.factors.values():
        cells = (written(factor.default), factor.bounds, factor.usual_bounds, factor.effect)
        table.add_row(factor.name, factor.kind, *cells)
    yield table
    yield Text("usual: what sources are trained in; the rest of what is allowed is for extrapolation.", style="dim")


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    return table
