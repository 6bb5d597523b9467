"""Joint distribution adaptation: means of both domains, and of each class in them, are brought together."""

from __future__ import annotations

from typing import Any

import numpy as np

from rltransfer.images.adaptation.domains import Array, Codes, Domains
from rltransfer.images.adaptation.tca import TCA, mean_differences


class JDA(TCA):
    """TCA, and the means of each class too, by labels that the target's unlabelled rows are given in rounds.

    Args:
        num_components: as TCA's.
        reg: as TCA's.
        kernel: as TCA's.
        gamma: as TCA's.
        normalise: as TCA's.
        rounds: how often components, classifier and the target's pseudo-labels are found anew; the paper's is 10.
        estimator: the classifier; None: the nearest neighbour.

    Labels of target rows that are given stay as they are.

    Source: Long, Wang, Ding, Sun and Yu 2013, "Transfer Feature Learning with Joint Distribution Adaptation",
    Algorithm 1. The distance of the domains' means counts as often as there are classes, as in its reference code.
    """

    def __init__(
        self,
        *,
        num_components: int = 100,
        reg: float = 1.0,
        kernel: str = "linear",
        gamma: float | None = None,
        normalise: bool = True,
        rounds: int = 10,
        estimator: Any = None,
    ) -> None:
        super().__init__(
            num_components=num_components, reg=reg, kernel=kernel, gamma=gamma, normalise=normalise, estimator=estimator
        )
        self.rounds = rounds

    def _adapt(self, domains: Domains) -> None:
        self._span(domains)
        guesses = domains.target_labels
        for _ in range(max(self.rounds, 1)):
            self._solve(domains, self._differences(domains, guesses))
            self._learn(domains)
            guesses = self._decide(self._map(domains.target))
            guesses = np.where(domains.known, domains.target_labels, guesses)

    def _differences(self, domains: Domains, guesses: Codes) -> Array:
        """(1 + classes of both, n_source + n_target)."""
        found = [np.sqrt(len(self.classes_)) * mean_differences(len(domains.source), len(domains.target))[0]]
        for name in range(len(self.classes_)):
            ours, theirs = guesses == name, domains.labels == name
            if ours.any():
                found.append(np.concatenate([theirs / theirs.sum(), -(ours / ours.sum())]))
        return np.stack(found)
