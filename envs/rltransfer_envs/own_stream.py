"""Random numbers for what is only seen, from the same seed as those of the path and apart from them."""

from __future__ import annotations

import numpy as np


def own_stream(generator: np.random.Generator, *more: int) -> np.random.Generator:
    """A stream that follows from the state of ``generator``, which is not moved.

    Noise and colours drawn from it are the same whenever an episode is played again, and leave paths as they are.

    Args:
        generator: of an environment, as it is when an episode begins.
        more: numbers that tell streams of one episode apart.
    """
    state = generator.bit_generator.state["state"]
    return np.random.default_rng([state["state"] % 2**64, state["inc"] % 2**64, *more])
