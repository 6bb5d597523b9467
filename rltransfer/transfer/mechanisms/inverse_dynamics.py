"""Telling by the features of two frames what was done between them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rltransfer.transfer.mechanisms.reward_free import Frames, Objective
from rltransfer.trunks.trunk import Trunk


class InverseDynamics(Objective):
    """A network reads the trunk's features and their change, and gives the action; each task played has one of its own.

    Both are brought to mean 0 and variance 1 first: between two frames little moves, and where its share of the
    features is small, the loss stays at chance for thousands of steps.

    Args:
        trunk: what learns.
        frames: the parts, one for each task.
        hidden: width of the hidden layer.
    """

    def __init__(self, trunk: Trunk, frames: tuple[Frames, ...], *, hidden: int) -> None:
        super().__init__()
        outputs = [part.num_actions or part.actions.shape[1] for part in frames]
        self.heads = nn.ModuleList(
            nn.Sequential(
                nn.BatchNorm1d(2 * trunk.features_dim, affine=False),
                nn.Linear(2 * trunk.features_dim, hidden),
                nn.ReLU(),
                nn.Linear(hidden, width),
            )
            for width in outputs
        )

    def loss(self, trunk: Trunk, frames: Frames, part: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Cross-entropy for discrete actions; squared error for others, where a number is right within 0.25 of it."""
        del generator
        before, after = trunk(torch.cat([frames.before, frames.after])).chunk(2)
        given = self.heads[part](torch.cat([before, after - before], dim=1))
        if frames.num_actions:
            loss = nn.functional.cross_entropy(given, frames.actions)
            return loss, (given.argmax(1) == frames.actions).float()
        return nn.functional.mse_loss(given, frames.actions), _near(given, frames.actions)

    def chance(self, frames: Frames) -> float:
        """The commonest action's share; of continuous ones, what the mean gets right."""
        if frames.num_actions:
            return float(frames.actions.bincount().max()) / len(frames)
        return float(_near(frames.actions.mean(0, keepdim=True), frames.actions).mean())


def _near(given: Tensor, actions: Tensor) -> Tensor:
    """(n,) share of each row's numbers that are right within an eighth of their range, which is 2."""
    return ((given - actions).abs() <= 0.25).float().mean(1)
