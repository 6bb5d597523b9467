"""Sets of variations: drawn at random from a family's training or held-out ranges, or laid out as a grid.

Source: Packer et al. 2018, "Assessing Generalization in Deep Reinforcement Learning", section 4: train in a range of
each factor, test interpolation in the same range, and extrapolation with every factor outside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.variation import Variation

if TYPE_CHECKING:
    import numpy as np

Split = Literal["train", "interpolation", "extrapolation", "full"]
"""``train`` and ``interpolation`` draw from each factor's usual range, ``extrapolation`` from what is allowed outside
it, ``full`` from all that is allowed."""
SPLITS: tuple[Split, ...] = ("train", "interpolation", "extrapolation", "full")


def chosen_factors(factors: Mapping[str, Factor], names: Iterable[str] | None) -> tuple[Factor, ...]:
    """The factors called ``names``, or all of them. Raises UnknownNameError with a suggestion."""
    if names is None:
        return tuple(factors.values())
    for name in names:
        if name not in factors:
            raise UnknownNameError("factor", name, tuple(factors), nearest(name, factors))
    return tuple(factors[name] for name in names)


def check_split(split: str) -> None:
    """Raise UnknownNameError, with a suggestion, for what is no ``Split``."""
    if split not in SPLITS:
        raise UnknownNameError("split", str(split), tuple(SPLITS), nearest(str(split), SPLITS))


def draw_variation(
    factors: Mapping[str, Factor],
    rng: np.random.Generator,
    *,
    names: Iterable[str] | None = None,
    split: Split = "train",
) -> Variation:
    """One variation: each factor called ``names`` (default: all) drawn on its own, the rest at their defaults.

    Args:
        factors: of the family.
        rng: moved on.
        names: which factors vary.
        split: where values come from. A factor that allows nothing outside its usual range keeps within it.
    """
    check_split(split)
    chosen = chosen_factors(factors, names)
    return Variation(factors, {factor.name: draw_value(factor, rng, split) for factor in chosen})


def draw_value(factor: Factor, rng: np.random.Generator, split: Split) -> FactorValue:
    """A value of ``factor``: uniform over the numbers of its range, or over its choices."""
    if isinstance(factor.default, bool | str):
        every: tuple[FactorValue, ...] = (False, True) if isinstance(factor.default, bool) else factor.choices
        usual = [value for value in every if value in factor.usual_choices]
        held_out = [value for value in every if value not in factor.usual_choices] or usual
        values = {"full": list(every), "extrapolation": held_out}.get(split, usual)
        return values[int(rng.integers(len(values)))]
    if factor.low is None or factor.high is None:
        raise ConfigError(f"factor {factor.name!r} has no bounds to draw from; give it low and high")
    low, high = factor.usual_range
    outside = [(factor.low, low), (high, factor.high)] if split == "extrapolation" else []
    intervals = [pair for pair in outside if pair[1] > pair[0]]
    if split == "full":
        intervals = [(factor.low, factor.high)]
    if isinstance(factor.default, int):
        return _whole(factor, rng, intervals, low, high, outside=split == "extrapolation")
    intervals = intervals or [(low, high)]
    widths = [end - start for start, end in intervals]
    place = float(rng.random()) * sum(widths)
    for (start, end), width in zip(intervals, widths, strict=True):
        if place <= width:
            return factor.validate(min(start + place, end))
        place -= width
    return factor.validate(intervals[-1][1])


def _whole(
    factor: Factor,
    rng: np.random.Generator,
    intervals: Sequence[tuple[float, float]],
    low: float,
    high: float,
    *,
    outside: bool,
) -> FactorValue:
    """A whole number of the intervals; those of the usual range do not count as outside it."""
    ranges = [range(int(start), int(end) + 1) for start, end in intervals or [(low, high)]]
    values = sorted({value for numbers in ranges for value in numbers if not (outside and low <= value <= high)})
    values = values or list(range(int(low), int(high) + 1))
    return values[int(rng.integers(len(values)))]


def grid_variations(
    factors: Mapping[str, Factor], names: Iterable[str], *, points: int = 3, split: Split = "full"
) -> tuple[Variation, ...]:
    """Every combination of ``points`` evenly spaced values of each factor (of all its choices, for text).

    Args:
        factors: of the family.
        names: which factors vary; the rest keep their defaults.
        points: values of each number, 2 or more.
        split: ``full`` spans all that is allowed, ``train`` and ``interpolation`` the usual range.
    """
    check_split(split)
    if split == "extrapolation":
        raise ConfigError("a grid spans one range; give split 'full' or 'train'")
    values = [_spaced(factor, points, split) for factor in chosen_factors(factors, tuple(names))]
    return tuple(
        Variation(factors, dict(zip(names, combination, strict=True))) for combination in itertools.product(*values)
    )


def _spaced(factor: Factor, points: int, split: Split) -> list[FactorValue]:
    if points < 2:
        raise ConfigError(f"points is {points}; a grid needs 2 or more values a factor")
    if isinstance(factor.default, bool):
        return [False, True]
    if isinstance(factor.default, str):
        return list(factor.choices if split == "full" else factor.usual_choices)
    low, high = (factor.low, factor.high) if split == "full" else factor.usual_range
    if low is None or high is None:
        raise ConfigError(f"factor {factor.name!r} has no bounds for a grid; give it low and high")
    spaced = [low + (high - low) * k / (points - 1) for k in range(points)]
    if isinstance(factor.default, int):
        return list(dict.fromkeys(round(value) for value in spaced))
    return [factor.validate(value) for value in spaced]
