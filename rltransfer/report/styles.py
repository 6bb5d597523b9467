"""How results look in the terminal and in figures."""

from __future__ import annotations

from rich import box
from rich.table import Table

STYLES = {"helped": "bold green", "hurt": "bold red", "no evidence": "dim"}
"""Of a verdict in the terminal."""

# Okabe and Ito's palette, distinguishable with colour-blind eyes; black is the control's.
COLOURS = ("#000000", "#999999", "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#B8A800")
"""Of methods in figures, in their order."""

VERDICT_COLOURS = {"helped": "#009E73", "hurt": "#D55E00", "no evidence": "#777777"}
"""Of a verdict in figures."""


def ruled_table(name: str, *numbers: str) -> Table:
    """A table with a line under its head; the first column is text, the others stand to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), collapse_padding=True)
    table.add_column(name)
    for column in numbers:
        table.add_column(column, justify="right")
    return table
