"""The residual network of IMPALA."""

from __future__ import annotations

import math

from torch import Tensor, nn

from rltransfer.trunks.layers import PixelConv2d, normalized
from rltransfer.trunks.specs import Impala
from rltransfer.trunks.trunk import Trunk, require_image


class ResidualUnit(nn.Module):
    """Two 3x3 convolutions around which the input passes unchanged."""

    def __init__(self, channels: int, *, batch_norm: bool = False) -> None:
        super().__init__()
        norm = normalized(batch_norm)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norms = nn.ModuleList([*norm(channels), *norm(channels)])
        self.relu = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> the same shape."""
        if self.norms:
            hidden = self.relu(self.norms[0](self.conv1(self.relu(inputs))))
            return inputs + self.norms[1](self.conv2(hidden))  # type: ignore[no-any-return]
        outputs = self.conv2(self.relu(self.conv1(self.relu(inputs))))
        return inputs + outputs  # type: ignore[no-any-return]


def build_impala(spec: Impala, input_shape: tuple[int, ...]) -> Trunk:
    """Blocks of a 3x3 convolution, a 3x3 max-pool of stride 2 and two residual units; then a fully connected layer.

    Raises:
        SpaceMismatchError: not an image, or one that the blocks would halve below one pixel.

    Source: Espeholt et al. 2018, Figure 3 right, without language input and recurrence.
    """
    channels, height, width = require_image("impala", input_shape, 2 ** (len(spec.channels) - 1) + 1)
    stages: dict[str, nn.Module] = {}
    norm = normalized(spec.batch_norm)
    for number, width_of_block in enumerate(spec.channels, start=1):
        convolution = PixelConv2d if number == 1 else nn.Conv2d
        stages[f"block{number}"] = nn.Sequential(
            convolution(channels, width_of_block, 3, padding=1),
            *norm(width_of_block),
            nn.MaxPool2d(3, stride=2, padding=1),
            ResidualUnit(width_of_block, batch_norm=spec.batch_norm),
            ResidualUnit(width_of_block, batch_norm=spec.batch_norm),
        )
        channels, height, width = width_of_block, math.ceil(height / 2), math.ceil(width / 2)
    stages["fc"] = nn.Sequential(
        nn.ReLU(), nn.Flatten(), nn.Linear(channels * height * width, spec.features), nn.ReLU()
    )
    return Trunk(spec, input_shape, stages)
