"""Omniglot's twenty fixed one-shot runs."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rltransfer.errors import DataError
from rltransfer.images.data.omniglot import SIZE
from rltransfer.images.data.paths import located_file
from rltransfer.images.data.pictures import decode
from rltransfer.images.data.sets import ImageSet
from rltransfer.images.data.zips import member, opened_zip


@dataclass(frozen=True, eq=False)
class OneShotRun:
    """One alphabet's one-shot test: name the class of each test drawing, after one drawing of each class.

    Args:
        name: of the run: ``run01``.
        train: one drawing of each class, in the order of the classes.
        test: drawings by another person, with the class of each.
    """

    name: str
    train: ImageSet
    test: ImageSet


def load_omniglot_runs(path: str = "omniglot/all_runs.zip") -> tuple[OneShotRun, ...]:
    """The one-shot runs in ``all_runs.zip``, each with 20 classes. Ink is 0, paper 255.

    The benchmark is fixed, so that nothing in it can be skipped.

    Raises:
        DataError: a file that is missing or damaged, or labels that do not name a drawing each.

    Source: Lake et al. 2015, "Human-level concept learning through probabilistic program induction".
    """
    file = located_file(path)
    with opened_zip(file) as archive:
        names = sorted({entry.split("/")[0] for entry in archive.namelist() if re.match(r"run\d+/", entry)})
        if not names:
            raise DataError(f"{file}: holds no runs (run01/, run02/, ...).")
        return tuple(_read_run(archive, name, file) for name in names)


def _read_run(archive: zipfile.ZipFile, name: str, path: Path) -> OneShotRun:
    pairs = _pairs(archive, f"{name}/class_labels.txt", path)
    train_files = sorted(entry for entry in archive.namelist() if entry.startswith(f"{name}/training/class"))
    if sorted(train for _, train in pairs) != train_files:
        raise DataError(f"{path}: {name}/class_labels.txt does not name each drawing of {name}/training/ once.")
    classes = tuple(entry.rsplit("/", 1)[1].removesuffix(".png") for entry in train_files)
    return OneShotRun(
        name,
        train=_read_drawings(archive, train_files, range(len(classes)), classes, path),
        test=_read_drawings(
            archive, [test for test, _ in pairs], [train_files.index(train) for _, train in pairs], classes, path
        ),
    )


def _pairs(archive: zipfile.ZipFile, entry: str, path: Path) -> list[tuple[str, str]]:
    """(test drawing, training drawing of the same class), a line each."""
    try:
        lines = member(archive, entry).decode("ascii").split("\n")
    except (DataError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {entry}: {error}") from error
    pairs = []
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if words and len(words) != 2:
            raise DataError(f"{path}: {entry}:{number}: must name a test and a training drawing, not {line[:60]!r}.")
        if words:
            pairs.append((words[0], words[1]))
    return pairs


def _read_drawings(
    archive: zipfile.ZipFile, entries: list[str], labels: range | list[int], classes: tuple[str, ...], path: Path
) -> ImageSet:
    images = []
    for entry in entries:
        try:
            images.append(decode(member(archive, entry), "gray", size=SIZE))
        except DataError as error:
            raise DataError(f"{path}: {entry}: {error}") from error
    return ImageSet(labels=np.array(labels), class_names=classes, images=np.stack(images), origins=tuple(entries))
