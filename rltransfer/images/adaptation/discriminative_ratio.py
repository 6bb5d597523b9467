"""Density ratio by a classifier that tells the domains apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from rltransfer.errors import UnfitDataError
from rltransfer.images.adaptation.domains import Array
from rltransfer.images.adaptation.instance_weighting import InstanceWeighting
from rltransfer.transfer.mechanisms.density_ratio import RIDGES, DensityRatio, density_ratio


class DiscriminativeRatio(InstanceWeighting):
    """p_target / p_source from logistic regression of which domain a row is from, its penalty chosen by held-out rows.

    It is the ratio that the transfer method ``instances`` weighs an agent's transitions by. After ``fit``, ``ratio_``
    says how well the domains are told apart.

    Args:
        ridges: penalties to choose from, of which the heaviest is taken that is as good as the best within one standard
            error: with few rows ratios stay near 1. One alone is used as it is; less follows the rows more closely.
        seed: draws the rows that are held out.
        estimator: the classifier; None: logistic regression.

    Source: Bickel, Brückner and Scheffer 2009, "Discriminative Learning Under Covariate Shift".
    """

    def __init__(self, *, ridges: Sequence[float] = RIDGES, seed: int = 0, estimator: Any = None) -> None:
        self.ridges = ridges
        self.seed = seed
        self.estimator = estimator

    def _weigh(self, source: Array, target: Array) -> Array:
        self.ratio_ = logistic_ratio(source, target, seed=self.seed, ridges=self.ridges)
        logs = self.ratio_.log_of(torch.from_numpy(source))
        weights: Array = (logs - logs.max()).exp().numpy()
        return weights


def logistic_ratio(source: Array, target: Array, *, seed: int, ridges: Sequence[float] = RIDGES) -> DensityRatio:
    """The ``DensityRatio`` of the rows of two domains. Raises UnfitDataError where one has fewer than 8."""
    if min(len(source), len(target)) < 8:
        raise UnfitDataError(f"source has {len(source)} rows, target {len(target)}: a density ratio needs 8 of each.")
    generator = torch.Generator().manual_seed(seed)
    return density_ratio(torch.from_numpy(target), torch.from_numpy(source), generator=generator, ridges=ridges)
