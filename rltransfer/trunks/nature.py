"""The Nature network."""

from __future__ import annotations

from torch import nn

from rltransfer.trunks.layers import PixelConv2d, normalized
from rltransfer.trunks.specs import Nature
from rltransfer.trunks.trunk import Trunk, require_image


def build_nature(spec: Nature, input_shape: tuple[int, ...]) -> Trunk:
    """Three convolutions (32 of 8x8 stride 4, 64 of 4x4 stride 2, 64 of 3x3) and a fully connected layer.

    Layer for layer the network that Stable-Baselines3 calls ``NatureCNN``, so weights move between the two.

    Raises:
        SpaceMismatchError: not an image, or smaller than 36 x 36.

    Source: Mnih et al. 2015, Methods, "Model architecture".
    """
    channels, height, width = require_image("nature", input_shape, 36)
    for kernel, stride in ((8, 4), (4, 2), (3, 1)):
        height, width = (height - kernel) // stride + 1, (width - kernel) // stride + 1
    norm = normalized(spec.batch_norm)
    return Trunk(
        spec,
        input_shape,
        {
            "conv1": nn.Sequential(PixelConv2d(channels, 32, 8, 4), *norm(32), nn.ReLU()),
            "conv2": nn.Sequential(nn.Conv2d(32, 64, 4, 2), *norm(64), nn.ReLU()),
            "conv3": nn.Sequential(nn.Conv2d(64, 64, 3, 1), *norm(64), nn.ReLU()),
            "fc": nn.Sequential(nn.Flatten(), nn.Linear(64 * height * width, spec.features), nn.ReLU()),
        },
    )
