"""What is running, as it runs: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from rltransfer.launch.jobs import JobEvent


class Told(Protocol):
    """What a job tells while it runs."""

    env_steps: int
    budget: int
    steps_per_second: float
    latest_return: float | None


@dataclass
class _Job:
    started: float
    told: Told | None = None
    seconds: float | None = None


@dataclass
class Display:
    """Listens to a launch and shows it.

    Args:
        weights: job name to its share of the work, in any unit; what time is left is told from it.
        console: where to show. On a terminal the display is redrawn in place; elsewhere every event is a line.
        skipped: jobs that were finished before.
    """

    weights: Mapping[str, float]
    console: Console
    skipped: int = 0
    _running: dict[str, _Job] = field(default_factory=dict)
    _ended: dict[str, str] = field(default_factory=dict)
    _live: Live | None = None
    _began: float = field(default_factory=time.monotonic)

    def __enter__(self) -> Display:
        if self.console.is_terminal:
            self._live = Live(get_renderable=self._draw, console=self.console, refresh_per_second=4, transient=True)
            self._live.start()
        elif self.skipped:
            self.console.print(f"{self.skipped} trials were finished before", highlight=False)
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: JobEvent) -> None:
        """Take in one event."""
        if event.kind == "started":
            self._running[event.name] = _Job(started=time.monotonic())
        elif event.kind == "told":
            self._running[event.name].told = event.content
        else:
            job = self._running.pop(event.name, None)
            self._ended[event.name] = event.kind
            self._say(event, job)

    def _say(self, event: JobEvent, job: _Job | None) -> None:
        done = f"[{len(self._ended)}/{len(self.weights)}]"
        took = "" if job is None else f"  {time.monotonic() - job.started:.0f} s"
        told = None if job is None else job.told
        result = "" if told is None or told.latest_return is None else f"  return {told.latest_return:.2f}"
        speed = "" if told is None else f"  {told.steps_per_second:,.0f} steps/s"
        reason = "" if event.content is None else f": {event.content}"
        style = None if event.kind == "finished" else "red"
        left = "" if self._live is not None else f"  {self._time_left()} left"
        line = f"{done} {event.name} {event.kind}{reason}{result}{speed}{took}{left}"
        self.console.print(Text(line), style=style, highlight=False, soft_wrap=True)

    def _share(self) -> float:
        """How much of the work is done, 0 to 1."""
        done = sum(self.weights[name] for name in self._ended)
        for name, job in self._running.items():
            if job.told is not None and job.told.budget:
                done += self.weights[name] * min(1.0, job.told.env_steps / job.told.budget)
        total = sum(self.weights.values())
        return done / total if total else 1.0

    def _time_left(self) -> str:
        share = self._share()
        if share <= 0.01:
            return "unknown time"
        seconds = (time.monotonic() - self._began) * (1 - share) / share
        return f"{int(seconds // 60)}:{int(seconds % 60):02d}"

    def _draw(self) -> RenderableType:
        overall = Table.grid(padding=(0, 2))
        overall.add_row(
            Text(f"{len(self._ended)} of {len(self.weights)} trials", style="bold"),
            ProgressBar(total=1.0, completed=self._share(), width=40),
            f"{self._time_left()} left",
        )
        table = Table.grid(padding=(0, 2))
        for name, job in self._running.items():
            table.add_row(name, *_cells(job))
        return Group(overall, table)


def _cells(job: _Job) -> Sequence[RenderableType]:
    told = job.told
    if told is None:
        return (Text("starting", style="dim"), "", "")
    latest = "" if told.latest_return is None else f"return {told.latest_return:.2f}"
    bar = ProgressBar(total=max(1, told.budget), completed=told.env_steps, width=20)
    return (bar, f"{told.steps_per_second:,.0f} steps/s", latest)
