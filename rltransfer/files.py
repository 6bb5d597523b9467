"""Files written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from rltransfer.errors import ArtifactError, ConfigError


def write_atomically(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path`` so that a reader finds the former content or the new, never a part of it.

    A temporary file beside it is written, flushed to disk and renamed over ``path``; folders are made as needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON; see ``write_atomically``."""
    write_atomically(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def require_ending(path: Path, ending: str) -> None:
    """Raise ConfigError where ``path`` does not end in ``ending``, which is the only kind of file written there."""
    if path.suffix.lower() != ending:
        kind = ending.removeprefix(".").upper()
        raise ConfigError(f"{path}: only {kind} is written. Give it the ending {ending}: {path.stem}{ending}")


def read_bytes(path: Path) -> bytes:
    """The content of ``path``. Raises ArtifactError, naming it, where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read ({error.strerror})") from error
