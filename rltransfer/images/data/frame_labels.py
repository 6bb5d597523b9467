"""What frames show, as labels: values of factors, facts of a family, numbers in its state, put into bins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks import Factor, FactorValue, Family

Told = str | float
"""What a frame shows: a class by its name, or a measure, which is put into bins."""


def factor_values(factor: Factor, number: int) -> tuple[FactorValue, ...]:
    """All values of a factor that has choices, or ``number`` from its least to its greatest.

    Raises:
        ConfigError: it has neither choices nor bounds.
    """
    if isinstance(factor.default, bool):
        return (False, True)
    if factor.choices:
        return factor.choices
    if factor.low is None or factor.high is None:
        raise ConfigError(f"factor {factor.name!r} has no bounds. Give its values: values: [..., ...]")
    evenly = np.linspace(factor.low, factor.high, number).tolist()
    return tuple(dict.fromkeys(round(v) for v in evenly)) if isinstance(factor.default, int) else tuple(evenly)


def told_in(family: Family, state: Mapping[str, Any] | None, copy: int, label: str) -> Told:
    """What ``label`` is in one copy, by the family's facts or in its state.

    Raises:
        UnknownNameError: it is neither; the message names what is.
    """
    assert state is not None
    facts = family.facts(state, copy)
    if label in facts:
        return facts[label]
    *names, place = label.split("/")
    own: Any = state[str(copy)] if str(copy) in state else {name: state[name][copy] for name in state}
    found = own
    try:
        for name in names:
            found = found[name]
        return float(np.asarray(found[place] if isinstance(found, Mapping) else np.ravel(found)[int(place)]))
    except (LookupError, ValueError, TypeError):
        known = (*family.factors, *facts, *_places_in(own))
        hint = nearest(label, known)
        raise UnknownNameError(f"label of frames of family {family.name!r}", label, known, hint) from None


def _places_in(state: Mapping[str, Any]) -> Iterator[str]:
    """Labels by place that a copy's state has: ``robot/0 to robot/5``."""
    for name, value in state.items():
        numbers = np.asarray(value) if not isinstance(value, Mapping) else np.empty(0)
        if numbers.dtype.kind in "fiub" and numbers.size:
            yield f"{name}/0" + (f" to {name}/{numbers.size - 1}" if numbers.size > 1 else "")


def classes_told(
    told: list[Told], others: list[Told], bins: int
) -> tuple[tuple[str, ...], npt.NDArray[np.float64] | None]:
    """Names of the classes, and the inner edges of the bins where they are measures.

    What is told of ``others``, the test frames alone, is a class, too, but moves no edge.
    """
    if any(isinstance(value, str) for value in told):
        return tuple(sorted({*map(str, told), *map(str, others)})), None
    edges = np.unique(np.quantile(np.array(told, np.float64), np.linspace(0, 1, bins + 1)[1:-1]))
    marks = ["", *(f"{edge:.3g}" for edge in edges), ""]
    return tuple(_bin_name(low, high) for low, high in pairwise(marks)), edges


def _bin_name(low: str, high: str) -> str:
    """Of the bin between two edges, of which the first and the last have one."""
    return f"{low} to {high}" if low and high else f"from {low}" if low else f"below {high}"


def numbers_of(
    told: list[Told], named: tuple[str, ...], edges: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.int64]:
    """(n,) classes of what is ``told``, by name or by the bin that a measure is in."""
    if edges is not None:
        return np.searchsorted(edges, np.array(told, np.float64), side="right").astype(np.int64)
    return np.array([named.index(str(value)) for value in told])
