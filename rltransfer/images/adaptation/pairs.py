"""Every domain adapted to every other: the tables that papers on adaptation print."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from rltransfer.images.adaptation.domains import Array
from rltransfer.images.adaptation.model_selection import importance_weighted_validation, oracle

CHOSEN = "chosen by importance-weighted validation"
ORACLE = "oracle: chosen by the target's labels"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """How one method did from one domain to another.

    Args:
        source: name of the domain that was learned from.
        target: name of the one that was predicted.
        method: name of the method.
        accuracy: share of the target's rows that were named rightly, 0 to 1. The target's labels are used for this
            alone.
    """

    source: str
    target: str
    method: str
    accuracy: float


def all_pairs(
    domains: Mapping[str, tuple[Array, NDArray[Any]]],
    methods: Mapping[str, Any],
    *,
    order: Iterable[tuple[str, str]] | None = None,
) -> Iterator[Pair]:
    """Adapt without target labels, all rows of a source to all rows of a target, and say how right that was.

    Args:
        domains: name to (rows, labels).
        methods: name to estimator with ``fit(X, y, Xt)``; each pair gets a fresh copy.
        order: (source, target) pairs; None: all of two different domains.
    """
    for source, target in itertools.permutations(domains, 2) if order is None else order:
        rows, labels = domains[source]
        theirs, truth = domains[target]
        for name, method in methods.items():
            guesses = clone(method).fit(rows, labels, theirs).predict(theirs)
            yield Pair(source=source, target=target, method=name, accuracy=float(np.mean(guesses == truth)))


def chosen_pairs(
    domains: Mapping[str, tuple[Array, NDArray[Any]]],
    candidates: Mapping[str, Any],
    *,
    order: Iterable[tuple[str, str]] | None = None,
    folds: int = 5,
    seed: int = 0,
) -> Iterator[Pair]:
    """Of each pair, how right the candidate is that is chosen without target labels; and apart, that of the oracle.

    Args:
        domains: name to (rows, labels).
        candidates: name to estimator, of which ``importance_weighted_validation`` chooses one a pair.
        order: as in ``all_pairs``.
        folds: of the validation.
        seed: of the validation.
    """
    for source, target in itertools.permutations(domains, 2) if order is None else order:
        (rows, labels), (theirs, truth) = domains[source], domains[target]
        tried = list(candidates.values())
        found = importance_weighted_validation(tried, rows, labels, theirs, folds=folds, seed=seed)
        bound = oracle(tried, rows, labels, theirs, truth)
        for method, place in ((CHOSEN, found.best), (ORACLE, bound.best)):
            yield Pair(source=source, target=target, method=method, accuracy=1 - bound.errors[place])


def table(pairs: Iterable[Pair]) -> str:
    """Accuracies in percent as Markdown: a row a method, a column a pair, and their mean; the oracle last and apart."""
    rows = list(pairs)
    short = _short_names({name for pair in rows for name in (pair.source, pair.target)})
    found: dict[str, dict[str, float]] = {}
    for pair in rows:
        found.setdefault(pair.method, {})[f"{short[pair.source]}-{short[pair.target]}"] = 100 * pair.accuracy
    columns = list(next(iter(found.values())))
    lines = [f"| method | {' | '.join(columns)} | mean |", "|---" * (len(columns) + 2) + "|"]
    for name, row in sorted(found.items(), key=lambda item: item[0] == ORACLE):
        if name == ORACLE:
            lines.append("|" + " |" * (len(columns) + 2))
        mean = float(np.mean(list(row.values())))
        lines.append(f"| {name} | {' | '.join(f'{row[column]:.1f}' for column in columns)} | {mean:.1f} |")
    return "\n".join(lines)


def _short_names(names: set[str]) -> dict[str, str]:
    """Initials, or the whole names where two have the same."""
    initials = {name: name[:1].upper() for name in names}
    return initials if len(set(initials.values())) == len(names) else {name: name for name in names}
