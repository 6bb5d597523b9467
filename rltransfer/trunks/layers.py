"""Layers that read pixels as they are stored, and normalisation between layers where it is wanted."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional


def _compute_dtype(weight: Tensor) -> torch.dtype:
    kind = weight.device.type
    dtype: torch.dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else weight.dtype
    return dtype


def normalized(batch_norm: bool) -> Callable[[int], list[nn.Module]]:
    """Number of channels -> the layers between a convolution and its activation: batch normalisation, or none."""
    return lambda channels: [nn.BatchNorm2d(channels)] if batch_norm else []


class PixelConv2d(nn.Conv2d):
    """A convolution whose input may be uint8 pixels (0 to 255), which it reads as fractions of 255.

    The division is folded into the weights: they are thousands of numbers where a batch of images is millions, and
    the pixels stay exact, since bfloat16 holds every integer up to 256. Floating-point input is taken as it is.
    """

    pixel_scale: float = 1 / 255

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, in_channels, height, width) uint8 or floating -> (batch, out_channels, ...)."""
        if inputs.is_floating_point():
            return super().forward(inputs)
        pixels = inputs.to(_compute_dtype(self.weight))
        outputs: Tensor = self._conv_forward(pixels, self.weight * self.pixel_scale, self.bias)
        return outputs


class PixelLinear(nn.Linear):
    """A linear layer whose input may be uint8 pixels; see ``PixelConv2d``."""

    pixel_scale: float = 1 / 255

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, in_features) uint8 or floating -> (batch, out_features)."""
        if inputs.is_floating_point():
            return super().forward(inputs)
        pixels = inputs.to(_compute_dtype(self.weight))
        return functional.linear(pixels, self.weight * self.pixel_scale, self.bias)
