"""Matching networks' classifier, with a learned temperature."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import ConfigError
from rltransfer.images.one_shot.codes import same_codes


class Matching(nn.Module):
    """Attention over the support set: a class's probability is the attention that its examples get.

    Args:
        temperature: what cosines are divided by before the softmax, at the start; it learns with the trunk. Less makes
            the nearest example count for more.

    Source: Vinyals et al. 2016, "Matching Networks for One Shot Learning", equation 1, with cosine attention and
    without full context embeddings; the temperature is own choice, because cosines alone (-1 to 1) never let the
    softmax of 20 classes be sure of one.
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        if not 0 < temperature < math.inf:
            raise ConfigError(f"temperature is {temperature}. It must be a number over 0.")
        self.log_temperature = nn.Parameter(torch.tensor(math.log(temperature)))

    @property
    def temperature(self) -> float:
        """The present one."""
        return math.exp(float(self.log_temperature.detach()))

    def forward(self, support: Tensor, queries: Tensor) -> Tensor:
        """(ways, shots, features) and (queries, features) codes -> (queries, ways) log-probabilities."""
        same_codes(support, queries)
        flat = support.flatten(0, 1)
        cosines = functional.normalize(queries, dim=1) @ functional.normalize(flat, dim=1).T
        attention = torch.log_softmax(cosines / self.log_temperature.exp(), dim=1)
        return attention.reshape(len(queries), *support.shape[:2]).logsumexp(dim=2)
