"""From a file on disk, and overrides from the command line, to an experiment."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from rltransfer.config.document import Document
from rltransfer.config.experiment_config import ExperimentConfig
from rltransfer.config.images import as_written
from rltransfer.config.overrides import apply_overrides
from rltransfer.config.problems import ConfigErrors
from rltransfer.config.yaml_reading import parse_document, read_document
from rltransfer.flaws import found_flaws, shown


def load_experiment(
    path: Path | str, overrides: Iterable[str] = (), *, files: bool = False, data: bool = False
) -> ExperimentConfig:
    """The experiment in the YAML file ``path``.

    Args:
        path: of a YAML file; it stands in messages as it is given here.
        overrides: ``a.b=value``, applied in order; see ``rltransfer.config.overrides``.
        files: whether folders of agents that the source and methods name must be there, as they must for a run.
        data: whether files of labelled data and published weights must be there, likewise.

    Raises:
        ConfigErrors: everything that does not hold, each with its line and column.
    """
    return _validated(read_document(path), overrides, files=files, data=data)


def parse_experiment(text: str, *, name: str = "experiment", overrides: Iterable[str] = ()) -> ExperimentConfig:
    """The experiment in a YAML ``text``; ``name`` stands for the file in messages.

    Raises as ``load_experiment`` does.
    """
    return _validated(parse_document(text, name), overrides, files=False)


def _validated(document: Document, overrides: Iterable[str], *, files: bool, data: bool = False) -> ExperimentConfig:
    if not isinstance(document.data, dict):
        message = f"needs keys such as 'experiment:' and 'source:' at the top, not {shown(document.data)}."
        raise ConfigErrors([*document.problems, document.problem((), message)])
    apply_overrides(document, overrides)
    try:
        config = ExperimentConfig.model_validate(document.data, context={"files": files, "data": data})
    except ValidationError as error:
        flaws = found_flaws(error, document.data)
        paths = [as_written(flaw.path, document.data, document.places) for flaw in flaws]
        # Each once, also where one place in the file stands for several targets.
        told = dict.fromkeys(zip(paths, (flaw.message for flaw in flaws), strict=True))
        found = [document.problem(path, message) for path, message in told]
        raise ConfigErrors([*document.problems, *found]) from None
    if document.problems:
        raise ConfigErrors(document.problems)
    return config
