"""What every loader gives: examples with a class each, checked when they are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError

Image = npt.NDArray[np.uint8]
"""(height, width, channels) uint8: 1 channel, 3, or those of several frames."""
MAX_CHANNELS = 64

AnySet = TypeVar("AnySet", bound="LabelledSet")


@dataclass(frozen=True, eq=False)
class LabelledSet:
    """Examples with a class each.

    Args:
        labels: (n,) whole numbers, indices into ``class_names``.
        class_names: name of each class. A class may have no example here, as in a subset.
        origins: where each example came from, as messages name it; (n,) or empty.
        skipped: what the loader left out, a line each: where, and why.

    Raises:
        DataError: lengths that differ, or labels that are not indices of classes.
    """

    labels: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    origins: tuple[str, ...] = field(default=(), kw_only=True)
    skipped: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        labels = np.asarray(self.labels)
        if labels.ndim != 1 or (labels.size and labels.dtype.kind not in "iu"):
            raise DataError(f"labels must be whole numbers of shape (n,), not {labels.dtype} of shape {labels.shape}.")
        if labels.size and not (labels.min() >= 0 and labels.max() < len(self.class_names)):
            raise DataError(
                f"labels go from {labels.min()} to {labels.max()}, but {len(self.class_names)} classes are numbered "
                f"0 to {len(self.class_names) - 1}."
            )
        if self.origins and len(self.origins) != len(labels):
            raise DataError(f"{len(self.origins)} origins are given for {len(labels)} labels.")
        if len(self.examples) != len(labels):
            raise DataError(f"there are {len(self.examples)} examples, but {len(labels)} labels. Give each one label.")
        labels = labels.astype(np.int64)
        labels.setflags(write=False)
        object.__setattr__(self, "labels", labels)

    @property
    def examples(self) -> Sequence[object] | npt.NDArray[np.generic]:
        """What is labelled."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its examples are")

    def __len__(self) -> int:
        return len(self.labels)

    def counts(self) -> npt.NDArray[np.int64]:
        """(classes,) number of examples of each class."""
        return np.bincount(self.labels, minlength=len(self.class_names))

    def take(self, indices: npt.ArrayLike) -> Self:
        """The examples at ``indices`` (k,), in that order; classes keep their numbers."""
        chosen = np.asarray(indices, dtype=np.int64)
        origins = tuple(self.origins[index] for index in chosen) if self.origins else ()
        return replace(self, labels=self.labels[chosen], origins=origins, **self._taken(chosen))

    def _taken(self, chosen: npt.NDArray[np.int64]) -> dict[str, Any]:
        """The field with the examples at ``chosen``."""
        raise NotImplementedError

    @staticmethod
    def _joined(sets: Sequence[Any]) -> dict[str, Any]:
        """The field with the examples of all ``sets``, which are of this class."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class ImageSet(LabelledSet):
    """Labelled images.

    Args:
        images: (n, height, width, channels) uint8, or one such array an image where sizes differ.
    """

    images: npt.NDArray[np.uint8] | tuple[Image, ...] = field(kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.images, np.ndarray):
            object.__setattr__(self, "images", tuple(self.images))
        elif self.images.ndim != 4:
            raise DataError(f"images must be of shape (n, height, width, channels), not {self.images.shape}.")
        else:
            seen = self.images.view()  # what is hashed once may not change through this set
            seen.setflags(write=False)
            object.__setattr__(self, "images", seen)
        for number, image in enumerate(self.images[:1] if isinstance(self.images, np.ndarray) else self.images):
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] > MAX_CHANNELS or not image.size:
                raise DataError(
                    f"image {number} must be uint8 of shape (height, width, channels), not {image.dtype} of shape "
                    f"{image.shape}."
                )
        super().__post_init__()

    @property
    def examples(self) -> Sequence[object] | npt.NDArray[np.generic]:
        """``images``."""
        return self.images

    def _taken(self, chosen: npt.NDArray[np.int64]) -> dict[str, Any]:
        if isinstance(self.images, np.ndarray):
            return {"images": self.images[chosen]}
        return {"images": tuple(self.images[index] for index in chosen)}

    @staticmethod
    def _joined(sets: Sequence[ImageSet]) -> dict[str, Any]:
        arrays = [part.images for part in sets if isinstance(part.images, np.ndarray)]
        if len(arrays) == len(sets) and len({array.shape[1:] for array in arrays}) == 1:
            return {"images": np.concatenate(arrays)}
        return {"images": tuple(image for part in sets for image in part.images)}


@dataclass(frozen=True, eq=False)
class FeatureSet(LabelledSet):
    """Labelled rows of numbers.

    Args:
        features: (n, d) floating point, finite.
        feature_names: (d,) names of the columns, or empty.
    """

    features: npt.NDArray[np.floating] = field(kw_only=True)
    feature_names: tuple[str, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        features = np.asarray(self.features)
        if features.ndim != 2 or features.dtype.kind not in "fiub":
            raise DataError(f"features must be numbers of shape (n, d), not {features.dtype} of shape {features.shape}")
        if features.dtype.kind != "f":
            features = features.astype(np.float64)
        object.__setattr__(self, "features", features)
        if self.feature_names and len(self.feature_names) != features.shape[1]:
            raise DataError(f"{len(self.feature_names)} feature names are given for {features.shape[1]} columns.")
        bad = np.argwhere(~np.isfinite(features))
        if len(bad):
            row, column = bad[0]
            name = repr(self.feature_names[column]) if self.feature_names else str(column)
            where = self.origins[row] if self.origins else f"row {row}"
            raise DataError(
                f"{where}: feature {name} is {features[row, column]} ({len(bad)} such values in all). Fill them in, or "
                "leave such rows out with on_error: skip"
            )
        super().__post_init__()

    @property
    def examples(self) -> Sequence[object] | npt.NDArray[np.generic]:
        """``features``."""
        return self.features

    def _taken(self, chosen: npt.NDArray[np.int64]) -> dict[str, Any]:
        return {"features": self.features[chosen]}

    @staticmethod
    def _joined(sets: Sequence[FeatureSet]) -> dict[str, Any]:
        widths = sorted({part.features.shape[1] for part in sets})
        if len(widths) > 1 or len({part.feature_names for part in sets}) > 1:
            raise DataError(f"tables of different columns do not join ({', '.join(map(str, widths))} columns).")
        return {"features": np.concatenate([part.features for part in sets])}


@dataclass(frozen=True, eq=False)
class TextSet(LabelledSet):
    """Labelled texts.

    Args:
        texts: (n,) texts.
    """

    texts: tuple[str, ...] = field(kw_only=True)

    @property
    def examples(self) -> Sequence[object] | npt.NDArray[np.generic]:
        """``texts``."""
        return self.texts

    def _taken(self, chosen: npt.NDArray[np.int64]) -> dict[str, Any]:
        return {"texts": tuple(self.texts[index] for index in chosen)}

    @staticmethod
    def _joined(sets: Sequence[TextSet]) -> dict[str, Any]:
        return {"texts": tuple(text for part in sets for text in part.texts)}


def joined(sets: Sequence[AnySet]) -> AnySet:
    """All examples of ``sets``, one after the other.

    Raises:
        DataError: nothing to join, or sets of different classes or columns.
    """
    if not sets:
        raise DataError("there is no data to join. Give at least one set.")
    first = sets[0]
    for other in sets[1:]:
        if type(other) is not type(first):
            raise DataError(f"sets of different kinds do not join: {type(first).__name__}, {type(other).__name__}.")
        if other.class_names != first.class_names:
            raise DataError(f"sets of different classes do not join: {first.class_names} and {other.class_names}.")
    origins = tuple(origin for part in sets for origin in part.origins) if all(part.origins for part in sets) else ()
    return replace(
        first,
        labels=np.concatenate([part.labels for part in sets]),
        origins=origins,
        skipped=tuple(dict.fromkeys(line for part in sets for line in part.skipped)),
        **first._joined([part for part in sets if isinstance(part, type(first))]),
    )
