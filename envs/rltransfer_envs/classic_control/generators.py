"""NumPy's random generators as plain arrays, so that a state holds no pickles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
"""(6,) 128 bits of state, 128 of increment, and a half-used word"""
_MASK = 2**64 - 1


def to_words(generator: np.random.Generator) -> Words:
    """All that a PCG64 generator, which Gymnasium uses, needs to go on."""
    state: dict[str, Any] = dict(generator.bit_generator.state)
    inner = state["state"]
    numbers = (inner["state"] >> 64, inner["state"], inner["inc"] >> 64, inner["inc"])
    return np.array([*(n & _MASK for n in numbers), state["has_uint32"], state["uinteger"]], np.uint64)


def from_words(words: Words) -> np.random.Generator:
    """The generator that ``to_words`` took down."""
    high, low, inc_high, inc_low, has_half, half = (int(word) for word in words)
    generator = np.random.Generator(np.random.PCG64())
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": inc_high << 64 | inc_low},
        "has_uint32": has_half,
        "uinteger": half,
    }
    return generator
