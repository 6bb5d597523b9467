"""Nearest neighbours in code space, and what they say of a class."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError, UnfitDataError, UnknownNameError
from rltransfer.images.given_rows import given_labels
from rltransfer.progress import tracked
from rltransfer.registry import nearest

Metric = Literal["cosine", "euclidean"]
Vote = Literal["uniform", "distance"]
Indices = npt.NDArray[np.int64]
Distances = npt.NDArray[np.float64]
Table = npt.NDArray[np.floating]

CHUNK = 512
"""Queries compared at once: bounds memory at ``512 x codes`` distances."""
LONG = 8
"""Chunks from which a progress bar is shown."""


def neighbours(
    codes: Table, queries: Table, *, count: int = 5, metric: Metric = "cosine", leave_out_self: bool = False
) -> tuple[Indices, Distances]:
    """The ``count`` nearest of ``codes`` to each query, nearest first; of equally near ones the earlier first.

    Args:
        codes: (n, d).
        queries: (m, d).
        count: how many, at most n.
        metric: ``cosine`` is one minus the cosine of the angle, from 0 to 2; the zero vector is at 1 from everything.
        leave_out_self: query i is row i of ``codes``, and no neighbour of itself.

    Returns:
        (m, count) rows of ``codes``, and (m, count) distances.

    Raises:
        DataError: widths that differ, codes that are not finite, or more neighbours than there are codes.
        UnknownNameError: another metric.
    """
    _require_known("metric", metric, get_args(Metric))
    if codes.ndim != 2 or queries.ndim != 2 or codes.shape[1] != queries.shape[1]:
        raise DataError(f"codes {codes.shape} and queries {queries.shape} must have the same width.")
    if leave_out_self and len(codes) != len(queries):
        raise DataError(f"to leave each query out, queries must be the codes: {len(queries)} are not {len(codes)}.")
    known = len(codes) - leave_out_self
    if not 1 <= count <= known:
        raise DataError(f"{count} neighbours are asked for, but there are {known} codes to choose from.")
    for values in (codes,) if queries is codes else (codes, queries):
        require_finite(values)
    among = _comparable(codes, metric)
    indices = np.empty((len(queries), count), np.int64)
    distances = np.empty((len(queries), count))
    starts = range(0, len(queries), CHUNK)
    for start in tracked(starts, "comparing codes") if len(starts) >= LONG else starts:
        rows = slice(start, min(start + CHUNK, len(queries)))
        measured = _distances(_comparable(queries[rows], metric), among, metric)
        if leave_out_self:
            measured[np.arange(len(measured)), np.arange(start, start + len(measured))] = np.inf
        nearest = _smallest(measured, count)
        indices[rows], distances[rows] = nearest, np.take_along_axis(measured, nearest, axis=1)
    return indices, distances


def vote(
    labels: npt.NDArray[np.int64],
    indices: Indices,
    distances: Distances,
    *,
    num_classes: int,
    weights: Vote = "uniform",
) -> npt.NDArray[np.float64]:
    """(m, num_classes) share of each query's neighbours that is of each class.

    Args:
        labels: (n,) classes of the codes.
        indices: (m, count) from ``neighbours``.
        distances: (m, count) from ``neighbours``.
        num_classes: how many classes there are.
        weights: ``distance`` counts each neighbour by one over its distance; those at distance 0 count alone.

    Raises:
        UnknownNameError: other weights.
    """
    _require_known("weights", weights, get_args(Vote))
    counted = np.ones_like(distances)
    if weights == "distance":
        is_same = distances == 0
        with np.errstate(divide="ignore"):
            counted = np.where(is_same.any(axis=1, keepdims=True), is_same, 1 / distances)
    shares = np.zeros((len(indices), num_classes))
    np.add.at(shares, (np.arange(len(indices))[:, None], labels[indices]), counted)
    normalized: npt.NDArray[np.float64] = shares / shares.sum(axis=1, keepdims=True)
    return normalized


def knn_predict(
    codes: Table,
    labels: npt.NDArray[np.int64],
    queries: Table,
    *,
    count: int = 5,
    metric: Metric = "cosine",
    weights: Vote = "uniform",
) -> npt.NDArray[np.int64]:
    """(m,) the class that most of each query's neighbours have; of equally many the class of lowest number.

    Raises:
        DataError: as ``neighbours``; or codes without a label each.
    """
    _require_labels(codes, labels)
    indices, distances = neighbours(codes, queries, count=count, metric=metric)
    shares = vote(labels, indices, distances, num_classes=int(labels.max()) + 1, weights=weights)
    return np.asarray(shares.argmax(axis=1), np.int64)


def separation(codes: Table, labels: npt.NDArray[np.int64], *, count: int = 5, metric: Metric = "cosine") -> float:
    """Share of the codes whose class is that of most of their neighbours, each left out in turn: 0 to 1.

    A number for how far classes lie apart at a stage; chance is the share of the largest class.

    Raises:
        DataError: as ``knn_predict``.
    """
    _require_labels(codes, labels)
    indices, distances = neighbours(codes, codes, count=count, metric=metric, leave_out_self=True)
    shares = vote(labels, indices, distances, num_classes=int(labels.max()) + 1)
    return float((shares.argmax(axis=1) == labels).mean())


def require_finite(codes: Table) -> None:
    """Raise DataError where a number of ``codes`` (n, d) is not finite, naming the first."""
    if not np.isfinite(codes).all():
        row, column = np.argwhere(~np.isfinite(codes))[0]
        raise DataError(f"code {row} has {codes[row, column]} at place {column}. Every number must be finite.")


def _require_labels(codes: Table, labels: npt.NDArray[np.int64]) -> None:
    found = given_labels(labels, "labels", len(codes))
    if not np.issubdtype(found.dtype, np.integer) or (found < 0).any():
        raise UnfitDataError(f"labels are of {found.dtype}. Number the classes from 0.")


def _require_known(kind: str, name: str, known: tuple[str, ...]) -> None:
    if name not in known:
        raise UnknownNameError(kind, name, known, nearest(name, known))


def _comparable(codes: Table, metric: Metric) -> npt.NDArray[np.float64]:
    """float64; of length 1 for cosines."""
    values = np.asarray(codes, np.float64)
    if metric == "euclidean":
        return values
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit: npt.NDArray[np.float64] = values / np.where(lengths == 0, 1, lengths)
    return unit


def _distances(
    queries: npt.NDArray[np.float64], codes: npt.NDArray[np.float64], metric: Metric
) -> npt.NDArray[np.float64]:
    """(queries, codes)."""
    products = queries @ codes.T
    if metric == "cosine":
        return np.clip(1 - products, 0, 2)
    squares = (queries**2).sum(axis=1)[:, None] + (codes**2).sum(axis=1) - 2 * products
    return np.asarray(np.sqrt(np.maximum(squares, 0)), np.float64)


def _smallest(measured: npt.NDArray[np.float64], count: int) -> Indices:
    """(queries, count) columns of the least of each row, in order; the earlier of equal ones first.

    Equal to a stable sort of every row, at the cost of a partial one.
    """
    bounds = np.partition(measured, count - 1, axis=1)[:, [count - 1]]
    found = np.empty((len(measured), count), np.int64)
    for row, bound in enumerate(bounds):
        within = np.flatnonzero(measured[row] <= bound)
        found[row] = within[np.argsort(measured[row, within], kind="stable")[:count]]
    return found
