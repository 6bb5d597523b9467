"""Random numbers of a method's own, which disturb nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm


def generator_for(model: BaseAlgorithm, purpose: str) -> torch.Generator:
    """A generator on the CPU that goes by the model's seed and ``purpose`` alone.

    Exploration and minibatches are drawn from the process's generators. A method that drew from those, too, would
    change them, and its learner would differ from the control in more than the method.

    Args:
        model: whose seed counts; without one, the process's generator gives one.
        purpose: in a word, ``"minibatches of source frames"``; different purposes draw differently.
    """
    seed = model.seed if model.seed is not None else int(torch.initial_seed() % 2**32)
    words = np.random.SeedSequence([seed, *purpose.encode()]).generate_state(2)
    return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


def seed_for(model: BaseAlgorithm, purpose: str) -> int:
    """A seed, 0 to 2**31 - 1, that goes by the model's and ``purpose`` alone; see ``generator_for``."""
    return int(torch.randint(2**31, (1,), generator=generator_for(model, purpose)))


@contextmanager
def drawing_apart(model: BaseAlgorithm, purpose: str) -> Iterator[None]:
    """Within the block, the process's generators go by ``model``'s seed and ``purpose``; then on as if unused.

    For what draws from those and cannot be told otherwise: an agent that acts, layers that are initialised, a replay
    buffer that is sampled.

    Args:
        model: whose seed counts.
        purpose: see ``generator_for``.
    """
    seed = seed_for(model, purpose)
    cuda = [model.device] if model.device.type == "cuda" else []
    before = np.random.get_state()  # noqa: NPY002 -- the one that Stable-Baselines3 draws from
    with torch.random.fork_rng(devices=cuda):
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(before)  # noqa: NPY002
