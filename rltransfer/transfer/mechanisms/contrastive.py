"""Telling by its features which shifted image is the same image, shifted otherwise."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from rltransfer.transfer.mechanisms.augmentation import random_shifts, shifted
from rltransfer.transfer.mechanisms.reward_free import Frames, Objective
from rltransfer.trunks.trunk import Trunk


def info_nce(queries: Tensor, keys: Tensor, similarity: Tensor) -> tuple[Tensor, Tensor]:
    """-log(exp(q_i W k_i) / sum_j exp(q_i W k_j)), the mean over i, and which i have their own key on top.

    Args:
        queries: (n, size).
        keys: (n, size); row i is the match of query i, the others are its negatives.
        similarity: (size, size), the matrix W.

    Source: Laskin, Srinivas and Abbeel 2020, "CURL", section 4 (InfoNCE with bilinear similarity).
    """
    logits = queries @ similarity @ keys.T
    own = torch.arange(len(queries), device=queries.device)
    return nn.functional.cross_entropy(logits, own), (logits.argmax(1) == own).float()


class InstanceDiscrimination(Objective):
    """CURL's objective: queries from the trunk, keys from a copy that follows it slowly.

    Args:
        trunk: what learns.
        shift: how far images are moved, in pixels.
        size: of the vectors that are compared.
        follow_rate: by how much the copy moves towards the trunk after each step.
    """

    holds_out_episodes = False

    def __init__(self, trunk: Trunk, *, shift: int, size: int, follow_rate: float) -> None:
        super().__init__()
        self.projection = nn.Sequential(nn.Linear(trunk.features_dim, size), nn.LayerNorm(size))
        self.similarity = nn.Parameter(torch.rand(size, size))
        self.shift, self.follow_rate = shift, follow_rate
        follower = copy.deepcopy(trunk)
        follower.keeps_copy = False  # its weights change after every step
        self.keys = nn.ModuleList([follower, copy.deepcopy(self.projection)]).requires_grad_(False)

    def loss(self, trunk: Trunk, frames: Frames, part: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """See ``Objective``."""
        del part
        queries, matches = (
            shifted(frames.before, random_shifts(len(frames), self.shift, generator)) for _ in ("queries", "keys")
        )
        with torch.no_grad():
            keys = self.keys[1](self.keys[0](matches))
        queries = self.projection(trunk(queries))
        return info_nce(queries, keys, self.similarity)

    def chance(self, frames: Frames) -> float:
        """One of as many as there are."""
        return 1 / len(frames)

    @torch.no_grad()
    def after_step(self, trunk: Trunk) -> None:
        """Let the keys' copy follow."""
        for ours, theirs in ((trunk, self.keys[0]), (self.projection, self.keys[1])):
            for moved, followed in zip(theirs.parameters(), ours.parameters(), strict=True):
                moved.lerp_(followed, self.follow_rate)
            for kept, latest in zip(theirs.buffers(), ours.buffers(), strict=True):
                kept.copy_(latest)
