"""Factors: the changeable properties of a family's environment."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
    """

    name: str
    kind: FactorKind
    default: FactorValue
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    description: str = ""

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
