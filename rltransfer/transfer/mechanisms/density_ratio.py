"""How much likelier rows are in one sample's distribution than in another's, by telling the two apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

RIDGES = (math.inf, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
"""Penalties tried, heaviest first. Infinite: the two cannot be told apart, and every ratio is 1."""


@dataclass(frozen=True, kw_only=True)
class DensityRatio:
    """log p_target(x) - log p_source(x), linear in x.

    Args:
        slope: (columns,) float64.
        intercept: so that the ratio's logarithm is ``x @ slope + intercept``.
        ridge: the penalty that was chosen.
        accuracy: share of held-out rows told apart rightly, counting both samples alike; 0.5 where they are alike.
    """

    slope: Tensor
    intercept: float
    ridge: float
    accuracy: float

    def log_of(self, rows: Tensor) -> Tensor:
        """(n, columns) -> (n,) float64."""
        return rows.double() @ self.slope + self.intercept


def density_ratio(
    target: Tensor, source: Tensor, *, generator: torch.Generator, ridges: Sequence[float] = RIDGES
) -> DensityRatio:
    """Estimate p_target / p_source by logistic regression of which sample a row is from.

    A quarter of each sample is held out to choose the penalty, the heaviest that is as good as the best within one
    standard error, since rows of one episode are alike; the regression is then fitted to all rows. By Bayes' rule
    the odds of "target" are the ratio times n_target / n_source.

    Args:
        target: (n_target, columns), 8 rows or more.
        source: (n_source, columns), 8 rows or more.
        generator: draws the rows that are held out.
        ridges: penalties to choose from; mean log-loss + ridge / 2 * ||slope||^2 on standardised columns is minimised.

    Source: Sugiyama, Suzuki and Kanamori 2012, "Density Ratio Estimation in Machine Learning", the chapter on
    probabilistic classification (logistic regression). The one-standard-error rule: Breiman et al. 1984,
    "Classification and Regression Trees".
    """
    rows = torch.cat([target, source]).double()
    labels = torch.cat([torch.ones(len(target)), torch.zeros(len(source))]).double()
    mean, scale = rows.mean(0), rows.std(0)
    scale = torch.where(scale > 1e-8, scale, torch.inf)  # a column that is the same everywhere tells nothing
    rows = (rows - mean) / scale
    held = torch.zeros(len(rows), dtype=torch.bool)
    for start, size in ((0, len(target)), (len(target), len(source))):
        held[start + torch.randperm(size, generator=generator)[: size // 4]] = True
    losses, guesses = [], []
    for ridge in ridges:
        slope, intercept = logistic_regression(rows[~held], labels[~held], ridge)
        logits = rows[held] @ slope + intercept
        losses.append(torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[held], reduction="none"))
        guesses.append(logits - math.log((len(target) - len(target) // 4) / (len(source) - len(source) // 4)))
    best = _heaviest_as_good(losses)
    right = ((guesses[best] > 0) == labels[held].bool()).double()
    accuracy = (right[labels[held] == 1].mean() + right[labels[held] == 0].mean()).item() / 2
    slope, intercept = logistic_regression(rows, labels, ridges[best])
    slope = slope / scale
    intercept += math.log(len(source) / len(target)) - (mean @ slope).item()
    return DensityRatio(slope=slope, intercept=intercept, ridge=ridges[best], accuracy=accuracy)


def _heaviest_as_good(losses: Sequence[Tensor]) -> int:
    """The first whose mean is within one standard error, that of the difference, of the least."""
    least = min(losses, key=lambda loss: loss.mean().item())
    behind = [loss - least for loss in losses]
    return next(n for n, more in enumerate(behind) if more.mean() <= more.std() / math.sqrt(len(more)))


def logistic_regression(rows: Tensor, labels: Tensor, ridge: float) -> tuple[Tensor, float]:
    """The (slope, intercept) that minimises the mean log-loss + ridge / 2 * ||slope||^2, by Newton's method.

    Args:
        rows: (n, columns) float64.
        labels: (n,) 0 or 1, both of them present.
        ridge: more than 0; infinite gives a slope of 0.
    """
    share = labels.mean().item()
    if math.isinf(ridge):
        return torch.zeros(rows.shape[1], dtype=torch.float64), math.log(share / (1 - share))
    inputs = torch.cat([rows, torch.ones(len(rows), 1, dtype=torch.float64)], dim=1)
    penalty = torch.full((inputs.shape[1],), ridge, dtype=torch.float64)
    penalty[-1] = 0.0
    weights = torch.zeros_like(penalty)
    weights[-1] = math.log(share / (1 - share))

    def loss(at: Tensor) -> float:
        fit = torch.nn.functional.binary_cross_entropy_with_logits(inputs @ at, labels)
        return (fit + (penalty * at**2).sum() / 2).item()

    value = loss(weights)
    for _ in range(50):
        chance = torch.sigmoid(inputs @ weights)
        gradient = inputs.T @ (chance - labels) / len(rows) + penalty * weights
        curvature = (inputs.T * (chance * (1 - chance))) @ inputs / len(rows) + torch.diag(penalty + 1e-12)
        step = torch.linalg.solve(curvature, gradient)
        decrease, size = (gradient @ step).item(), 1.0
        if decrease < 1e-14:
            break
        while (reached := loss(weights - size * step)) > value - size * decrease / 4 and size > 1e-6:
            size /= 2
        weights, value = weights - size * step, reached
    return weights[:-1], weights[-1].item()


def effective_sample_size(weights: Tensor) -> float:
    """(sum w)^2 / sum w^2: how many equally weighted rows would be as informative; 0 where all weights are 0.

    Source: Kish 1965, "Survey Sampling", the design effect of unequal weights.
    """
    squares = (weights.double() ** 2).sum().item()
    return weights.double().sum().item() ** 2 / squares if squares else 0.0


def principal_components(features: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """(mean, basis) so that ``(features - mean) @ basis`` has at most ``most`` uncorrelated columns of variance 1.

    Args:
        features: (n, columns).
        most: how many columns to keep, those of the largest variance; columns without any are left out.
    """
    mean = features.double().mean(0)
    centred = features.double() - mean
    variances, directions = torch.linalg.eigh(centred.T @ centred / len(features))
    variances, directions = variances.flip(0)[:most], directions.flip(1)[:, :most]
    kept = variances > 1e-9 * variances[0].clamp(min=1e-12)
    return mean, directions[:, kept] / variances[kept].sqrt()
