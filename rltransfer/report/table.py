"""A result as tables for the terminal."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from rltransfer.metrics import ArmTimes, TimesToThreshold, stratified_bootstrap
from rltransfer.report.overview import overview
from rltransfer.report.result import Result
from rltransfer.report.sizes import sizes_table
from rltransfer.report.styles import STYLES, ruled_table, seeds_in_words
from rltransfer.report.target import Arm, TargetResult
from rltransfer.report.words import Words, interval_in_words


def render(result: Result) -> RenderableType:
    """Everything a result says, target by target."""
    return Group(*_parts(result))


def plain_text(result: Result, *, width: int = 130) -> str:
    """The same without colours, for a file."""
    console = Console(file=io.StringIO(), width=width, no_color=True, force_terminal=False, highlight=False)
    console.print(render(result))
    file = console.file
    assert isinstance(file, io.StringIO)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _parts(result: Result) -> Iterator[RenderableType]:
    given = result.source_words
    words = result.words if result.targets else given
    about = "transfer against the from-scratch control" if result.targets else f"{words.source} on {result.source_task}"
    yield Text(f"{result.experiment}: {about}", style="bold")
    paired = ", paired by seed" if result.targets else ""
    figures = "IQM over seeds [95% bootstrap interval]" if result.num_seeds > 1 else "figures without intervals"
    yield Text(f"{seeds_in_words(result.num_seeds)}; {figures}{paired}; {words.scores} on {words.measured_on}.")
    source = result.source.at_end()
    if source is not None:
        trained = f"{given.source} trained for {result.source_steps:,} {given.counted}"
        reached = f"{given.reach} {interval_in_words(source)}{_success(result.source, given)}"
        yield Text(f"{trained} {reached}")
    for target in result.targets:
        yield Text()
        yield from _target(target, words, given)
    if result.targets:
        yield from overview(result)
        for sizes in result.sizes:
            yield from sizes_table(sizes, result.targets, words)
        yield from _legend()
    elif result.source.curves:
        yield from _source_curve(result.source, words)
    for warning in result.warnings:
        yield Text(f"warning: {warning}", style="yellow")
    for reason in result.damaged.values():
        yield Text(f"damaged, and left out: {reason}", style="red")
    for name, reason in result.failed.items():
        yield Text(f"failed: {name}: {reason}", style="red")
    if result.missing:
        shown = ", ".join(result.missing[:4]) + (", ..." if len(result.missing) > 4 else "")
        yield Text(f"not finished: {len(result.missing)} trials ({shown}); run again to go on", style="yellow")


def _source_curve(source: Arm, words: Words) -> Iterator[RenderableType]:
    """What the source agents achieve at each evaluation."""
    table = ruled_table(words.steps, words.score)
    curves = list(source.curves.values())
    for k, steps in enumerate(curves[0].env_steps):
        table.add_row(f"{steps:,}", interval_in_words(stratified_bootstrap(np.array([[c.returns[k]] for c in curves]))))
    yield Padding(table, (0, 0, 0, 2))
    yield Text(f"{_speed(source)} {words.steps}/s of training, median over seeds")


def _legend() -> Iterator[RenderableType]:
    yield Text()
    yield Text(
        "gain: area under the curve against the control's, per step; ratio: the same relative to the control's, with "
        "the random policy as 0 and the expert as 1 where the family has their scores, and undefined where it has none "
        "for the target's dynamics and layout, or the control is not reliably above 0; to threshold: median over seeds "
        "(how many reach it). Verdict: on the gain, and only where the bootstrap and the t interval both exclude 0.",
        style="dim",
    )


def _target(target: TargetResult, words: Words, given: Words) -> Iterator[RenderableType]:
    yield Text.assemble((target.name, "bold"), f"  {target.task}")
    control = target.arms[0]
    start, end = control.at_start(), control.at_end()
    if start is None or end is None:
        yield Padding(Text(f"from scratch: {control.reason}"), (0, 0, 0, 2))
    else:
        threshold = "" if target.threshold is None else f"; threshold {target.threshold:.2f}"
        text = (
            f"from scratch: {words.score} {interval_in_words(start)} at the start, {interval_in_words(end)} at the end"
        )
        yield Padding(Text(f"{text}{_success(control, words)}{threshold}"), (0, 0, 0, 2))
    table = ruled_table("method", "jumpstart", "asymptotic gain", "gain", "ratio", "to threshold", "steps/s")
    table.add_column("verdict")
    times = next((arm.summary.control_times for arm in target.arms if arm.summary is not None), None)
    for number, arm in enumerate(target.arms):
        table.add_row(*(_control_row(arm, times) if number == 0 else _row(arm)))
    yield Padding(table, (0, 0, 0, 2))
    totals = [
        f"{arm.method} {_times(arm.summary.transfer_times.total_steps)}"
        for arm in target.arms
        if arm.summary is not None and arm.summary.transfer_times is not None
    ]
    if totals and words.counted == given.counted:  # examples and steps of an environment do not add up
        text = f"to threshold with the source's steps counted: {', '.join(totals)}"
        yield Padding(Text(text, style="dim"), (0, 0, 0, 2))
    for arm in target.arms:
        if arm.reason:
            yield Padding(Text(f"{arm.method}: {arm.reason}", style="dim"), (0, 0, 0, 2))
        if arm.kept:
            before = sum(b for b, _ in arm.kept.values()) / len(arm.kept)
            after = sum(a for _, a in arm.kept.values()) / len(arm.kept)
            text = f"{arm.method}: {given.score} on the source task {before:.2f} before, {after:.2f} after"
            yield Padding(Text(text, style="dim"), (0, 0, 0, 2))


def _speed(arm: Arm) -> str:
    return "-" if arm.steps_per_second is None else f"{arm.steps_per_second:,.0f}"


def _control_row(arm: Arm, times: ArmTimes | None) -> tuple[RenderableType, ...]:
    return (arm.method, "", "", "", "", _target_times(times), _speed(arm), Text("control", style="dim"))


def _row(arm: Arm) -> tuple[RenderableType, ...]:
    if arm.summary is None:
        return (arm.method, "", "", "", "", "", _speed(arm), Text("-", style="dim"))
    summary = arm.summary
    return (
        arm.method,
        interval_in_words(summary.jumpstart, signed=True),
        interval_in_words(summary.asymptotic_gain, signed=True),
        interval_in_words(summary.total_reward_gain, signed=True),
        interval_in_words(summary.transfer_ratio, signed=True),
        _target_times(summary.transfer_times),
        _speed(arm),
        Text(summary.verdict, style=STYLES[summary.verdict]),
    )


def _target_times(times: ArmTimes | None) -> str:
    return "-" if times is None else _times(times.target_steps)


def _times(times: TimesToThreshold) -> str:
    reached = len(times.times) - times.num_censored
    median = f">{times.budget:,}" if times.median is None else f"{times.median:,.0f}"
    return f"{median} ({reached}/{len(times.times)})"


def _success(arm: Arm, words: Words) -> str:
    if not arm.success or not words.tells_success:
        return ""
    return f" (success {sum(arm.success.values()) / len(arm.success):.0%})"
