"""Where data lies: below the folder that ``RLTRANSFER_DATA`` names, or at an absolute path."""

from __future__ import annotations

import os
from pathlib import Path

from rltransfer.errors import DataError
from rltransfer.registry import nearest

VARIABLE = "RLTRANSFER_DATA"


def located(path: str) -> Path:
    """``path`` if it is absolute, or the same below the folder that ``RLTRANSFER_DATA`` names.

    Raises:
        DataError: nothing is there, with the nearest name beside it; or a relative path, and no folder is named.
    """
    wanted = Path(path).expanduser()
    if not wanted.is_absolute():
        root = os.environ.get(VARIABLE)
        if not root:
            raise DataError(f"{path}: is relative to the folder that {VARIABLE} names, which is not set. Set it.")
        wanted = Path(root).expanduser() / wanted
    if not wanted.exists():
        folder = next(parent for parent in wanted.parents if parent.exists())
        missing = wanted.relative_to(folder).parts[0]
        likely = nearest(missing, [entry.name for entry in folder.iterdir()]) if folder.is_dir() else None
        hint = f"Did you mean {likely!r}?" if likely else "Bring the data there, or change the path."
        raise DataError(f"{wanted}: not found; {folder} has no {missing!r}. {hint}")
    return wanted


def located_file(path: str) -> Path:
    """``located``, for a file. Raises DataError where it is a folder, too."""
    found = located(path)
    if not found.is_file():
        raise DataError(f"{found}: is a folder, where a file was expected. Name the file.")
    return found
