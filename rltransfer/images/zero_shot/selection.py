"""Constants chosen on seen classes that are held out in turn, as if they were unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.images.zero_shot.evaluation import per_class_accuracy
from rltransfer.images.zero_shot.inputs import (
    IntArray,
    checked_classes,
    checked_features,
    checked_labels,
    class_table,
    finite_descriptions,
)
from rltransfer.images.zero_shot.method import ZeroShotMethod
from rltransfer.images.zero_shot.moments import MomentMethod, moments
from rltransfer.registry import nearest

AnyMethod = TypeVar("AnyMethod", bound=ZeroShotMethod)


@dataclass(frozen=True)
class Selection(Generic[AnyMethod]):
    """What was chosen, and what was measured of each choice.

    Args:
        method: with the chosen settings, not fitted.
        settings: the chosen ones.
        tried: settings, and the per-class accuracy (0 to 1) on each fold's held-out classes.
    """

    method: AnyMethod
    settings: dict[str, Any]
    tried: tuple[tuple[dict[str, Any], tuple[float, ...]], ...]


def select(
    method: AnyMethod,
    grid: Mapping[str, Sequence[Any]],
    X: ArrayLike,
    y: ArrayLike,
    S: ArrayLike,
    *,
    seen: Sequence[int],
    folds: int = 4,
    max_per_class: int | None = None,
    seed: int = 0,
) -> Selection[AnyMethod]:
    """The settings of ``grid`` that recognise held-out seen classes best.

    The seen classes are divided into folds. Each fold's classes are held out of learning and then told apart by their
    descriptions; the mean over folds of their per-class accuracy decides, the first of equals wins. Nothing of an
    unseen class is read: of ``S`` only the seen rows go any further.

    Args:
        method: what the settings are set on; it is not changed.
        grid: setting to values, all combinations of which are tried.
        X: (images, features) of seen classes.
        y: (images,) their classes.
        S: (classes, attributes).
        seen: rows of the classes that ``X`` shows.
        folds: more hold out fewer classes at a time, which are easier to tell apart than as many as are unseen.
        max_per_class: images a class that are used, drawn by ``seed``; None for all.
        seed: of the division into folds, and of the draw.

    Raises:
        ConfigError: as ``fit`` does; fewer than 2 folds, or so many that one holds out fewer than two classes.
    """
    descriptions = class_table(S)
    rows, _ = checked_classes(descriptions, seen, ())
    features = checked_features(X)
    labels = checked_labels(y, len(features), rows, np.empty(0, dtype=np.int64))
    known = finite_descriptions(descriptions, rows)
    rng = np.random.default_rng(seed)
    parts = class_folds(len(rows), folds, rng)
    kept = images_a_class(labels, max_per_class, rng)
    features, labels = features[kept], labels[kept]
    choices = _choices(method, grid)
    accuracies: list[list[float]] = [[] for _ in choices]
    for held in parts:
        learned = np.setdiff1d(np.arange(len(rows)), held)
        is_held = np.isin(labels, held)
        images, classes = features[~is_held], labels[~is_held]
        found = None
        if isinstance(method, MomentMethod):
            found = moments(images, np.searchsorted(learned, classes), len(learned))
        for settings, measured in zip(choices, accuracies, strict=True):
            candidate = clone(method).set_params(**settings)
            if found is None:
                candidate.fit(images, classes, known, seen=learned, unseen=held)
            else:
                candidate.fit_moments(found, known, seen=learned, unseen=held)
            measured.append(per_class_accuracy(labels[is_held], candidate.predict(features[is_held])))
    tried = [(settings, tuple(measured)) for settings, measured in zip(choices, accuracies, strict=True)]
    best = max(range(len(tried)), key=lambda k: (np.mean(tried[k][1]), -k))
    chosen = tried[best][0]
    return Selection(clone(method).set_params(**chosen), chosen, tuple(tried))


def _choices(method: ZeroShotMethod, grid: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """All combinations. Raises ConfigError for a setting the method does not have, or no values to choose from."""
    known = tuple(sorted(method.get_params()))
    for name, values in grid.items():
        if name not in known:
            raise UnknownNameError(f"setting of {type(method).__name__}", name, known, nearest(name, known))
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray) or not len(values):
            raise ConfigError(f"grid: {name} is {values!r}. Give a list of values to choose from.")
    return [dict(settings) for settings in ParameterGrid(dict(grid))]


def class_folds(num_classes: int, folds: int, rng: np.random.Generator) -> list[IntArray]:
    """Classes divided at random into ``folds`` parts as equal as can be, each sorted."""
    if folds < 2 or num_classes // max(folds, 1) < 2:
        raise ConfigError(
            f"{folds} folds of {num_classes} seen classes: take at least 2, and no more than {num_classes // 2}, "
            "so that there are two classes to tell apart in each."
        )
    return [np.sort(part) for part in np.array_split(rng.permutation(num_classes), folds)]


def images_a_class(labels: IntArray, limit: int | None, rng: np.random.Generator) -> IntArray:
    """Indices of at most ``limit`` images of each class, drawn at random, in their order."""
    if limit is None:
        return np.arange(len(labels))
    if limit < 1:
        raise ConfigError(f"{limit} images a class: take at least 1, or None for all.")
    shuffled = rng.permutation(len(labels))
    drawn = [shuffled[labels[shuffled] == c][:limit] for c in np.unique(labels)]
    return np.sort(np.concatenate(drawn))
