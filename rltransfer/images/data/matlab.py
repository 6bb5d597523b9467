"""MATLAB files of versions 4 to 7.2: feature tables such as Office-Caltech's SURF histograms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.arrays import image_rows
from rltransfer.images.data.npz import numbered
from rltransfer.images.data.paths import located_file
from rltransfer.images.data.rows import feature_rows
from rltransfer.images.data.sets import LabelledSet
from rltransfer.images.data.specs import FileSpec
from rltransfer.registry import nearest


class Matlab(FileSpec):
    """A table of features, or images, and a vector of labels in one ``.mat`` file.

    Args:
        features: variable with the features (examples, columns).
        labels: variable with a whole number an example.
        images: variable with the images, in the place of features: (height, width, channels, examples), as MATLAB
            stores them, or (height, width, examples); uint8, or floating point in [0, 1].
        class_names: names of the classes in ascending order of their numbers; the numbers themselves where left out.

    Source: the defaults are the variables of the SURF histograms of Gong et al. 2012, "Geodesic Flow Kernel for
    Unsupervised Domain Adaptation".
    """

    features: str = "fts"
    labels: str = "labels"
    class_names: tuple[str, ...] | None = None
    images: str | None = None

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        path = located_file(self.path)
        examples = self.features if self.images is None else self.images
        found = read_matlab(path, (examples, self.labels))
        labels = found[self.labels]
        if labels.size != max(labels.shape, default=0):
            raise DataError(f"{path}: {self.labels!r} must be one label an example, not of shape {labels.shape}.")
        if self.images is not None:
            return {"all": self._images(found[self.images], labels, path)}
        return {
            "all": feature_rows(
                found[self.features],
                labels.ravel(),
                path=path,
                class_names=self.class_names,
                on_error=self.on_error,
            )
        }

    def _images(self, images: npt.NDArray[Any], labels: npt.NDArray[Any], path: Path) -> LabelledSet:
        if images.ndim not in (3, 4):
            raise DataError(f"{path}: images must be (height, width[, channels], examples), not {images.shape}.")
        names, numbers = numbered({"all": labels.ravel()}, path)
        if self.class_names is not None and len(self.class_names) != len(names):
            raise DataError(f"{path}: {len(self.class_names)} class_names are given for {len(names)} classes.")
        stacked = np.moveaxis(images, -1, 0)
        known = self.class_names or names
        return image_rows(stacked, numbers["all"], path=path, on_error=self.on_error, class_names=known)


def read_matlab(path: Path, names: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    """The variables ``names`` of a MATLAB file.

    Raises:
        DataError: the file is of version 7.3, damaged or no MATLAB file, or has not all of the variables.
    """
    from scipy.io import loadmat, whosmat

    with path.open("rb") as file:
        start = file.read(128)
    if start.startswith((b"MATLAB 7.3", b"\x89HDF")):
        raise DataError(f"{path}: is a MATLAB file of version 7.3 (HDF5). Save it again in MATLAB: save(..., '-v7')")
    try:
        known = [name for name, _, _ in whosmat(path)]
        missing = [name for name in names if name not in known]
        found = {} if missing else loadmat(path, variable_names=names)
    except Exception as error:  # scipy raises almost any kind on bytes that are not what it expects
        raise DataError(f"{path}: cannot be read as a MATLAB file ({_first_line(error)}). Copy it again.") from error
    if missing:
        likely = nearest(missing[0], known)
        hint = f"Did you mean {likely!r}?" if likely else f"It has: {', '.join(known)}"
        raise DataError(f"{path}: has no variable {missing[0]!r}. {hint}")
    return {name: np.asarray(found[name]) for name in names}


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0][:120]}"
