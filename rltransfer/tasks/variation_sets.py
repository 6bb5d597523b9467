"""Sets of variations: drawn at random from a family's training or held-out ranges, or laid out as a grid.

Source: Packer et al. 2018, "Assessing Generalization in Deep Reinforcement Learning", section 4: train in a range of
each factor, test interpolation in the same range, and extrapolation with every factor outside it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.factor import Factor, FactorValue, written
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


def choices_in(factor: Factor, split: Split) -> tuple[FactorValue, ...]:
    """The choices of ``factor``, or its truth values, that ``split`` has; empty for a factor that is any number.

    A factor that allows nothing outside its usual choices keeps within them.
    """
    every: tuple[FactorValue, ...] = (False, True) if isinstance(factor.default, bool) else factor.choices
    usual = tuple(value for value in every if value in factor.usual_choices)
    held_out = tuple(value for value in every if value not in usual)
    return {"full": every, "extrapolation": held_out or usual}.get(split, usual)


def why_not_drawn(factor: Factor, split: Split) -> str | None:
    """Why ``factor`` cannot be drawn anew for every episode from ``split``, and what to do; None where it can."""
    if factor.changes_space:
        return (
            f"factor {factor.name!r} changes the observation space, so no agent can be in all its values. "
            "Leave it out of 'randomize', and set it under 'environment'."
        )
    only = _only_value(factor, split)
    if only is None:
        return None
    wider = "" if split == "full" or _only_value(factor, "full") is not None else "give 'split: full', or "
    return (
        f"factor {factor.name!r} has one value in split {split!r}, {written(only)}, so nothing would be drawn: "
        f"{wider}leave it out of 'randomize' and set it under 'environment'."
    )


def _only_value(factor: Factor, split: Split) -> FactorValue | None:
    """The value that ``split`` has, where it is but one."""
    if isinstance(factor.default, bool | str) or factor.choices:
        values = choices_in(factor, split)
    elif isinstance(factor.default, int):
        values = _whole_numbers(factor, split)
    else:
        values = tuple(end for interval in _intervals(factor, split) for end in interval)
    return values[0] if len(set(values)) == 1 else None


def draw_value(factor: Factor, rng: np.random.Generator, split: Split) -> FactorValue:
    """A value of ``factor``: uniform over the numbers of its range, or over its choices."""
    values = choices_in(factor, split)
    if not values and isinstance(factor.default, int):
        values = _whole_numbers(factor, split)
    if values:
        return values[int(rng.integers(len(values)))]
    intervals = _intervals(factor, split)
    widths = [end - start for start, end in intervals]
    place = float(rng.random()) * sum(widths)
    for (start, end), width in zip(intervals, widths, strict=True):
        if place <= width:
            return factor.validate(min(start + place, end))
        place -= width
    return factor.validate(intervals[-1][1])


def _intervals(factor: Factor, split: Split) -> list[tuple[float, float]]:
    """Where the numbers of ``split`` lie; a factor that allows nothing outside its usual range keeps within it."""
    if factor.low is None or factor.high is None:
        raise ConfigError(f"factor {factor.name!r} has no bounds to draw from; give it low and high")
    low, high = factor.usual_range
    if split == "full":
        return [(factor.low, factor.high)]
    outside = [(factor.low, low), (high, factor.high)] if split == "extrapolation" else []
    return [(start, end) for start, end in outside if end > start] or [(low, high)]


def _whole_numbers(factor: Factor, split: Split) -> tuple[int, ...]:
    """The whole numbers of ``split``; those of the usual range do not count as outside it."""
    low, high = factor.usual_range
    ranges = [range(int(start), int(end) + 1) for start, end in _intervals(factor, split)]
    values = sorted({value for numbers in ranges for value in numbers})
    if split == "extrapolation":
        values = [value for value in values if not low <= value <= high] or values
    return tuple(values)


def grid_variations(
    factors: Mapping[str, Factor], names: Iterable[str], *, points: int = 3, split: Split = "full"
) -> tuple[Variation, ...]:
    """Every combination of ``points`` evenly spaced values of each factor (of all its choices, where it has them).

    Args:
        factors: of the family.
        names: which factors vary; the rest keep their defaults.
        points: values of each number, 2 or more.
        split: ``full`` spans all that is allowed, ``train`` and ``interpolation`` the usual range or choices.
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
    choices = choices_in(factor, split)
    if choices:
        return list(choices)
    low, high = (factor.low, factor.high) if split == "full" else factor.usual_range
    if low is None or high is None:
        raise ConfigError(f"factor {factor.name!r} has no bounds for a grid; give it low and high")
    spaced = [low + (high - low) * k / (points - 1) for k in range(points)]
    if isinstance(factor.default, int):
        return list(dict.fromkeys(round(value) for value in spaced))
    return [factor.validate(value) for value in spaced]
