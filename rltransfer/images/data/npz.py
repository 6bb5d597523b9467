"""Arrays that numpy saved: images, or tables of features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.arrays import image_rows
from rltransfer.images.data.paths import located_file
from rltransfer.images.data.rows import feature_rows
from rltransfer.images.data.sets import LabelledSet
from rltransfer.images.data.specs import FileSpec

Arrays = dict[str, npt.NDArray[Any]]


class Npz(FileSpec):
    """Arrays in one ``.npz`` file; none of them may hold Python objects, which could execute code.

    Where the file has ``train_`` and ``test_`` before the names below, it is so divided.

    Args:
        examples: array of images (n, height, width[, channels]) uint8, or of features (n, d). Of several names,
            features stand side by side.
        labels: array (n,) of whole numbers.
        classes: array with the classes' names, which labels count from 0; the file may lack it.
    """

    examples: str | tuple[str, ...] = "x"
    labels: str = "y"
    classes: str = "classes"

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        path = located_file(self.path)
        arrays = read_npz(path)
        is_divided = f"train_{self.labels}" in arrays
        prefixes = {"train": "train_", "test": "test_"} if is_divided else {"all": ""}
        labels = {part: _of(arrays, prefix + self.labels, path) for part, prefix in prefixes.items()}
        names = [str(name) for name in arrays[self.classes].ravel()] if self.classes in arrays else None
        if names is None:
            names, labels = numbered(labels, path)
        return {part: self._read_part(arrays, prefix, labels[part], names, path) for part, prefix in prefixes.items()}

    def _read_part(
        self, arrays: Arrays, prefix: str, labels: npt.NDArray[Any], names: list[str], path: Path
    ) -> LabelledSet:
        keys = (self.examples,) if isinstance(self.examples, str) else self.examples
        examples = [_of(arrays, prefix + key, path) for key in keys]
        if len(examples) == 1 and (examples[0].dtype == np.uint8 or examples[0].ndim > 2):
            return image_rows(examples[0], labels, path=path, on_error=self.on_error, class_names=names)
        if any(part.ndim != 2 or len(part) != len(examples[0]) for part in examples):
            shapes = ", ".join(str(part.shape) for part in examples)
            raise DataError(f"{path}: features must have shapes (n, d) with the same n, not {shapes}.")
        return feature_rows(
            np.concatenate(examples, axis=1),
            labels,
            path=path,
            on_error=self.on_error,
            values=range(len(names)),
            class_names=names,
        )


def read_npz(path: Path) -> Arrays:
    """Every array of an ``.npz`` file. Raises DataError where it is damaged, or holds Python objects."""
    with path.open("rb") as file:
        start = file.read(6)
    if start == b"\x93NUMPY":
        raise DataError(f"{path}: holds one array. Save examples and labels together: np.savez(..., x=, y=)")
    if not start.startswith(b"PK"):
        raise DataError(f"{path}: is no .npz file. Save plain arrays by np.savez, or name the file's own format.")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except Exception as error:  # numpy and zipfile raise almost any kind on damaged bytes
        pickled = "allow_pickle" in str(error)
        reason = "holds Python objects, which are not loaded" if pickled else "cannot be read as an .npz file"
        raise DataError(f"{path}: {reason}. Save plain arrays by np.savez.") from error


def numbered(labels: Mapping[str, npt.NDArray[Any]], path: Path) -> tuple[list[str], dict[str, npt.NDArray[Any]]]:
    """Names of the classes, which are the different values of all parts, and labels that count them from 0.

    Labels that are missing, NaN or empty text, become NaN.

    Raises:
        DataError: labels that are not whole numbers or text, or a class of ``test`` that ``train`` has not; or not one
            label to learn from.
    """
    is_there = {part: _are_there(values, part, path) for part, values in labels.items()}
    first = next(iter(labels))
    known = np.unique(labels[first][is_there[first]])
    if not len(known):
        raise DataError(f"{path}: not one of the {labels[first].size} labels of {first!r} is there.")
    for part, values in labels.items():
        if unknown := np.setdiff1d(values[is_there[part]], known).tolist():
            raise DataError(f"{path}: class {unknown[0]!r} of {part!r} is not among those of 'train'.")
    names = [str(int(value)) if known.dtype.kind == "f" else str(value) for value in known]
    numbers = {part: np.searchsorted(known, values) for part, values in labels.items()}
    return names, {part: np.where(is_there[part], places, np.nan) for part, places in numbers.items()}


def _are_there(values: npt.NDArray[Any], part: str, path: Path) -> npt.NDArray[np.bool_]:
    """Which labels are not missing. Raises DataError where others are no whole numbers or text."""
    if values.dtype.kind in "iub":
        return np.ones(values.shape, dtype=bool)
    if values.dtype.kind == "U":
        return np.asarray(values != "")
    told = str(values.dtype)
    if values.dtype.kind == "f":
        is_there = ~np.isnan(values)
        parted = values[is_there & ((values != np.rint(values)) | np.isinf(values))]
        if not parted.size:
            return np.asarray(is_there)
        told = f"{parted[0]}"
    raise DataError(f"{path}: labels of {part!r} must be whole numbers or text, not {told}.")


def _of(arrays: Arrays, name: str, path: Path) -> npt.NDArray[Any]:
    if name not in arrays:
        raise DataError(f"{path}: has no array {name!r}. It has: {', '.join(arrays)}")
    return arrays[name]
