"""Opening a run directory: locked, and only for the configuration it belongs to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from filelock import FileLock, Timeout

from rltransfer.config import ExperimentConfig, differing_keys, load_experiment, resolved_yaml
from rltransfer.errors import ArtifactError, RunConflictError, RunLockedError
from rltransfer.files import read_bytes, write_atomically, write_json
from rltransfer.runs.layout import RunDirectory
from rltransfer.runs.manifest import circumstances

FREE_KEYS = ("workers",)
"""Keys that may differ when a run is gone on with: they change how fast it runs, not what comes out."""


@contextmanager
def opened(run: RunDirectory, config: ExperimentConfig, **more: Any) -> Iterator[None]:
    """Hold ``run`` for writing. Its configuration and manifest are written if it is new, else the manifest goes on.

    Args:
        run: the directory.
        config: the experiment that is to run in it.
        **more: what else the manifest should hold.

    Raises:
        RunConflictError: the directory belongs to another configuration; the message names the keys.
        RunLockedError: another process is writing it.
    """
    if run.path.exists() and not run.path.is_dir():
        raise RunConflictError(f"{run.path} is a file. Choose another directory with --out.")
    if run.path.is_dir() and not run.config.exists() and any(p.name != ".lock" for p in run.path.iterdir()):
        raise RunConflictError(f"{run.path} holds something else than a run. Choose another directory with --out.")
    run.path.mkdir(parents=True, exist_ok=True)
    lock = FileLock(run.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunLockedError(
            f"{run.path} is being written by another process. Wait for it, or choose another directory with --out."
        ) from None
    try:
        if run.config.exists():
            keys = [key for key in differing_keys(load_experiment(run.config), config) if key not in FREE_KEYS]
            if keys:
                raise RunConflictError(
                    f"{run.path} holds a run with another configuration (differs in {', '.join(keys)}). "
                    "Choose another directory with --out, or delete it."
                )
            _note_continuation(run, more)
        else:
            write_json(run.manifest, {**circumstances(), "seeds": list(config.seeds), **more})
            write_atomically(run.config, resolved_yaml(config).encode())
        yield
    finally:
        lock.release()


def _note_continuation(run: RunDirectory, more: dict[str, Any]) -> None:
    """Add to the manifest under what circumstances the run is gone on with: versions or machine may be others."""
    try:
        manifest = json.loads(read_bytes(run.manifest))
        continued = [*manifest.get("continued", [])]
    except (ArtifactError, AttributeError, TypeError, ValueError):  # it is lost; trials do not depend on it
        manifest, continued = {}, []
    write_json(run.manifest, {**manifest, "continued": [*continued, {**circumstances(), **more}]})
