"""Pictures within zip files, read in place: nothing is unpacked to disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rltransfer.errors import DataError

LARGEST = 16 * 2**20
"""Bytes a member may unpack to; more is taken for an attempt to fill the memory."""


@contextmanager
def opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """``path``, open. Raises DataError where it is no zip file, or damaged."""
    try:
        with zipfile.ZipFile(path) as file:
            yield file
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"{path}: cannot be read as a zip file ({str(error)[:100]}). Copy it again.") from error


def member(file: zipfile.ZipFile, name: str) -> bytes:
    """The content of ``name``. Raises DataError, without the name, where it is missing, damaged or too large."""
    try:
        info = file.getinfo(name)
        if info.file_size > LARGEST:
            raise DataError(f"unpacks to {info.file_size} bytes, more than {LARGEST}")
        return file.read(info)
    except KeyError as error:
        raise DataError("is not in the zip file") from error
    except Exception as error:  # zlib, checksums, methods of compression, passwords
        if isinstance(error, DataError):
            raise
        raise DataError(f"is damaged ({str(error)[:100]})") from error
