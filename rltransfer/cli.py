"""The command line. Commands import what they need when they run, so that help and checks are quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rltransfer.errors import RLTransferError


class _OneLineErrors(TyperGroup):
    """Shows what rltransfer refuses as its message alone, and exits with 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RLTransferError as error:
            typer.echo(str(error), err=True)
        except OSError as error:
            if error.filename is None:
                raise
            typer.echo(f"{error.filename}: {error.strerror}", err=True)
        raise typer.Exit(2) from None


app = typer.Typer(
    cls=_OneLineErrors,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help: rich alone takes longer to import than a check
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="An experiment file, such as configs/quickstart.yaml.", show_default=False),
]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="KEY=VALUE",
        help="Values to replace, with dots between keys: seeds=2 targets.dusk.environment.slip=0.3",
        show_default=False,
    ),
]


def _print_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"rltransfer {version('rltransfer')}")
        raise typer.Exit


@app.callback()
def _rltransfer(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Transfer in deep reinforcement learning: sources, targets, methods, and answers with intervals."""


@app.command()
def check(file: File, overrides: Overrides = None) -> None:
    """Check an experiment file, and say how much it would run."""
    from rltransfer.config import load_experiment
    from rltransfer.config.size import size_of

    config = load_experiment(file, overrides or ())
    typer.echo(f"{file}: valid. {size_of(config)}")


@app.command()
def run(
    file: File,
    overrides: Overrides = None,
    out: Annotated[
        Path | None,
        typer.Option(help="The run directory; runs/<experiment> where left out.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Trials at a time; as in the file, or all cores, where left out.", show_default=False),
    ] = None,
) -> None:
    """Run an experiment, or what is left of it."""
    from rltransfer.config import load_experiment

    config = load_experiment(file, overrides or ())
    from rltransfer.session import run_in_terminal

    raise typer.Exit(run_in_terminal(config, out=out, workers=workers))


@app.command()
def show(
    run_directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="A run directory, such as runs/quickstart.")
    ],
) -> None:
    """Show what a run has found so far."""
    from rltransfer.session import show_in_terminal

    show_in_terminal(run_directory)


@app.command()
def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    import json

    from rltransfer.config.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


def main() -> None:
    """Entry of the ``rltransfer`` command."""
    app()
