"""N-way k-shot episodes: a few classes, a few examples of each to learn from, others to recognise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rltransfer.errors import ConfigError, UnfitDataError
from rltransfer.images.given_rows import given_labels

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Episode:
    """Indices into a labelled data set.

    Args:
        classes: (ways,) labels of the classes, in the order in which the episode numbers them.
        support: (ways, shots) what is learned from; row w shows class w.
        query: (ways, queries) what is to be recognised; none of it is in ``support``.
    """

    classes: Indices
    support: Indices
    query: Indices


def sample_episode(
    labels: ArrayLike,
    *,
    ways: int,
    shots: int,
    queries: int,
    rng: np.random.Generator,
    groups: ArrayLike | None = None,
    num_groups: int = 1,
) -> Episode:
    """Draw an episode: classes without repeats, then examples of each without repeats.

    Args:
        labels: (n,) class of each example.
        ways: classes of an episode. More are harder to tell apart.
        shots: examples of each to learn from.
        queries: examples of each to recognise.
        rng: what is drawn with; the same state gives the same episode.
        groups: (n,) a group of each example (the alphabet of a character); all of a class are of one group. Classes
            are then drawn from few groups only, which are harder to tell apart. None: from all classes.
        num_groups: from how many groups, drawn without repeats, in parts as equal as can be. Where a group has fewer
            classes than its part, the episode has fewer ways.

    Raises:
        UnfitDataError: labels or groups that are missing, of another number, or no whole numbers.
        ConfigError: fewer classes with enough examples, or fewer groups of them, than asked for.

    Source: Vinyals et al. 2016, "Matching Networks for One Shot Learning"; groups as in Lake et al. 2019, "The
    Omniglot challenge: a 3-year progress report" (episodes within alphabets).
    """
    given = given_labels(labels, "labels", np.size(labels))
    if not np.issubdtype(given.dtype, np.integer):
        raise UnfitDataError(f"labels are of {given.dtype}. Number the classes: np.unique(..., return_inverse=True)[1]")
    families = None if groups is None else given_labels(groups, "groups", len(given))
    for name, value in (("ways", ways), ("shots", shots), ("queries", queries), ("num_groups", num_groups)):
        if not isinstance(value, int | np.integer) or value < (2 if name == "ways" else 1):
            raise ConfigError(
                f"{name} is {value}. An episode has 2 ways, 1 shot, 1 query and 1 group, or more of each."
            )
    known, first, counts = np.unique(given, return_index=True, return_counts=True)
    enough = counts >= shots + queries
    if families is None:
        if enough.sum() < ways:
            raise ConfigError(
                f"{ways} ways of {shots} + {queries} examples: {enough.sum()} of {len(known)} classes have so many."
            )
        classes = rng.choice(known[enough], ways, replace=False)
    else:
        classes = _from_groups(known[enough], families[first[enough]], ways, num_groups, rng)
    drawn = np.stack([rng.choice(np.flatnonzero(given == c), shots + queries, replace=False) for c in classes])
    return Episode(classes.astype(np.int64), drawn[:, :shots], drawn[:, shots:])


def _from_groups(
    known: Indices, group_of: NDArray[np.generic], ways: int, num_groups: int, rng: np.random.Generator
) -> Indices:
    kinds = np.unique(group_of)
    if len(kinds) < num_groups:
        raise ConfigError(f"{num_groups} groups an episode, and only {len(kinds)} have classes of enough examples.")
    parts = np.diff(np.linspace(0, ways, num_groups + 1).round().astype(int))
    drawn = []
    for group, part in zip(rng.choice(kinds, num_groups, replace=False), parts, strict=True):
        own = known[group_of == group]
        drawn.append(rng.choice(own, min(part, len(own)), replace=False))
    classes = np.concatenate(drawn)
    if len(classes) < 2:
        raise ConfigError("the drawn groups have one class only, so there is nothing to tell apart. Draw more groups.")
    return classes
