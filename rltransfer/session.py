"""An experiment run from a terminal, with its display, its summary and its exit status."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from rltransfer.config import ExperimentConfig, ForeignAgent
from rltransfer.errors import ConfigError, NoEffectWarning, SkippedDataWarning, UnknownNameError
from rltransfer.experiment import Plan, run_experiment
from rltransfer.files import require_ending
from rltransfer.launch.display import Display
from rltransfer.launch.jobs import Listener
from rltransfer.registry import ALGORITHMS, FAMILIES, IMAGE_DATA, METHODS, TRUNKS, WRAPPERS, nearest
from rltransfer.report import collect, render
from rltransfer.report.registered import families_table, family_page, methods_table, settings_page, settings_table
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
    figures = ", ".join(str(path) for path in (run.curves, run.gains, run.sizes) if path.exists())
    seen = f"curves: tensorboard --logdir {run.path}    again: rltransfer show {run.path}"
    console.print(Text(f"\nfigures: {figures}    {seen}"))
    return FAILED if result.failed or result.damaged else 0


def show_in_terminal(directory: Path) -> None:
    """Show what the run in ``directory`` has found so far."""
    console = _console()
    with warnings.catch_warnings():
        warnings.showwarning = _shown_plainly(console, warnings.showwarning)
        console.print(render(collect(RunDirectory(directory))))


def show_family_in_terminal(name: str, *, png: Path | None) -> None:
    """Show a family's robots, tasks and factors; with ``png``, draw its contact sheet."""
    family = FAMILIES.get(name)
    if png is not None:
        require_ending(png, ".png")
    console = _console()
    console.print(family_page(family))
    if png is not None:
        from rltransfer.report.contact_sheet import draw_contact_sheet

        draw_contact_sheet(family, png)
        console.print(f"contact sheet: {png}")


def show_settings_in_terminal(kind: str, name: str) -> None:
    """Show what a method, trunk, algorithm, wrapper or format of data does, and its options."""
    described = {entries.kind: entries for entries in (METHODS, TRUNKS, ALGORITHMS, WRAPPERS)} | {"data": IMAGE_DATA}
    if kind not in described:
        kinds = ("family", *described)
        raise UnknownNameError("kind", kind, kinds, nearest(kind, kinds))
    console = _console()
    console.print(settings_page(described[kind], name))
    if kind == TRUNKS.kind and TRUNKS.get(name).published_classes:
        from rltransfer.trunks.layer_table import table_at_its_size

        console.print(Text(str(table_at_its_size(TRUNKS.get(name)()))))


def import_in_terminal(config: ExperimentConfig, *, to: Path) -> None:
    """Write the foreign agent of an experiment's source as a folder, and say what came out of its file.

    Raises:
        ConfigError: the experiment's source is no foreign agent, or what it needs is missing.
    """
    from rltransfer.agents.artifact import save
    from rltransfer.trial import given_source

    if not isinstance(config.source.agent, ForeignAgent):
        raise ConfigError("source.agent names no file to import. Write agent: {file: agent.zip, algorithm: ppo}.")
    agent = given_source(config, device="cpu")
    save(agent, to, provenance={"imported": config.source.agent.file})
    console = _console()
    console.print(Text(str(agent.import_report)))  # type: ignore[attr-defined]
    console.print(Text(f"written to {to}; give it as source.agent, or to rltransfer.load_agent"))


def film_in_terminal(agent: Path, *, gif: Path, copies: int, steps: int) -> None:
    """Film the agent saved in the folder ``agent`` at the task it was trained on."""
    from rltransfer.agents.anatomy import task_of
    from rltransfer.agents.artifact import load_agent
    from rltransfer.training.film import film

    model = load_agent(agent)
    task = task_of(model)
    if task is None:
        raise ConfigError(f"{agent} does not say which registered family's task it was trained on")
    film(model, task, gif, copies=copies, steps=steps)
    _console().print(f"{gif}: {steps + 1} frames of {task}")


def list_in_terminal(kind: str) -> None:
    """List what is registered under ``kind``, one line each."""
    tables: dict[str, Callable[[], Any]] = {
        "families": families_table,
        "methods": methods_table,
        "trunks": lambda: settings_table(TRUNKS),
        "algorithms": lambda: settings_table(ALGORITHMS),
        "wrappers": lambda: settings_table(WRAPPERS),
        "data": lambda: settings_table(IMAGE_DATA),
    }
    if kind not in tables:
        raise UnknownNameError("kind of thing", kind, tuple(tables), nearest(kind, tables))
    _console().print(tables[kind]())


def check_family_in_terminal(name: str, *, copies: int, steps: int) -> int:
    """Run the conformance suite on a family, line by line. Returns the exit status."""
    from rltransfer.tasks.conformance import Effort, check_family

    console, is_broken = _console(), False
    styles = {"kept": "green", "broken": "bold red", "not offered": "yellow"}
    for finding in check_family(FAMILIES.get(name), effort=Effort(copies=copies, steps=steps)):
        is_broken |= finding.outcome == "broken"
        outcome = Text(f"{finding.outcome:<12}", style=styles[finding.outcome])
        console.print(Text.assemble(outcome, f"{finding.check:<36} {finding.detail}"))
    return FAILED if is_broken else 0


def _console() -> Console:
    console = Console(highlight=False, markup=False)  # [box2d] is part of what is said, not a style
    if not console.is_terminal:
        console.width = 130  # tables in a log or a pipe are not folded at 80
    return console


def _shown_plainly(console: Console, otherwise: Any) -> Any:
    """What shows a warning about an experiment in one line, without the code that gave it."""

    def show(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if issubclass(category, NoEffectWarning | SkippedDataWarning):
            console.print(f"warning: {message}", style="yellow")
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
    if any(isinstance(part, Frozen) for part in method.together()):
        return 0.3 * config.budget
    return (2.0 if method.changes_source else 1.0) * config.budget
