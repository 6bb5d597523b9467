"""The modified Hausdorff distance between drawings."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import ConfigError

Points = NDArray[np.float64]


def ink_points(image: NDArray[np.generic]) -> Points:
    """(points, 2) rows and columns of the ink of a (height, width) drawing that is true where ink is, about their mean.

    Raises:
        ConfigError: a drawing without ink.
    """
    points = np.argwhere(np.asarray(image)).astype(np.float64)
    if not len(points):
        raise ConfigError("a drawing has no ink, so that its distance to others is not defined.")
    centred: Points = points - points.mean(axis=0)
    return centred


def modified_hausdorff(first: Points, second: Points) -> float:
    """The greater of the mean distances from the points of one to the nearest of the other.

    Args:
        first: (points, 2).
        second: (points, 2), as many or others.

    Source: Dubuisson & Jain 1994, "A Modified Hausdorff Distance for Object Matching" (the distance they prefer);
    as Omniglot's baseline takes it, between ink about its mean.
    """
    return hausdorff_table([first], [second])[0, 0].item()  # type: ignore[no-any-return]


def hausdorff_table(first: list[Points], second: list[Points]) -> NDArray[np.float64]:
    """(len(first), len(second)) modified Hausdorff distances."""
    from scipy.spatial import cKDTree

    trees: list[list[Any]] = [[(points, cKDTree(points)) for points in group] for group in (first, second)]
    table = np.empty((len(first), len(second)))
    for row, (points, tree) in enumerate(trees[0]):
        for column, (others, other_tree) in enumerate(trees[1]):
            table[row, column] = max(other_tree.query(points)[0].mean(), tree.query(others)[0].mean())
    return table
