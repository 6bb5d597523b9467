"""Two domains counted over x and y: which of their distributions differ, and what that shift is called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from rltransfer.errors import DataError

Array = NDArray[np.float64]
Kind = Literal["none", "covariate shift", "prior shift", "concept shift", "joint shift"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Joint:
    """How often each x comes with each y in one domain.

    Args:
        counts: (values of x, classes) 0 or more.
        values: names of the values of x.
        classes: names of the classes.

    Raises:
        DataError: counts that are negative or none, or names of another number.
    """

    counts: Array
    values: tuple[str, ...]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        try:
            counts = np.asarray(self.counts, dtype=np.float64)
        except ValueError as error:
            raise DataError("counts must be numbers, (values of x, classes).") from error
        if counts.shape != (len(self.values), len(self.classes)):
            raise DataError(
                f"counts of shape {counts.shape} for {len(self.values)} values, {len(self.classes)} classes."
            )
        if not np.isfinite(counts).all() or (counts < 0).any() or not counts.sum() > 0:
            raise DataError("counts must be 0 or more, and not all of them 0.")
        object.__setattr__(self, "counts", counts)

    @classmethod
    def of_rows(cls, x: Any, y: Any, *, values: Sequence[Any], classes: Sequence[Any]) -> Self:
        """Count rows: x (n,) of ``values`` and y (n,) of ``classes``. Raises DataError for one that is of neither."""
        counts = np.zeros((len(values), len(classes)))
        places = [{name: place for place, name in enumerate(names)} for names in (values, classes)]
        left, right = np.asarray(x).tolist(), np.asarray(y).tolist()
        if len(left) != len(right):
            raise DataError(f"{len(left)} values of x, {len(right)} of y. Give each row one of both.")
        for row, (one, other) in enumerate(zip(left, right, strict=True)):
            if one not in places[0] or other not in places[1]:
                raise DataError(f"row {row}: x = {one!r}, y = {other!r} is not among the values and classes named.")
            counts[places[0][one], places[1][other]] += 1
        return cls(counts=counts, values=tuple(map(str, values)), classes=tuple(map(str, classes)))

    @property
    def joint(self) -> Array:
        """P(x, y): (values, classes)."""
        shares: Array = self.counts / self.counts.sum()
        return shares

    @property
    def of_x(self) -> Array:
        """P(x): (values,)."""
        shares: Array = self.joint.sum(axis=1)
        return shares

    @property
    def of_y(self) -> Array:
        """P(y): (classes,)."""
        shares: Array = self.joint.sum(axis=0)
        return shares

    @property
    def y_given_x(self) -> Array:
        """P(y|x): (values, classes), NaN for an x that never comes."""
        return _shares(self.counts)

    @property
    def x_given_y(self) -> Array:
        """P(x|y): (values, classes), NaN for a y that never comes."""
        return _shares(self.counts.T).T


@dataclass(frozen=True, kw_only=True)
class Shift:
    """Which distributions of two domains differ.

    Args:
        kind: "covariate shift": P(x) differs, P(y|x) does not; "prior shift": P(y) differs, P(x|y) does not;
            "concept shift": P(y|x) differs, P(x) does not; "joint shift": none of these; "none": nothing differs.
        p_values: of "P(x)", "P(y)", "P(y|x)", "P(x|y)": how likely differences as large were by chance alone.
        distances: of the same: total variation, 0 to 1; that of a conditional is the mean over what both domains have.
        unseen: values of x that only one of the domains has: P(y|x) cannot be compared there.
    """

    kind: Kind
    p_values: dict[str, float]
    distances: dict[str, float]
    unseen: tuple[str, ...]


def compare(source: Joint, target: Joint, *, level: float = 0.05) -> Shift:
    """Test each distribution for being the same in both domains, by chi-squared, and name the shift.

    Args:
        source: counts of the one domain.
        target: counts of the other, over the same values and classes.
        level: a p-value below counts as a difference. With few rows differences go unseen.

    Source: the kinds are those of Moreno-Torres, Raeder, Alaiz-Rodríguez, Chawla and Herrera 2012, "A unifying view on
    dataset shift in classification". Where both a covariate and a prior shift would do, it is called covariate shift.
    """
    if (source.values, source.classes) != (target.values, target.classes):
        raise DataError("source and target are counted over other values or classes. Count both over the same.")
    ours, theirs = source.counts, target.counts
    p_values = {
        "P(x)": _same(ours.sum(1)[None], theirs.sum(1)[None]),
        "P(y)": _same(ours.sum(0)[None], theirs.sum(0)[None]),
        "P(y|x)": _same(ours, theirs),
        "P(x|y)": _same(ours.T, theirs.T),
    }
    distances = {
        "P(x)": _apart(ours.sum(1)[None], theirs.sum(1)[None]),
        "P(y)": _apart(ours.sum(0)[None], theirs.sum(0)[None]),
        "P(y|x)": _apart(ours, theirs),
        "P(x|y)": _apart(ours.T, theirs.T),
    }
    only_one = (ours.sum(1) > 0) != (theirs.sum(1) > 0)
    return Shift(
        kind=_kind({name: value < level for name, value in p_values.items()}),
        p_values=p_values,
        distances=distances,
        unseen=tuple(name for name, lone in zip(source.values, only_one, strict=True) if lone),
    )


def _kind(differs: dict[str, bool]) -> Kind:
    if not any(differs.values()):
        return "none"
    if not differs["P(y|x)"] and differs["P(x)"]:
        return "covariate shift"
    if not differs["P(x|y)"] and differs["P(y)"]:
        return "prior shift"
    return "concept shift" if differs["P(y|x)"] and not differs["P(x)"] else "joint shift"


def _same(ours: Array, theirs: Array) -> float:
    """P-value of the rows' distributions being the same in both, each row by itself: chi-squared, summed over rows."""
    statistic, freedom = 0.0, 0
    for one, other in zip(ours, theirs, strict=True):
        if not (one.sum() and other.sum()):
            continue
        table = np.stack([one, other])[:, one + other > 0]
        expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
        statistic += float(((table - expected) ** 2 / expected).sum())
        freedom += table.shape[1] - 1
    return float(chi2.sf(statistic, freedom)) if freedom else 1.0


def _apart(ours: Array, theirs: Array) -> float:
    """Total variation of rows' distributions, averaged by how often rows come in both domains together."""
    seen = (ours.sum(1) > 0) & (theirs.sum(1) > 0)
    if not seen.any():
        return float("nan")
    gaps = np.abs(_shares(ours[seen]) - _shares(theirs[seen])).sum(1) / 2
    often = (ours.sum(1) / ours.sum() + theirs.sum(1) / theirs.sum())[seen]
    return float(np.average(gaps, weights=often))


def _shares(counts: Array) -> Array:
    totals = counts.sum(1, keepdims=True)
    shares: Array = np.divide(counts, totals, out=np.full_like(counts, np.nan, dtype=np.float64), where=totals > 0)
    return shares
