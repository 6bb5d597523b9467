"""The trunk that learns nothing: the observation as a vector."""

from __future__ import annotations

from torch import nn

from rltransfer.trunks.specs import Flatten
from rltransfer.trunks.trunk import Trunk


def build_flatten(spec: Flatten, input_shape: tuple[int, ...]) -> Trunk:
    """One stage without parameters; what Stable-Baselines3 calls ``FlattenExtractor``."""
    return Trunk(spec, input_shape, {"flatten": nn.Flatten()})
