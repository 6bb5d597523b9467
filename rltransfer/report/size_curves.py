"""A result as a figure: what every method reaches, over the number of examples it learns from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, NullLocator

from rltransfer.report.figures import legend_below, legend_columns, save
from rltransfer.report.result import Result
from rltransfer.report.sizes import Score, Sizes, scores
from rltransfer.report.styles import look_of, seeds_in_words

_WIDEST = 0.05
"""Greatest distance of a method's points from their size, in decades, so that intervals do not hide each other."""


def draw_sizes(result: Result, path: Path) -> None:
    """Write a PNG with a panel for each group of targets that differ in size: one line a method.

    Points are the IQM over seeds at the end of the budget, bars 95% bootstrap intervals.
    """
    labels = [arm.method for arm in result.targets[0].arms]
    width = 1 + 6.2 * len(result.sizes)
    columns = legend_columns(labels, width)
    figure = Figure(figsize=(width, 4.2 + 0.22 * -(-len(labels) // columns)), layout="constrained")
    axes = figure.subplots(1, len(result.sizes), sharey=True, squeeze=False)[0]
    for axis, sizes in zip(axes, result.sizes, strict=True):
        _panel(axis, sizes, scores(sizes, result.targets), labels)
    axes[0].set_ylabel(f"{result.words.score} on {result.words.measured_on}")
    legend_below(figure, labels, columns)
    intervals = ", 95% bootstrap intervals" if result.num_seeds > 1 else ""
    figure.suptitle(f"{result.experiment}: IQM over {seeds_in_words(result.num_seeds)}{intervals}", fontsize=11)
    save(figure, path)


def _panel(axis: Axes, sizes: Sizes, by_method: dict[str, list[Score | None]], labels: list[str]) -> None:
    axis.set_title(sizes.name, fontsize=10)
    axis.set_xlabel("examples of each class to learn from")
    axis.set_xscale("log")
    ticks = [f"\n{label}" if label.startswith("all") else label for label in sizes.labels]  # 100 and all lie close
    axis.set_xticks(sizes.per_class, ticks, fontsize=8)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#eeeeee", linewidth=0.8)
    offsets = np.linspace(-_WIDEST, _WIDEST, len(labels)) if len(labels) > 1 else np.zeros(1)
    for method, of_size in by_method.items():
        place = labels.index(method)
        there = [k for k, score in enumerate(of_size) if score is not None]
        reached = [score.reached for score in of_size if score is not None]
        if not there:
            continue
        colour, line = look_of(place)
        at = np.array(sizes.per_class)[there] * 10 ** offsets[place]
        axis.plot(
            at,
            [interval.point for interval in reached],
            color=colour,
            linestyle=line,
            marker="o",
            markersize=3.5,
            linewidth=2.2 if method == "scratch" else 1.2,
            label=method,
        )
        low, high = ([getattr(interval, end) for interval in reached] for end in ("low", "high"))
        if np.isfinite([*low, *high]).all():
            axis.vlines(at, low, high, color=colour, linewidth=1.0)
