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
        choices: the values allowed, for text; for numbers those of low to high that there are, all where empty.
        unit: what the number counts, ``"m/s"``, or ``"1"`` for a ratio and ``""`` for text.
        description: what more or less of it does, one sentence.
        usual: (low, high) or choices that sources are trained in; the rest of what is allowed is held out for
            extrapolation. Half way from the default to each bound where left out; for text the first half of the
            choices, for true or false the default.
        tasks: names of the tasks in which it has an effect; all of the family's where None.
        idle_for: names of robots on which it has no effect, each with the tasks and the other factors, set to anything
            but their defaults, that give it one all the same.
        requires: what other factors must be for this one to have an effect: for each its values, or ``()`` for
            any but its default, as a gradient of 0 has no angle.
        shown_with: values of other factors with which a random rollout shows its effect, or shows it sooner: for the
            conformance suite and for pictures. Names a value for each ``()`` of ``requires``.
        changes_space: whether its values differ in their observation space, so that no agent could be in all.
    """

    name: str
    kind: FactorKind
    default: FactorValue
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] | tuple[int, ...] = ()
    unit: str = ""
    description: str = ""
    usual: tuple[float, float] | tuple[str, ...] | tuple[bool, ...] | None = None
    tasks: tuple[str, ...] | None = None
    idle_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requires: Mapping[str, tuple[FactorValue, ...]] = field(default_factory=dict)
    shown_with: Mapping[str, FactorValue] = field(default_factory=dict)
    changes_space: bool = False

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
        if not isinstance(self.default, bool | str):
            low, high = self.usual_range
            return tuple(choice for choice in self.choices if low <= float(choice) <= high)
        half = () if isinstance(self.default, bool) else self.choices[: (len(self.choices) + 1) // 2]
        return tuple(dict.fromkeys((self.default, *(half if self.usual is None else self.usual))))

    @property
    def shown_where(self) -> dict[str, FactorValue]:
        """Values of other factors with which this one has an effect that a random rollout shows."""
        needed = {name: values[0] for name, values in self.requires.items() if values}
        return {**needed, **self.shown_with}

    def acts_in(self, task: str) -> bool:
        """Whether it has an effect in the task of that name."""
        return self.tasks is None or task in self.tasks

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
                raise ConfigError(f"factor {self.name!r} has no value {value!r:.60}. Choose one of: {self.bounds}")
            return str(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ConfigError(f"factor {self.name!r} is a number ({self.bounds}), not {value!r:.60}")
        if isinstance(self.default, int) and value != int(value):
            raise ConfigError(f"factor {self.name!r} is a whole number ({self.bounds}), not {value!r:.60}")
        if self.choices and value not in self.choices:
            raise ConfigError(f"factor {self.name!r} has no value {value}. Choose one of: {self.bounds}")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ConfigError(f"factor {self.name!r} is {value}, outside its bounds {self.bounds}")
        return int(value) if isinstance(self.default, int) else float(value)

    @property
    def bounds(self) -> str:
        """The allowed values in words: ``"0.0 to 0.9 m/s"``, or the choices."""
        if isinstance(self.default, bool):
            return "true or false"
        if self.choices:
            return ", ".join(written(choice) for choice in self.choices)
        unit = "" if self.unit in ("", "1") else f" {self.unit}"
        if self.low is None or self.high is None:
            ends = (("at least", self.low), ("at most", self.high))
            return next(
                (f"{words} {written(end)}{unit}" for words, end in ends if end is not None), f"any number{unit}"
            )
        return f"{written(self.low)} to {written(self.high)}{unit}"

    @property
    def usual_bounds(self) -> str:
        """What sources are trained in, in words."""
        if isinstance(self.default, bool | str) or self.choices:
            return ", ".join(written(choice) for choice in self.usual_choices)
        return "{:.4g} to {:.4g}".format(*self.usual_range)

    @property
    def effect(self) -> str:
        """The description, with the tasks and the other factors that it needs."""
        where = [f"in {', '.join(self.tasks)}"] if self.tasks is not None else []
        where += [f"not for {robot}{_unless(names)}" for robot, names in self.idle_for.items()]
        where += [f"with {need_in_words(name, values)}" for name, values in self.requires.items()]
        return f"{self.description} ({'; '.join(where)})" if where else self.description

    def extremes(self) -> tuple[FactorValue, ...]:
        """The values at the factor's bounds that differ from its default; every other choice, for text."""
        if isinstance(self.default, bool):
            return (not self.default,)
        if isinstance(self.default, str):
            return tuple(choice for choice in self.choices if choice != self.default)
        ends = (min(self.choices), max(self.choices)) if self.choices else (self.low, self.high)
        valid = (self.validate(end) for end in ends if end is not None and end != self.default)
        return tuple(dict.fromkeys(valid))


def need_in_words(name: str, values: tuple[FactorValue, ...]) -> str:
    """An entry of ``Factor.requires``: ``"layout=simple-crossing or lava-crossing"``, ``"another gradient"``."""
    return f"{name}={' or '.join(map(written, values))}" if values else f"another {name}"


def written(value: FactorValue) -> str:
    """A value as tables show it: numbers by four digits, and still recognisable as whole or not."""
    return str(float(f"{value:.4g}")) if isinstance(value, float) else str(value)


def _unless(names: tuple[str, ...]) -> str:
    return f" unless with {' or '.join(names)}" if names else ""
