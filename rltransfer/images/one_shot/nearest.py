"""Nearest neighbour among the codes of the support set."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import ConfigError
from rltransfer.images.one_shot.codes import same_codes


class Nearest(nn.Module):
    """A class's score is the closeness of its nearest example; nothing is learned.

    Args:
        metric: ``cosine`` compares directions, ``euclidean`` takes lengths of codes into account, too.
    """

    def __init__(self, metric: Literal["cosine", "euclidean"] = "cosine") -> None:
        super().__init__()
        if metric not in ("cosine", "euclidean"):
            raise ConfigError(f"unknown metric {metric!r}. Known: cosine, euclidean.")
        self.metric = metric

    def forward(self, support: Tensor, queries: Tensor) -> Tensor:
        """(ways, shots, features) and (queries, features) codes -> (queries, ways) scores, more is closer."""
        same_codes(support, queries)
        flat = support.flatten(0, 1)
        if self.metric == "cosine":
            closeness = functional.normalize(queries, dim=1) @ functional.normalize(flat, dim=1).T
        else:
            closeness = -torch.cdist(queries, flat, compute_mode="donot_use_mm_for_euclid_dist")
        return closeness.reshape(len(queries), *support.shape[:2]).amax(dim=2)
