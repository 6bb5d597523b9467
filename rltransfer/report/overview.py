"""A result over all of its targets: where each method helped, where it hurt, and how often transfer worked."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from rltransfer.metrics import worked_rate
from rltransfer.report.result import Result
from rltransfer.report.styles import STYLES, ruled_table
from rltransfer.report.target import Arm, arms_of

MARKS = {"helped": " ↑", "hurt": " ↓", "no evidence": "  "}


def overview(result: Result) -> Iterator[RenderableType]:
    """Gain of each method on each target, where there are several; nothing otherwise."""
    by_method = {arm.method: arms_of(result.targets, arm.method) for arm in result.targets[0].arms[1:]}
    judged = [arm.summary.verdict for arms in by_method.values() for arm in arms if arm and arm.summary]
    if len(result.targets) < 2 or not judged:
        return
    rate = worked_rate(judged)
    yield Text()
    yield Text("all targets", style="bold")
    text = f"helped in {rate.num_helped} of {rate.num_pairs} pairs of method and target, hurt in {rate.num_hurt}"
    yield Padding(Text(f"{text}; by chance alone, about {0.025 * rate.num_pairs:.2g} of each"), (0, 0, 0, 2))
    table = ruled_table("gain", *(target.name for target in result.targets))
    for method, arms in by_method.items():
        table.add_row(method, *(_cell(arm) for arm in arms))
    yield Padding(table, (0, 0, 0, 2))
    yield Padding(Text("↑ helped, ↓ hurt, by the verdicts above", style="dim"), (0, 0, 0, 2))


def _cell(arm: Arm | None) -> Text:
    if arm is None or arm.summary is None:
        return Text("-  ", style="dim")
    verdict = arm.summary.verdict
    return Text(f"{arm.summary.total_reward_gain.point:+.2f}{MARKS[verdict]}", style=STYLES[verdict])
