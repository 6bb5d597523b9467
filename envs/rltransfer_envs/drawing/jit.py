"""Compilation by numba, cached on disk under a digest of the sources of a family and of this folder.

Numba's own cache looks at the file of the outermost function alone, so a change in ``physics.py`` would
leave an old compiled ``kernel.py`` in use (https://numba.readthedocs.io/en/stable/developer/caching.html,
limitations).
"""

from __future__ import annotations

import functools
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])
_config: Any = numba.config


@functools.cache
def cache_directory(folder: Path) -> str | None:
    """The first writable place for compiled code of exactly these sources, or None where there is none.

    Args:
        folder: of the family whose functions are compiled.
    """
    sources = sorted({*Path(__file__).parent.glob("*.py"), *folder.glob("*.py")})
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    user = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    for place in (_config.CACHE_DIR, folder / "__pycache__", f"{user}/rltransfer"):
        if not place:
            continue
        path = Path(place).expanduser() / f"{folder.name}-{digest}"
        try:
            path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
        except OSError:
            continue
        return str(path)
    return None


def compiled(function: F) -> F:
    """``function`` compiled on its first call, free of the interpreter lock, and kept on disk if possible.

    Divisions are unchecked (as numpy does them), which shortens the code by a tenth.
    """
    directory = cache_directory(Path(function.__code__.co_filename).parent)
    before = _config.CACHE_DIR
    _config.CACHE_DIR = directory or before
    try:
        return cast(F, numba.njit(function, cache=directory is not None, nogil=True, error_model="numpy"))
    finally:
        _config.CACHE_DIR = before
