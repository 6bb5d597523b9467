"""The control: what is learned from the source is used on the target as it is."""

from __future__ import annotations

from typing import Any

from rltransfer.images.adaptation.domains import Domains
from rltransfer.images.adaptation.feature_alignment import FeatureAlignment


class NoAdaptation(FeatureAlignment):
    """No adaptation: the figure that every other method's is set beside.

    Args:
        estimator: the classifier; None: the nearest neighbour.
    """

    def __init__(self, estimator: Any = None) -> None:
        self.estimator = estimator

    def _align(self, domains: Domains) -> None:
        pass
