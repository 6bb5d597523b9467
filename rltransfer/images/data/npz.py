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
    try:
        with np.load(path, allow_pickle=False) as file:
            if isinstance(file, np.ndarray):
                raise DataError(f"{path}: holds one array. Save examples and labels together: np.savez(..., x=, y=)")
            return {name: file[name] for name in file.files}
    except DataError:
        raise
    except Exception as error:  # numpy and zipfile raise almost any kind on damaged bytes
        pickled = "allow_pickle" in str(error)
        reason = "holds Python objects, which are not loaded" if pickled else "cannot be read as an .npz file"
        raise DataError(f"{path}: {reason}. Save plain arrays by np.savez.") from error


def numbered(labels: Mapping[str, npt.NDArray[Any]], path: Path) -> tuple[list[str], dict[str, npt.NDArray[Any]]]:
    """Names of the classes, which are the different values of all parts, and labels that count them from 0.

    Raises:
        DataError: labels that are not whole numbers or text, or a class of ``test`` that ``train`` has not.
    """
    for part, values in labels.items():
        if values.dtype.kind not in "iuU" and not (values.dtype.kind == "f" and (values == np.rint(values)).all()):
            raise DataError(f"{path}: labels of {part!r} must be whole numbers or text, not {values.dtype}.")
    known = np.unique(next(iter(labels.values())))
    for part, values in labels.items():
        if unknown := np.setdiff1d(values, known).tolist():
            raise DataError(f"{path}: class {unknown[0]!r} of {part!r} is not among those of 'train'.")
    names = [str(int(value)) if known.dtype.kind == "f" else str(value) for value in known]
    return names, {part: np.searchsorted(known, values) for part, values in labels.items()}


def _of(arrays: Arrays, name: str, path: Path) -> npt.NDArray[Any]:
    if name not in arrays:
        raise DataError(f"{path}: has no array {name!r}. It has: {', '.join(arrays)}")
    return arrays[name]
