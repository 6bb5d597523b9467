"""Fully connected layers, for vector observations."""

from __future__ import annotations

import math

from torch import nn

from rltransfer.trunks.layers import PixelLinear
from rltransfer.trunks.specs import MLP
from rltransfer.trunks.trunk import Trunk


def build_mlp(spec: MLP, input_shape: tuple[int, ...]) -> Trunk:
    """One fully connected layer and one activation a stage; an observation of any shape is flattened first."""
    activation = {"tanh": nn.Tanh, "relu": nn.ReLU}[spec.activation]
    size = math.prod(input_shape)
    stages: dict[str, nn.Module] = {}
    for number, width in enumerate(spec.widths, start=1):
        layer: list[nn.Module] = [nn.Flatten(), PixelLinear(size, width)] if number == 1 else [nn.Linear(size, width)]
        stages[f"fc{number}"] = nn.Sequential(*layer, activation())
        size = width
    return Trunk(spec, input_shape, stages)
