"""Random numbers of each copy: SplitMix64 streams kept in plain arrays.

Each copy owns two streams, so that what is drawn for pixels (noise, distractors) never moves a trajectory.
Source: Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators", figure 16.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.jit import compiled

DYNAMICS, PIXELS = 0, 1
"""Columns of the streams array: layout and slip; noise, occlusion and distractors."""

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)

Streams = npt.NDArray[np.uint64]
"""(2,) of one copy"""


def seeded(seed: int) -> npt.NDArray[np.uint64]:
    """The (2,) start of both streams for ``seed``, any non-negative integer."""
    return np.random.SeedSequence(seed).generate_state(2, np.uint64).astype(np.uint64)


@compiled
def uniform(streams: Streams, stream: int) -> float:
    """The next number in [0, 1) of one of a copy's streams."""
    state = streams[stream] + _GAMMA
    streams[stream] = state
    state = (state ^ (state >> _30)) * _MIX_1
    state = (state ^ (state >> _27)) * _MIX_2
    state ^= state >> _31
    return float(state >> _11) * 2.0**-53


@compiled
def integer(streams: Streams, stream: int, count: int) -> int:
    """The next whole number in [0, count) of one of a copy's streams."""
    return int(uniform(streams, stream) * count)
