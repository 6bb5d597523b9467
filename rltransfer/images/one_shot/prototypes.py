"""Prototypical networks' classifier."""

from __future__ import annotations

from torch import Tensor, nn

from rltransfer.images.one_shot.codes import same_codes


class Prototypes(nn.Module):
    """A class is the mean of its support codes; its logit is minus the squared distance to it.

    Source: Snell, Swersky & Zemel 2017, "Prototypical Networks for Few-shot Learning", equations 1 and 2.
    """

    def forward(self, support: Tensor, queries: Tensor) -> Tensor:
        """(ways, shots, features) and (queries, features) codes -> (queries, ways) logits."""
        same_codes(support, queries)
        means = support.mean(dim=1)
        return -((queries[:, None] - means) ** 2).sum(dim=2)
