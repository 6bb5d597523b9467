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
