"""The command line. Commands import what they need when they run, so that help and checks are quick."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from rltransfer.errors import ConfigError, RLTransferError


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
    """Check an experiment file, and say how much it would run, and which of its data is not here."""
    from rltransfer.config import ConfigErrors, load_experiment
    from rltransfer.config.size import size_of

    config = load_experiment(file, overrides or (), files=True)
    typer.echo(f"{file}: valid. {size_of(config)}")
    try:
        load_experiment(file, overrides or (), files=True, data=True)
    except ConfigErrors as errors:
        for line in str(errors).splitlines():
            typer.echo(f"a run would need: {line}")


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

    config = load_experiment(file, overrides or (), files=True, data=True)
    from rltransfer.session import run_in_terminal

    raise typer.Exit(run_in_terminal(config, out=out, workers=workers))


@app.command()
def show(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="DIRECTORY | KIND NAME",
            help="A run directory, such as runs/quickstart; or 'family', 'method', 'trunk', 'algorithm', 'wrapper' or "
            "'data' and a name.",
            show_default=False,
        ),
    ],
    png: Annotated[
        Path | None, typer.Option(help="Of a family: draw its contact sheet into this file.", show_default=False)
    ] = None,
) -> None:
    """Show what a run has found so far; what a family has; what a method, trunk, algorithm, wrapper or data does."""
    from rltransfer import session

    if what[0] == "family" and len(what) == 2:
        session.show_family_in_terminal(what[1], png=png)
    elif len(what) == 2 and png is None:
        session.show_settings_in_terminal(*what)
    elif len(what) == 1 and png is None:
        session.show_in_terminal(Path(what[0]))
    else:
        raise ConfigError(
            "show takes a run directory, or a kind and a name, as 'method finetune'; --png goes with a family"
        )


@app.command(name="list")
def list_(
    kind: Annotated[
        str, typer.Argument(metavar="KIND", help="families, methods, trunks, algorithms, wrappers or data.")
    ],
) -> None:
    """List what is registered here: families, methods, trunks, algorithms, wrappers or data."""
    from rltransfer.session import list_in_terminal

    list_in_terminal(kind)


@app.command()
def check_family(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A registered family.", show_default=False)],
    copies: Annotated[int, typer.Option(min=2, help="Copies in a batch.")] = 64,
    steps: Annotated[int, typer.Option(min=5, help="Steps of a rollout.")] = 60,
) -> None:
    """Hold a family to what every family promises; exit status 1 where it does not keep it."""
    from rltransfer.session import check_family_in_terminal

    raise typer.Exit(check_family_in_terminal(name, copies=copies, steps=steps))


@app.command(name="film")
def film_(
    agent: Annotated[
        Path,
        typer.Argument(metavar="AGENT", help="A trained agent, such as runs/quickstart/source/seed-0."),
    ],
    gif: Annotated[Path, typer.Option(help="The moving picture to write.")],
    copies: Annotated[int, typer.Option(min=1, max=16, help="Episodes side by side.")] = 4,
    steps: Annotated[int, typer.Option(min=1, max=10_000, help="Frames.")] = 120,
) -> None:
    """Write a moving picture of a trained agent at its task."""
    from rltransfer.session import film_in_terminal

    film_in_terminal(agent, gif=gif, copies=copies, steps=steps)


@app.command(name="import")
def import_(
    file: File,
    to: Annotated[Path, typer.Option(help="The folder to write the agent into.", show_default=False)],
    overrides: Overrides = None,
) -> None:
    """Import the agent of Stable-Baselines3 that an experiment's source.agent names, and write it as a folder."""
    from rltransfer.config import load_experiment

    config = load_experiment(file, overrides or ())
    from rltransfer.session import import_in_terminal

    import_in_terminal(config, to=to)


@app.command()
def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    import json

    from rltransfer.config.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


def main() -> None:
    """Entry of the ``rltransfer`` command."""
    app()
