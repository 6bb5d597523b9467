"""A result as a figure: every method's learning curve on every target."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rltransfer.metrics import stratified_bootstrap
from rltransfer.report.figures import legend_below, legend_columns, save
from rltransfer.report.result import Result
from rltransfer.report.styles import look_of, seeds_in_words
from rltransfer.report.target import Arm, TargetResult


def draw_curves(result: Result, path: Path) -> None:
    """Write a PNG with a panel for each target, or for the source where there is none.

    Curves are the IQM over seeds, with 95% bootstrap intervals as bands.
    """
    targets = result.targets or (_source_alone(result),)
    words = result.words if result.targets else result.source_words
    panels = len(targets)
    labels = [arm.method for arm in targets[0].arms]
    width = 1 + 4.2 * panels
    columns = legend_columns(labels, width)
    rows = -(-len(labels) // columns)
    figure = Figure(figsize=(width, 3.5 + 0.22 * rows), layout="constrained")
    axes = figure.subplots(1, panels, sharey=True, squeeze=False)[0]
    for axis, target in zip(axes, targets, strict=True):
        _panel(axis, target, labels)
        axis.set_xlabel(words.steps)
    axes[0].set_ylabel(f"{words.score} on {words.measured_on}")
    legend_below(figure, labels, columns)
    bands = ", 95% bootstrap intervals" if result.num_seeds > 1 else ""
    figure.suptitle(f"{result.experiment}: IQM over {seeds_in_words(result.num_seeds)}{bands}", fontsize=11)
    save(figure, path)


def _source_alone(result: Result) -> TargetResult:
    return TargetResult(name="source", task=result.source_task, threshold=None, arms=(result.source,))


def _panel(axis: Axes, target: TargetResult, labels: list[str]) -> None:
    axis.set_title(target.name, fontsize=10)
    axis.spines[["top", "right"]].set_visible(False)
    if target.threshold is not None:
        axis.axhline(target.threshold, color="#bbbbbb", linewidth=0.8, linestyle=":")
    for arm in target.arms:
        if arm.curves:
            _curve(axis, arm, labels.index(arm.method))


def _curve(axis: Axes, arm: Arm, place: int) -> None:
    colour, line = look_of(place)
    curves = list(arm.curves.values())
    steps = curves[0].env_steps
    returns = np.stack([curve.returns for curve in curves])  # (num_seeds, num_evaluations)
    bands = [stratified_bootstrap(returns[:, [k]], num_resamples=2_000) for k in range(returns.shape[1])]
    is_flat = bool(np.ptp(returns, axis=1).max() == 0)
    axis.plot(
        steps,
        [band.point for band in bands],
        color=colour,
        label=arm.method,
        linestyle="--" if is_flat else line,
        linewidth=2.2 if arm.method == "scratch" else 1.5,
    )
    axis.fill_between(
        steps,
        [band.low for band in bands],
        [band.high for band in bands],
        color=colour,
        alpha=0.13,
        linewidth=0,
    )
