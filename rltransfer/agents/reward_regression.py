"""The reward as a linear function of features of a transition, exactly, over everything seen."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class RewardRegression(nn.Module):
    """Ridge regression of rewards on features, kept up as transitions are seen, and drawn towards earlier weights.

    Minimises sum_t (r_t - phi_t . w)^2 + ridge * |w - prior|^2 in closed form. Sums are float64: there are many terms.

    Source: Barreto et al. 2017, "Successor Features for Transfer in Reinforcement Learning", eq. 2, whose w is found by
    regression; drawing it towards the earlier task's is own choice, so that without data it is the earlier one.

    Args:
        num_features: numbers in the features of a transition.
    """

    gram: Tensor
    moment: Tensor
    prior: Tensor
    ridge: Tensor
    rewards: Tensor

    def __init__(self, num_features: int) -> None:
        super().__init__()
        double = torch.float64
        self.register_buffer("gram", torch.zeros((num_features, num_features), dtype=double))
        self.register_buffer("moment", torch.zeros(num_features, dtype=double))
        self.register_buffer("prior", torch.zeros(num_features, dtype=double))
        self.register_buffer("ridge", torch.ones((), dtype=double))
        self.register_buffer("rewards", torch.zeros(3, dtype=double))  # their number, sum, and sum of squares

    @torch.no_grad()
    def begin(self, prior: Tensor, ridge: float) -> None:
        """Forget what was seen, and let ``prior`` be what weights are drawn to, with strength ``ridge`` (over 0)."""
        for sums in (self.gram, self.moment, self.rewards):
            sums.zero_()
        self.prior.copy_(prior)
        self.ridge.fill_(ridge)

    @torch.no_grad()
    def add(self, features: Tensor, rewards: Tensor) -> None:
        """See (batch, features) of transitions, with (batch, 1) or (batch,) rewards."""
        phi, r = features.to(self.gram.dtype), rewards.to(self.gram.dtype).flatten()
        self.gram += phi.T @ phi
        self.moment += phi.T @ r
        self.rewards += torch.stack([torch.ones_like(r).sum(), r.sum(), (r * r).sum()])

    def weights(self) -> Tensor:
        """(features,) the minimiser, float64."""
        strength = self.ridge * torch.eye(len(self.prior), dtype=self.gram.dtype, device=self.gram.device)
        moved: Tensor = torch.linalg.solve(self.gram + strength, self.moment - self.gram @ self.prior)
        return self.prior + moved

    def explained(self) -> float | None:
        """Share of the rewards' variance that the weights explain; None where rewards do not vary."""
        number, total, squares = self.rewards.tolist()
        varied = squares - total * total / max(number, 1.0)
        if varied <= 1e-12 * max(squares, 1.0):
            return None
        w = self.weights()
        missed = squares - 2 * float(w @ self.moment) + float(w @ self.gram @ w)
        return float(1 - missed / varied)
