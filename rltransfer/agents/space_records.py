"""Observation and action spaces as plain JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rltransfer.errors import ArtifactError


def space_record(space: spaces.Space[Any]) -> dict[str, Any]:
    """``space`` in plain values. Raises ArtifactError for a kind of space that agents cannot have."""
    if isinstance(space, spaces.Box):
        low, high = _bound(space.low), _bound(space.high)
        return {
            "kind": "box",
            "shape": list(space.shape),
            "dtype": str(space.dtype),
            "low": low,
            "high": high,
        }
    if isinstance(space, spaces.Discrete):
        return {"kind": "discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.Dict):
        return {"kind": "dict", "parts": {key: space_record(part) for key, part in space.spaces.items()}}
    raise ArtifactError(f"spaces of kind {type(space).__name__} cannot be saved; Box, Discrete and Dict can")


def space_from(record: dict[str, Any]) -> spaces.Space[Any]:
    """The space that ``space_record`` made ``record`` of. Raises ArtifactError where it does not hold."""
    try:
        if record["kind"] == "box":
            shape, dtype = tuple(record["shape"]), np.dtype(record["dtype"])
            if dtype.kind not in "fiu":
                raise ArtifactError(f"a Box of {dtype} is not a space of numbers")
            low = np.broadcast_to(np.asarray(record["low"], dtype=np.float64).astype(dtype), shape)
            high = np.broadcast_to(np.asarray(record["high"], dtype=np.float64).astype(dtype), shape)
            return spaces.Box(low.copy(), high.copy(), shape, dtype.type)
        if record["kind"] == "dict":
            return spaces.Dict({key: space_from(part) for key, part in record["parts"].items()})
        return spaces.Discrete(record["n"], start=record["start"])
    except (AttributeError, KeyError, RecursionError, ValueError, TypeError) as error:
        raise ArtifactError(f"not the record of a space ({type(error).__name__}: {error})") from error


def _bound(bound: NDArray[Any]) -> Any:
    """One text or number where the bound is the same everywhere, else nested lists; infinities as text."""
    first = bound.flat[0] if bound.size else 0
    values = bound.astype(np.float64)
    if (bound == first).all():
        return float(first) if np.isfinite(first) else str(float(first))
    return (
        np.where(np.isfinite(values), values, values.astype(str)).tolist()
        if not np.isfinite(values).all()
        else values.tolist()
    )
