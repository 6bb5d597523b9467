"""Random numbers of a method's own, which disturb nobody else's."""

from __future__ import annotations

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
