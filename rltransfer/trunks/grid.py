"""A small convolutional trunk whose weights fit images and symbolic grids of any size."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import SpaceMismatchError
from rltransfer.trunks.layers import PixelConv2d
from rltransfer.trunks.specs import Grid, Reads
from rltransfer.trunks.trunk import Trunk, require_image

SYMBOLS = (11, 6, 4)
"""How many objects, colours and states a cell of MiniGrid can have (the agent's heading is a state)."""
SMALLEST_IMAGE = 36
"""Pixels a side from which on ``reads: auto`` takes an observation for pixels."""


class OneHotSymbols(nn.Module):
    """Cells of (object, colour, state) as ones and zeros: symbols have no order, so nothing may be read into one.

    A number under one half is a symbol divided by 255, since symbols are whole and fewer than 128: trunks are given
    either, pixels as they are stored or fractions.
    """

    numbers: Tensor

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.cat([torch.arange(count) for count in SYMBOLS])
        self.register_buffer("numbers", numbers.float(), persistent=False)

    def forward(self, cells: Tensor) -> Tensor:
        """(batch, 3 * frames, height, width) -> (batch, 21 * frames, height, width) of the same floating type."""
        kind = cells.dtype if cells.is_floating_point() else self.numbers.dtype
        symbols = cells.to(kind)
        symbols = torch.round(torch.where(symbols < 0.5, symbols * 255, symbols))
        frames = symbols.reshape(len(symbols), -1, len(SYMBOLS), *symbols.shape[2:])
        spread = torch.repeat_interleave(frames, torch.tensor(SYMBOLS, device=cells.device), dim=2, output_size=21)
        return (spread == self.numbers.to(kind)[:, None, None]).to(kind).flatten(1, 2)


class PyramidPool(nn.Module):
    """The greatest value of each channel in each of k x k equal parts, for several k: always as many numbers.

    Source: He et al. 2014, "Spatial Pyramid Pooling in Deep Convolutional Networks", section 2.2.

    Args:
        levels: each k; 1 alone is global max-pooling, which forgets where a thing is.
    """

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        self.levels = levels

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> (batch, channels * sum of squared levels)."""
        return torch.cat([functional.adaptive_max_pool2d(inputs, k).flatten(1) for k in self.levels], dim=1)


def build_grid(spec: Grid, input_shape: tuple[int, ...]) -> Trunk:
    """3x3 convolutions with padding, pyramid pooling and a fully connected layer.

    Raises:
        SpaceMismatchError: not an image, or symbols without three channels a frame.
    """
    stages = cell_convolutions("grid", spec.reads, spec.channels, input_shape)
    stages["pool"] = PyramidPool(spec.pool)
    size = spec.channels[-1] * sum(k * k for k in spec.pool)
    stages["fc"] = nn.Sequential(nn.Linear(size, spec.features), nn.ReLU())
    return Trunk(spec, input_shape, stages)


def cell_convolutions(
    trunk: str, reads: Reads, widths: tuple[int, ...], input_shape: tuple[int, ...]
) -> dict[str, nn.Module]:
    """Stages ``conv1`` to ``convN``, 3x3 convolutions with padding, each followed by a ReLU.

    The first convolution of pixels is 4x4 with stride 4 and the second has stride 2, so that a MiniGrid tile of 8
    pixels becomes one cell. No parameter's shape depends on height and width.

    Args:
        trunk: whose stages they are, for the refusal.
        reads: see ``Grid``.
        widths: channels of each convolution.
        input_shape: (channels, height, width).

    Raises:
        SpaceMismatchError: not an image, or symbols without three channels a frame.
    """
    channels, height, width = require_image(trunk, input_shape, 1)
    is_small = min(height, width) < SMALLEST_IMAGE
    has_symbols = reads == "symbols" or (reads == "auto" and is_small and channels % len(SYMBOLS) == 0)
    if has_symbols and channels % len(SYMBOLS) != 0:
        raise SpaceMismatchError(
            f"trunk {trunk!r} reads symbols of three channels (object, colour, state), not {channels}. "
            "Set reads: pixels for pictures."
        )
    stages: dict[str, nn.Module] = {}
    for number, width_of_layer in enumerate(widths, start=1):
        if has_symbols and number == 1:
            inputs = channels // len(SYMBOLS) * sum(SYMBOLS)
            layers: list[nn.Module] = [OneHotSymbols(), nn.Conv2d(inputs, width_of_layer, 3, padding=1)]
        elif number == 1:
            require_image(trunk, input_shape, 4)
            layers = [PixelConv2d(channels, width_of_layer, 4, 4)]
        else:
            stride = 2 if number == 2 and not has_symbols else 1
            layers = [nn.Conv2d(channels, width_of_layer, 3, stride, padding=1)]
        stages[f"conv{number}"] = nn.Sequential(*layers, nn.ReLU())
        channels = width_of_layer
    return stages
