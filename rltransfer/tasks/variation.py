"""Variations: sets of factor values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.factor import Factor, FactorValue


class Variation(Mapping[str, FactorValue]):
    """An immutable set of factor values that differ from, or restate, the defaults.

    The empty variation is the default environment, bit for bit. Two variations are equal where they make the same
    environment: a factor set to its default counts as not set.

    Args:
        factors: the factors of the family, by name.
        values: factor name to value.

    Raises:
        UnknownNameError: a name is not a factor of the family; the message suggests the nearest.
        ConfigError: a value is of another type or out of bounds, or there is no mapping of names to values.
    """

    def __init__(self, factors: Mapping[str, Factor], values: Mapping[str, object] | None = None) -> None:
        self._factors = factors
        self._values: dict[str, FactorValue] = {}
        for name, value in _mapping({} if values is None else values).items():
            if name not in factors:
                raise UnknownNameError("factor", str(name), tuple(factors), nearest(str(name), factors))
            valid = factors[name].validate(value)
            if valid != factors[name].default:
                self._values[name] = valid

    def merged(self, values: Mapping[str, object]) -> Variation:
        """This variation with ``values`` set on top of it."""
        return Variation(self._factors, {**self._values, **_mapping(values)})

    def full(self) -> dict[str, FactorValue]:
        """Every factor of the family with the value it has here."""
        return {name: self._values.get(name, factor.default) for name, factor in self._factors.items()}

    def __getitem__(self, name: str) -> FactorValue:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._values))

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(sorted(self._values.items())))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Variation) and self._values == other._values

    def __repr__(self) -> str:
        return "Variation(" + ", ".join(f"{name}={self[name]!r}" for name in self) + ")"


def _mapping(values: object) -> Mapping[str, object]:
    """``values``. Raises ConfigError where they are no mapping."""
    if not isinstance(values, Mapping):
        raise ConfigError(f"an environment is a mapping of factors to values, {{'slip': 0.2}}, not {values!r:.60}")
    return values
