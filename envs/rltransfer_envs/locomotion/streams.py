"""Random numbers of the copies: two generators each, so that noise never moves a trajectory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from gymnasium.utils import seeding

Words = npt.NDArray[np.uint64]
_LOW = (1 << 64) - 1


def generators(seed: int | None) -> tuple[np.random.Generator, np.random.Generator]:
    """The generator that Gymnasium's environment has for ``seed``, and one for the sensor; from entropy for None."""
    dynamics, used = seeding.np_random(seed)
    return dynamics, np.random.Generator(np.random.PCG64([used & _LOW, used >> 64, 1]))


def packed(streams: Sequence[np.random.Generator]) -> Words:
    """The states of PCG64 generators as plain numbers, (num, 6)."""
    rows = np.zeros((len(streams), 6), np.uint64)
    for row, stream in zip(rows, streams, strict=True):
        state = stream.bit_generator.state
        numbers = state["state"]
        row[:] = [
            numbers["state"] >> 64,
            numbers["state"] & _LOW,
            numbers["inc"] >> 64,
            numbers["inc"] & _LOW,
            state["has_uint32"],
            state["uinteger"],
        ]
    return rows


def unpacked(rows: Words) -> list[np.random.Generator]:
    """Generators that go on from what ``packed`` returned."""
    streams = []
    for row in rows:
        words = [int(word) for word in row]
        bits = np.random.PCG64()
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": words[0] << 64 | words[1], "inc": words[2] << 64 | words[3]},
            "has_uint32": words[4],
            "uinteger": words[5],
        }
        streams.append(np.random.Generator(bits))
    return streams
