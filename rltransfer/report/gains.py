"""A result as a figure of gains: every method on every target, with intervals and verdicts."""

from __future__ import annotations

import math
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from rltransfer.report.figures import save
from rltransfer.report.result import Result
from rltransfer.report.styles import VERDICT_COLOURS, seeds_in_words
from rltransfer.report.target import TargetResult


def draw_gains(result: Result, path: Path) -> None:
    """Write a PNG with a panel for each target: gains over the control as points, with 95% intervals as lines.

    Methods stand in the experiment's order; one that does not apply to a target leaves its line empty.
    """
    methods = [arm.method for arm in result.targets[0].arms[1:]]
    panels = len(result.targets)
    figure = Figure(figsize=(2.2 + 2.6 * panels, 1.5 + 0.24 * len(methods)), layout="constrained")
    axes = figure.subplots(1, panels, sharey=True, sharex=True, squeeze=False)[0]
    for axis, target in zip(axes, result.targets, strict=True):
        _panel(axis, target, methods)
        axis.set_xlabel(f"gain, {result.words.score} per step", fontsize=8)
    axes[0].set_yticks(range(len(methods)), methods, fontsize=8)
    axes[0].set_ylim(len(methods) - 0.4, -0.6)
    handles = [Line2D([], [], color=colour, marker="o", markersize=4) for colour in VERDICT_COLOURS.values()]
    figure.legend(handles, list(VERDICT_COLOURS), loc="outside lower center", ncols=len(handles), frameon=False)
    over = seeds_in_words(result.num_seeds)
    figure.suptitle(f"{result.experiment}: gain over the from-scratch control, {over}", fontsize=11)
    save(figure, path)


def _panel(axis: Axes, target: TargetResult, methods: list[str]) -> None:
    axis.set_title(target.name, fontsize=10)
    axis.tick_params(labelsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color="#eeeeee", linewidth=0.8)
    axis.axvline(0, color="#000000", linewidth=0.8)
    for arm in target.arms[1:]:
        if arm.summary is None:
            continue
        row, gain = methods.index(arm.method), arm.summary.total_reward_gain
        colour = VERDICT_COLOURS[arm.summary.verdict]
        if math.isfinite(gain.low) and math.isfinite(gain.high):  # one seed has infinite ends
            axis.plot([gain.low, gain.high], [row, row], color=colour, linewidth=1.6, solid_capstyle="butt")
        axis.plot([gain.point], [row], color=colour, marker="o", markersize=4)
