"""An experiment run from a terminal, with its display, its summary and its exit status."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from rltransfer.config import ExperimentConfig
from rltransfer.errors import NoEffectWarning
from rltransfer.experiment import Plan, run_experiment
from rltransfer.launch.display import Display
from rltransfer.launch.jobs import Listener
from rltransfer.report import collect, render
from rltransfer.runs import RunDirectory, TrialName

FAILED, INTERRUPTED = 1, 130
"""Exit statuses: a trial failed or is damaged; Ctrl-C."""


def run_in_terminal(config: ExperimentConfig, *, out: Path | None, workers: int | None) -> int:
    """Run ``config``, show it as it runs and sum up. Returns the exit status."""
    console = _console()
    with ExitStack() as stack:

        def listen(left: Plan, done: Plan) -> Listener:
            weights = {str(name): _work(config, name) for name in left}
            return stack.enter_context(Display(weights=weights, console=console, skipped=len(done)))

        stack.enter_context(warnings.catch_warnings())
        warnings.showwarning = _shown_plainly(console, warnings.showwarning)
        try:
            result = run_experiment(config, out=out, workers=workers, listen=listen)
        except KeyboardInterrupt:
            stack.close()
            console.print("stopped. Finished trials are kept; run the same command to go on.", style="yellow")
            return INTERRUPTED
    run = RunDirectory(out if out is not None else Path("runs") / config.experiment)
    console.print(render(result))
    console.print(
        Text(f"\nfigure: {run.figure}    curves: tensorboard --logdir {run.path}    again: rltransfer show {run.path}")
    )
    return FAILED if result.failed or result.damaged else 0


def show_in_terminal(directory: Path) -> None:
    """Show what the run in ``directory`` has found so far."""
    _console().print(render(collect(RunDirectory(directory))))


def _console() -> Console:
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 130  # tables in a log or a pipe are not folded at 80
    return console


def _shown_plainly(console: Console, otherwise: Any) -> Any:
    """What shows a warning about an experiment in one line, without the code that gave it."""

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, NoEffectWarning):
            console.print(f"warning: {message}", style="yellow", markup=False)
        else:
            otherwise(message, category, *place)

    return show


def _work(config: ExperimentConfig, name: TrialName) -> float:
    """About how long a trial takes, relative to others: frozen parts cost little, two tasks cost double."""
    from rltransfer.transfer import Frozen

    if name.is_source:
        return float(config.source.budget or 0)
    method = next(m for m in config.methods if m.label == name.method)
    if not method.trains:
        return 0.02 * config.budget
    if isinstance(method, Frozen):
        return 0.3 * config.budget
    return (2.0 if method.needs_source_env else 1.0) * config.budget
