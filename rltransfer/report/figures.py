"""What figures have in common: a legend that fits, and a file."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rltransfer.files import write_atomically


def save(figure: Figure, path: Path) -> None:
    """Write ``figure`` as a PNG."""
    FigureCanvasAgg(figure)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=140)
    write_atomically(path, picture.getvalue())


def legend_columns(labels: list[str], width: float) -> int:
    """The most columns of a legend with these labels, filled one after the other, that ``width`` inches hold."""
    for columns in range(len(labels), 1, -1):
        longest = [max(len(label) for label in column) for column in np.array_split(labels, columns)]
        if sum(0.6 + 0.085 * length for length in longest) <= width:
            return columns
    return 1


def legend_below(figure: Figure, labels: list[str], columns: int) -> None:
    """One legend under all panels of ``figure``, of those ``labels`` that any of them shows, in this order."""
    handles = {text: line for axis in figure.axes for line, text in zip(*axis.get_legend_handles_labels(), strict=True)}
    shown = [label for label in labels if label in handles]
    figure.legend(
        [handles[label] for label in shown],
        shown,
        loc="outside lower center",
        ncols=min(len(shown), columns),
        frameon=False,
        fontsize=9,
    )
