"""Distributions of both domains as PNG files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import both_domains, row_weights
from rltransfer.images.shift.counting import Joint, compare


def draw_joints(source: Joint, target: Joint, path: Path) -> None:
    """P(x, y) of both domains as maps of one scale, P(x) beside and P(y|x) under them; the shift's name above."""
    figure = _figure(9, 6)
    axes = figure.subplots(2, 3)
    most = max(source.joint.max(), target.joint.max())
    for column, (name, counted) in enumerate((("source", source), ("target", target))):
        _map(axes[0, column], counted, counted.joint, most, f"{name}: P(x, y)")
        _map(axes[1, column], counted, counted.y_given_x, 1.0, f"{name}: P(y|x)")
    for row, (title, names, bars) in enumerate(
        (
            ("P(x)", source.values, (source.of_x, target.of_x)),
            ("P(y)", source.classes, (source.of_y, target.of_y)),
        )
    ):
        places = np.arange(len(names))
        for offset, label, heights in ((-0.2, "source", bars[0]), (0.2, "target", bars[1])):
            axes[row, 2].bar(places + offset, heights, width=0.4, label=label)
        axes[row, 2].set_xticks(places, names)
        axes[row, 2].set_title(title)
        axes[row, 2].legend()
    figure.suptitle(compare(source, target).kind)
    _save(figure, path)


def draw_marginals(
    source: Any, target: Any, path: Path, *, weights: Any = None, names: tuple[str, ...] = (), most: int = 12
) -> None:
    """Histograms of the columns whose means differ most; and, where weights are given, of the re-weighted source.

    Args:
        source: (n_source, columns).
        target: (n_target, columns).
        path: the PNG file.
        weights: (n_source,) of source rows, or None.
        names: (columns,) names, or empty: their numbers.
        most: columns at most.
    """
    ours, theirs = both_domains(source, target)
    if most < 1 or (names and len(names) != ours.shape[1]):
        raise UnfitDataError(
            f"{len(names)} names, most {most}: give one to each of {ours.shape[1]} columns, 1 or more."
        )
    shares = None if weights is None else row_weights(weights, len(ours))
    spread = np.concatenate([ours, theirs]).std(0)
    gaps = np.abs(ours.mean(0) - theirs.mean(0)) / np.where(spread > 0, spread, np.inf)
    chosen = np.argsort(-gaps, kind="stable")[:most]
    rows = -(-len(chosen) // 4)
    figure = _figure(12, 2.2 * rows + 0.5)
    places = figure.subplots(rows, 4, squeeze=False).ravel()
    for left_over in places[len(chosen) :]:
        left_over.remove()
    for place, column in zip(places, chosen.tolist(), strict=False):
        edges = np.histogram_bin_edges(np.concatenate([ours[:, column], theirs[:, column]]), bins=30)
        place.hist(ours[:, column], edges, density=True, histtype="step", label="source")
        place.hist(theirs[:, column], edges, density=True, histtype="step", label="target")
        if shares is not None:
            place.hist(ours[:, column], edges, density=True, histtype="step", label="re-weighted", weights=shares)
        place.set_title(names[column] if names else f"column {column}", fontsize=8)
    figure.axes[0].legend(fontsize=7)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=110)


def _map(axes: Any, counted: Joint, shares: Any, most: float, title: str) -> None:
    axes.imshow(shares, vmin=0, vmax=most, cmap="Blues", aspect="auto")
    axes.set_xticks(range(len(counted.classes)), counted.classes)
    axes.set_yticks(range(len(counted.values)), counted.values)
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share > 0.6 * most else "black"
        axes.text(column, row, "-" if np.isnan(share) else f"{share:.2f}", ha="center", va="center", color=colour)
    axes.set_title(title)
