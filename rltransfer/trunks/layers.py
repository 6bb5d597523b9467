"""Layers that read pixels as they are stored, and normalisation between layers where it is wanted."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.trunks.preprocessing import Preprocessing


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


class Standardize(nn.Module):
    """Pixels minus a mean, over a deviation: what published weights were trained on.

    Not folded into the convolution behind it, since the zeros around an image stand for the mean there.

    Args:
        preprocessing: names the means and deviations.
        channels: of the image. Frames of red, green and blue one after another have theirs each; other numbers of
            channels have the means of the three.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, preprocessing: Preprocessing, channels: int) -> None:
        super().__init__()
        for name in ("mean", "std"):
            values = torch.tensor(getattr(preprocessing, name))
            each = values.repeat(channels // len(values)) if channels % len(values) == 0 else values.mean()
            self.register_buffer(name, each.expand(channels)[:, None, None].clone(), persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) uint8, or floating point 0 to 1 -> floating point of the same shape."""
        fractions = inputs.float() if inputs.is_floating_point() else inputs.float() / 255
        return ((fractions - self.mean.float()) / self.std.float()).to(self.mean.dtype)


def reads_pixels(stage: nn.Module) -> bool:
    """Whether ``stage``, the first of a trunk, takes uint8 pixels itself."""
    return any(isinstance(module, PixelConv2d | PixelLinear | Standardize) for module in stage.modules())


def draw_for_relus(stages: nn.Module) -> None:
    """Draw weights so that signals keep their size through many layers with ReLUs; biases are 0.

    Torch's own initialisation lets them fade within a dozen layers.

    Source: He et al. 2015, "Delving Deep into Rectifiers", section 2.2, by outputs, for convolutions; fully connected
    layers as Simonyan and Zisserman 2014, section 3.1 (deviation 0.01).
    """
    for module in stages.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, 0.0, 0.01)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def scaled(channels: int, width: float) -> int:
    """``channels`` times ``width``, at least 1."""
    return max(1, round(channels * width))
