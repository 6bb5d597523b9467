"""Attributes of classes and the proposed splits of zero-shot learning's benchmark (``att_splits.mat``)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.matlab import read_matlab
from rltransfer.images.data.paths import located_file
from rltransfer.images.given_rows import given_labels

Indices = npt.NDArray[np.int64]
"""Numbers of images, from 0."""

KNOWN_SHAPES = {"AWA1": (50, 85), "AWA2": (50, 85), "SUN": (717, 102), "APY": (32, 64), "CUB": (200, 312)}
"""(classes, attributes) of the benchmark's data sets."""


@dataclass(frozen=True, eq=False)
class AttributeSplits:
    """Class embeddings and which images are for what.

    Images of ``trainval`` and ``test_seen`` are of seen classes, those of ``test_unseen`` of the others. The split
    ``train``/``val`` of seen images is of disjoint classes, for choosing constants without the unseen ones.

    Args:
        class_names: (classes,) names.
        attributes: (classes, attributes) float64, each row of length 1.
        original_attributes: (classes, attributes) as annotated, before scaling; -1 is "not known" in AwA.
        trainval: images to learn from.
        test_seen: images of seen classes to judge by.
        test_unseen: images of unseen classes to judge by.
        train: images to learn from while constants are chosen.
        val: images of other seen classes, to choose by.
    """

    class_names: tuple[str, ...]
    attributes: npt.NDArray[np.float64]
    original_attributes: npt.NDArray[np.float64]
    trainval: Indices
    test_seen: Indices
    test_unseen: Indices
    train: Indices
    val: Indices

    @property
    def num_images(self) -> int:
        """How many images the split is over."""
        return len(self.trainval) + len(self.test_seen) + len(self.test_unseen)

    def check_labels(self, labels: npt.NDArray[np.int64]) -> tuple[Indices, Indices]:
        """(seen classes, unseen classes), given the class of every image.

        Args:
            labels: (num_images,) indices into ``class_names``.

        Raises:
            DataError: labels missing, of another number or of no class, an unseen class among the seen, or a class
                without an image.
        """
        found = given_labels(labels, "labels", self.num_images)
        if not np.issubdtype(found.dtype, np.integer):
            raise DataError(f"labels are of {found.dtype}. Give whole numbers: places in class_names, from 0.")
        outside = (found < 0) | (found >= len(self.class_names))
        if outside.any():
            row = int(outside.argmax())
            raise DataError(f"label {found[row]} of image {row} is none of 0 to {len(self.class_names) - 1}.")
        seen = np.unique(found[np.concatenate([self.trainval, self.test_seen])])
        unseen = np.unique(found[self.test_unseen])
        both = np.intersect1d(seen, unseen)
        if len(both):
            raise DataError(
                f"unseen class {self.class_names[both[0]]!r} is among the seen ({len(both)} such classes). The labels "
                "are of other images, or in another order, than the splits."
            )
        if len(seen) + len(unseen) != len(self.class_names):
            without = sorted(set(range(len(self.class_names))) - {*seen.tolist(), *unseen.tolist()})
            raise DataError(f"class {self.class_names[without[0]]!r} has no image ({len(without)} such classes).")
        return seen, unseen


def load_attribute_splits(path: str) -> AttributeSplits:
    """The class matrix and splits in an ``att_splits.mat``.

    Args:
        path: absolute, or below ``RLTRANSFER_DATA``: ``"zero_shot/AWA2/att_splits.mat"``. Where its folder is called
            as a data set of the benchmark, the matrix must have that one's shape.

    Raises:
        DataError: a file that is missing, damaged, of another version, or whose contents do not fit together.

    Source: Xian et al. 2019, "Zero-Shot Learning: A Comprehensive Evaluation of the Good, the Bad and the Ugly".
    """
    file = located_file(path)
    locations = ("trainval_loc", "test_seen_loc", "test_unseen_loc", "train_loc", "val_loc")
    found = read_matlab(file, ("allclasses_names", "att", "original_att", *locations))
    splits = AttributeSplits(
        tuple(str(np.squeeze(name)) for name in found["allclasses_names"].ravel()),
        found["att"].astype(np.float64).T,
        found["original_att"].astype(np.float64).T,
        *(found[name].astype(np.int64).ravel() - 1 for name in locations),
    )
    try:
        _check_matrix(splits, KNOWN_SHAPES.get(file.parent.name.upper()))
        _check_parts(splits)
    except DataError as error:
        raise DataError(f"{file}: {error}") from error
    return splits


def _check_matrix(splits: AttributeSplits, expected: tuple[int, int] | None) -> None:
    attributes, names = splits.attributes, splits.class_names
    if expected and attributes.shape != expected:
        raise DataError(f"'att' has {attributes.shape} classes x attributes, but this data set has {expected}.")
    if attributes.shape != splits.original_attributes.shape or len(attributes) != len(names):
        raise DataError(
            f"{len(names)} class names, 'att' of {attributes.shape} and 'original_att' of "
            f"{splits.original_attributes.shape} classes x attributes do not fit together."
        )
    if len(set(names)) < len(names):
        raise DataError(f"class {next(name for name in names if names.count(name) > 1)!r} is named twice.")
    for key, matrix in (("att", attributes), ("original_att", splits.original_attributes)):
        if not np.isfinite(matrix).all():
            kind, column = np.argwhere(~np.isfinite(matrix))[0]
            raise DataError(f"{key!r}: attribute {column} of class {names[kind]!r} is {matrix[kind, column]}.")
    lengths = np.linalg.norm(attributes, axis=1)
    if not np.allclose(lengths, 1, atol=1e-6):
        kind = int(np.argmax(np.abs(lengths - 1)))
        raise DataError(f"'att': the attributes of class {names[kind]!r} have length {lengths[kind]:.3g}, not 1.")


def _check_parts(splits: AttributeSplits) -> None:
    whole = np.concatenate([splits.trainval, splits.test_seen, splits.test_unseen])
    if not np.array_equal(np.sort(whole), np.arange(len(whole))):
        values, counts = np.unique(whole, return_counts=True)
        twice = values[counts > 1]
        told = f"image {twice[0] + 1} is in two of them" if len(twice) else "some images are in none of them"
        raise DataError(f"trainval_loc, test_seen_loc and test_unseen_loc must divide the images, but {told}.")
    seen = np.concatenate([splits.train, splits.val])
    if len(np.unique(seen)) < len(seen):
        raise DataError("train_loc and val_loc share images.")
    if leaked := np.intersect1d(seen, splits.test_unseen).size:
        raise DataError(f"train_loc and val_loc hold {leaked} images of test_unseen_loc.")
