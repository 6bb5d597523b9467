"""Factors: the changeable properties of a family's environment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rltransfer.errors import ConfigError

FactorKind = Literal["appearance", "dynamics", "layout", "sensor"]
FactorValue = bool | int | float | str


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One changeable property of an environment.

    Args:
        name: the key users write.
        kind: ``appearance`` and ``sensor`` change pixels only; ``dynamics`` and ``layout`` change trajectories.
        default: the value of the default environment; its type is the factor's type.
        low: least value, for numbers.
        high: greatest value, for numbers.
        choices: the values allowed, for text.
        unit: what the number counts, ``"m/s"``, or ``"1"`` for a ratio and ``""`` for text.
        description: what more or less of it does, one sentence.
        usual: (low, high) or choices that sources are trained in; the rest of what is allowed is held out for
            extrapolation. Half way from the default to each bound where left out; for text the first half of the
            choices, for true or false the default.
        acts_with: values of other factors without which this one has no effect, as the angle of a gradient of 0.
    """

    name: str
    kind: FactorKind
    default: FactorValue
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""
    usual: tuple[float, float] | tuple[str, ...] | None = None
    acts_with: Mapping[str, FactorValue] = field(default_factory=dict)

    @property
    def usual_range(self) -> tuple[float, float]:
        """(low, high) of the numbers that sources are trained in."""
        assert not isinstance(self.default, bool | str)
        if self.usual is not None:
            low, high = self.usual
            return float(low), float(high)
        default = float(self.default)
        low = default if self.low is None else (default + self.low) / 2
        high = default if self.high is None else (default + self.high) / 2
        return (math.ceil(low), math.floor(high)) if isinstance(self.default, int) else (low, high)

    @property
    def usual_choices(self) -> tuple[FactorValue, ...]:
        """The choices that sources are trained in; the default is always among them."""
        if isinstance(self.default, bool):
            return (self.default,)
        chosen = self.choices[: (len(self.choices) + 1) // 2] if self.usual is None else self.usual
        return tuple(dict.fromkeys((self.default, *chosen)))

    def validate(self, value: object) -> FactorValue:
        """``value`` in the factor's own type.

        Raises:
            ConfigError: another type, outside the bounds, or not among the choices.
        """
        if isinstance(self.default, bool):
            if not isinstance(value, bool):
                raise ConfigError(f"factor {self.name!r} is true or false, not {value!r:.60}")
            return value
        if isinstance(self.default, str):
            if value not in self.choices:
                raise ConfigError(
                    f"factor {self.name!r} has no value {value!r:.60}. Choose one of: {', '.join(self.choices)}"
                )
            return str(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ConfigError(f"factor {self.name!r} is a number ({self.bounds}), not {value!r:.60}")
        if isinstance(self.default, int) and value != int(value):
            raise ConfigError(f"factor {self.name!r} is a whole number ({self.bounds}), not {value!r:.60}")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ConfigError(f"factor {self.name!r} is {value}, outside its bounds {self.bounds}")
        return int(value) if isinstance(self.default, int) else float(value)

    @property
    def bounds(self) -> str:
        """The allowed values in words: ``"0 to 0.9 m/s"``, or the choices."""
        if isinstance(self.default, bool):
            return "true or false"
        if isinstance(self.default, str):
            return ", ".join(self.choices)
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        if self.low is None or self.high is None:
            ends = (("at least", self.low), ("at most", self.high))
            return next((f"{words} {end}{unit}" for words, end in ends if end is not None), f"any number{unit}")
        return f"{self.low} to {self.high}{unit}"

    def extremes(self) -> tuple[FactorValue, ...]:
        """The values at the factor's bounds that differ from its default; every other choice, for text."""
        if isinstance(self.default, bool):
            return (not self.default,)
        if isinstance(self.default, str):
            return tuple(choice for choice in self.choices if choice != self.default)
        ends = (self.low, self.high)
        return tuple(self.validate(end) for end in ends if end is not None and end != self.default)
