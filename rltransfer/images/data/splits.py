"""Training and test sets, a few examples a class, and some of the classes: drawn by a seed, stratified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.flaws import hint
from rltransfer.images.data.sets import AnySet

PerClass = int | Literal["all"]
"""How many examples of each class: 1 or more, or all."""


def split(data: AnySet, *, test_fraction: float = 0.2, seed: int = 0) -> tuple[AnySet, AnySet]:
    """Training and test examples, of each class in the same proportion as near as whole numbers allow.

    Args:
        data: what is divided. Order within the parts is that of ``data``.
        test_fraction: share of each class in the test set, between 0 and 1. Of each class at least one example
            goes either way.
        seed: which examples those are.

    Raises:
        DataError: a class of one example, which cannot be in both parts.
    """
    if not 0 < test_fraction < 1:
        raise DataError(f"test_fraction is {test_fraction}, but must be between 0 and 1.")
    is_test = np.zeros(len(data), dtype=bool)
    for kind, members in _shuffled_classes(data, seed):
        if len(members) < 2:
            raise DataError(f"class {data.class_names[kind]!r} has one example, which cannot be in both parts.")
        count = min(max(1, round(test_fraction * len(members))), len(members) - 1)
        is_test[members[:count]] = True
    return data.take(np.flatnonzero(~is_test)), data.take(np.flatnonzero(is_test))


def few_per_class(data: AnySet, per_class: PerClass, *, seed: int = 0) -> AnySet:
    """``per_class`` examples of every class that has any, in the order of ``data``.

    Subsets of one seed lie within each other, so that a curve over sizes adds examples and exchanges none.

    Raises:
        DataError: a class with fewer examples.
    """
    if per_class == "all":
        return data
    if per_class < 1:
        raise DataError(f"per_class is {per_class}, but must be at least 1, or 'all'.")
    chosen = []
    for kind, members in _shuffled_classes(data, seed):
        if len(members) < per_class:
            raise DataError(
                f"class {data.class_names[kind]!r} has {len(members)} examples, but per_class asks for {per_class}. "
                f"Ask for at most {min(count for count in data.counts() if count)}, or 'all'."
            )
        chosen.append(members[:per_class])
    return data.take(np.sort(np.concatenate(chosen)))


def of_classes(data: AnySet, names: Sequence[str]) -> AnySet:
    """The examples of the classes ``names``, which are then numbered as they stand there.

    Raises:
        DataError: a name that no class has, or one given twice.
    """
    for place, name in enumerate(names):
        if name in names[:place]:
            raise DataError(f"the class {name!r} is named twice. Name each once.")
        if name not in data.class_names:
            raise DataError(f"unknown class {name!r}. {hint(name, data.class_names)}")
    numbers = np.full(len(data.class_names), -1)
    numbers[[data.class_names.index(name) for name in names]] = np.arange(len(names))
    kept = data.take(np.flatnonzero(numbers[data.labels] >= 0))
    return replace(kept, labels=numbers[kept.labels], class_names=tuple(names))


def _shuffled_classes(data: AnySet, seed: int) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """(class, indices of its examples in random order) of each class that has examples.

    A class has a generator of its own, so that what is drawn of it hangs on no other class.
    """
    return [
        (int(kind), np.random.default_rng([seed, int(kind)]).permutation(np.flatnonzero(data.labels == kind)))
        for kind in np.unique(data.labels)
    ]
