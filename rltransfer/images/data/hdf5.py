"""HDF5 files with a group a part, as USPS is passed around."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError, MissingExtraError
from rltransfer.images.data.arrays import image_rows
from rltransfer.images.data.npz import numbered
from rltransfer.images.data.paths import located_file
from rltransfer.images.data.rows import feature_rows
from rltransfer.images.data.sets import LabelledSet
from rltransfer.images.data.specs import FileSpec


class Hdf5(FileSpec):
    """Images or features in the groups ``train`` and ``test`` of an HDF5 file, or at its top (extra ``images``).

    Args:
        images: data set with the images: (n, height, width[, channels]), or (n, pixels) of square ones; uint8, or
            floating point in [0, 1].
        labels: data set (n,) of whole numbers.
        features: data set with rows of numbers (n, d), in the place of images.
    """

    images: str = "data"
    labels: str = "target"
    features: str | None = None

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        path = located_file(self.path)
        try:
            import h5py
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                "data of the format 'hdf5' needs h5py. Run: pip install \"rltransfer[images]\""
            ) from error
        try:
            with h5py.File(path, "r") as file:
                prefixes = {"train": "train/", "test": "test/"} if "train" in file else {"all": ""}
                wanted = self.images if self.features is None else self.features
                found = {part: _of(file, prefix + wanted, path) for part, prefix in prefixes.items()}
                labels = {part: _of(file, prefix + self.labels, path) for part, prefix in prefixes.items()}
        except DataError:
            raise
        except Exception as error:  # h5py raises almost any kind on damaged bytes
            reason = (str(error).strip().splitlines() or [""])[0][:100]
            raise DataError(f"{path}: cannot be read as an HDF5 file ({reason}). Copy it again.") from error
        names, numbers = numbered({part: values.ravel() for part, values in labels.items()}, path)
        said: dict[str, Any] = {"path": path, "on_error": self.on_error, "class_names": names}
        if self.features is not None:
            values = range(len(names))
            return {part: feature_rows(rows, numbers[part], values=values, **said) for part, rows in found.items()}
        return {part: image_rows(images, numbers[part], **said) for part, images in found.items()}


def _of(file: Any, name: str, path: Path) -> npt.NDArray[Any]:
    """The data set ``name``; only of numbers, as others may hold references and objects."""
    import h5py

    found = file.get(name)
    if not isinstance(found, h5py.Dataset):
        known: list[str] = []
        file.visititems(lambda key, item: known.append(key) if isinstance(item, h5py.Dataset) else None)
        raise DataError(f"{path}: has no data set {name!r}. It has: {', '.join(known) or 'none'}")
    if found.dtype.kind not in "iuf":
        raise DataError(f"{path}: {name!r} must hold numbers, not {found.dtype}.")
    return np.asarray(found)
