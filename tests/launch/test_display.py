"""What is shown of a launch: plain lines in a pipe, a display redrawn in place on a terminal."""

import io
import re
from types import SimpleNamespace

from rich.console import Console

from rltransfer.launch import JobEvent
from rltransfer.launch.display import Display

WEIGHTS = {"source/seed-0": 100.0, "dusk/scratch/seed-0": 50.0, "dusk/direct/seed-0": 1.0}


def shown(events, *, is_terminal=False, skipped=0):
    file = io.StringIO()
    console = Console(file=file, force_terminal=is_terminal, width=100, highlight=False)
    with Display(weights=WEIGHTS, console=console, skipped=skipped) as display:
        for name, kind, content in events:
            display(JobEvent(name=name, kind=kind, content=content))
    return file.getvalue()


def told(env_steps, latest=None):
    return SimpleNamespace(env_steps=env_steps, budget=200, steps_per_second=1234.5, latest_return=latest)


EVENTS = [
    ("source/seed-0", "started", None),
    ("source/seed-0", "told", told(100, 0.5)),
    ("source/seed-0", "told", told(200, 1.25)),
    ("source/seed-0", "finished", None),
    ("dusk/scratch/seed-0", "started", None),
    ("dusk/scratch/seed-0", "failed", "ValueError: [red]not markup[/red]"),
    ("dusk/direct/seed-0", "not run", "source/seed-0 failed"),
]


def test_in_a_pipe_every_end_is_one_plain_line():
    lines = shown(EVENTS, skipped=4).splitlines()
    assert lines[0] == "4 trials were finished before"
    assert re.fullmatch(r"\[1/3\] source/seed-0 finished  return 1\.25  1,234 steps/s  0 s  \d+:\d\d left", lines[1])
    assert lines[2].startswith("[2/3] dusk/scratch/seed-0 failed: ValueError: [red]not markup[/red]  0 s")
    assert lines[3].startswith("[3/3] dusk/direct/seed-0 not run: source/seed-0 failed")
    assert len(lines) == 4
    assert "\x1b" not in "".join(lines)


def test_a_long_reason_stays_on_one_line():
    lines = shown(
        [("dusk/direct/seed-0", "started", None), ("dusk/direct/seed-0", "failed", "word " * 100)]
    ).splitlines()
    assert len(lines) == 1
    assert lines[0].count("word") == 100


def test_on_a_terminal_what_runs_is_redrawn_in_place():
    output = shown(EVENTS[:2], is_terminal=True)
    assert "0 of 3 trials" in output
    assert "source/seed-0" in output
    assert "return 0.50" in output
    assert "\x1b[" in output


def test_the_time_left_follows_the_share_of_the_work(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("rltransfer.launch.display.time.monotonic", lambda: now[0])
    display = Display(weights=WEIGHTS, console=Console(file=io.StringIO()), _began=0.0)
    assert display._time_left() == "unknown time"
    display(JobEvent(name="source/seed-0", kind="started"))
    display(JobEvent(name="source/seed-0", kind="told", content=told(151)))  # 75.5 of 151
    now[0] = 90.0
    assert display._time_left() == "1:30"
