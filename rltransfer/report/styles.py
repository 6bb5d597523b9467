"""How results look in the terminal and in figures."""

from __future__ import annotations

from rich import box
from rich.table import Table

STYLES = {"helped": "bold green", "hurt": "bold red", "no evidence": "dim"}
"""Of a verdict in the terminal."""

# Okabe and Ito's palette, distinguishable with colour-blind eyes; black is the control's.
COLOURS = ("#000000", "#999999", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#B8A800")
"""Of methods in figures, in their order."""

LINES = ("-", "-.", (0, (1, 1)), (0, (6, 1, 1, 1, 1, 1)))
"""Of methods in figures, one after the other once all colours are used; a dashed line is a flat curve's."""

VERDICT_COLOURS = {"helped": "#009E73", "hurt": "#D55E00", "no evidence": "#777777"}
"""Of a verdict in figures."""


def look_of(place: int) -> tuple[str, str | tuple[int, tuple[int, ...]]]:
    """Colour and line of the method at ``place`` in the experiment's order; the control's black is its alone."""
    if place < len(COLOURS):
        return COLOURS[place], LINES[0]
    turn, colour = divmod(place - 1, len(COLOURS) - 1)
    return COLOURS[1 + colour], LINES[turn % len(LINES)]


def seeds_in_words(number: int) -> str:
    """The number of seeds with its noun."""
    return "1 seed" if number == 1 else f"{number} seeds"


def ruled_table(name: str, *numbers: str) -> Table:
    """A table with a line under its head; the first column is text, the others stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column(name)
    for column in numbers:
        table.add_column(column, justify="right")
    return table
