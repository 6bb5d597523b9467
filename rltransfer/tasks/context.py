"""The factor vector: what an agent could be told about the environment it is in.

Source: Hallak et al. 2015, "Contextual Markov Decision Processes"; Benjamins et al. 2023, "Contextualize Me", for
the study of agents that are told the context, and how, against agents that are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.variation_sets import chosen_factors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Visibility = Literal["hidden", "observed", "side"]
"""``hidden``: the agent is not told. ``observed``: the vector is part of the observation, appended to vectors and as
constant planes to images. ``side``: a dictionary of ``observation`` and ``context``. Which factors the vector has is
said by ``family.Context``."""
VISIBILITIES: tuple[Visibility, ...] = ("hidden", "observed", "side")


def context_names(factors: Mapping[str, Factor], names: Iterable[str] | None = None) -> tuple[str, ...]:
    """What each entry of the vector stands for: a factor, or ``factor=choice`` for text."""
    entries: list[str] = []
    for factor in chosen_factors(factors, names):
        if isinstance(factor.default, str):
            entries += [f"{factor.name}={choice}" for choice in factor.choices]
        else:
            entries.append(factor.name)
    return tuple(entries)


def context_vector(
    factors: Mapping[str, Factor], values: Mapping[str, FactorValue], names: Iterable[str] | None = None
) -> NDArray[np.float32]:
    """(entries,) float32 in 0 to 1: numbers relative to their bounds, choices as indicators.

    Args:
        factors: of the family.
        values: factor values; one that is missing has its default.
        names: which factors; all where left out.
    """
    import numpy as np

    entries: list[float] = []
    for factor in chosen_factors(factors, names):
        value = values.get(factor.name, factor.default)
        if isinstance(factor.default, str):
            entries += [float(value == choice) for choice in factor.choices]
        elif isinstance(factor.default, bool) or factor.low is None or factor.high is None:
            entries.append(float(value))
        else:
            entries.append((float(value) - factor.low) / (factor.high - factor.low))
    return np.array(entries, dtype=np.float32)
