"""Residual networks, as they are published for ImageNet."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from rltransfer.trunks.layers import Standardize, draw_for_relus, scaled
from rltransfer.trunks.pretrained import give_file
from rltransfer.trunks.published_specs import ResNet
from rltransfer.trunks.trunk import Trunk, require_image

CHANNELS = (64, 128, 256, 512)
"""Of each stage's inner convolutions."""
EXPANSION = 4
"""How many times as many channels leave a bottleneck."""
FEW = 8
"""Channels from which torch's own strided 1x1 convolution is sound; see ``SubsampledConv2d``."""


class SubsampledConv2d(nn.Conv2d):
    """A 1x1 convolution with a stride, as one without on the pixels that it keeps: the same numbers.

    For few channels: torch 2.13's own, of fewer than 8 channels stored last, writes outside its memory in the backward
    pass on processors, which ends the process.
    """

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> (batch, outputs, ceil(height / stride), ceil(width / stride))."""
        down, right = self.stride
        return nn.functional.conv2d(inputs[..., ::down, ::right].contiguous(), self.weight, self.bias)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, or 1x1, 3x3 and 1x1, around which the input passes, before a last ReLU.

    Where the shape changes, the input passes through a 1x1 convolution. Modules have ``timm``'s names.

    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", Figure 5, with batch normalisation.
    """

    def __init__(self, channels: int, inner: int, *, stride: int, is_bottleneck: bool) -> None:
        super().__init__()
        outputs = inner * EXPANSION if is_bottleneck else inner
        plan: tuple[tuple[int, int, int, int], ...]
        if is_bottleneck:
            plan = ((channels, inner, 1, 1), (inner, inner, 3, stride), (inner, outputs, 1, 1))
        else:
            plan = ((channels, inner, 3, stride), (inner, outputs, 3, 1))
        self.count = len(plan)
        for number, (before, after, kernel, step) in enumerate(plan, start=1):
            self.add_module(f"conv{number}", nn.Conv2d(before, after, kernel, step, kernel // 2, bias=False))
            self.add_module(f"bn{number}", nn.BatchNorm2d(after))
            self.add_module(f"act{number}", nn.ReLU())
        self.downsample: nn.Module | None = None
        if stride > 1 or channels != outputs:
            kind = nn.Conv2d if channels >= FEW else SubsampledConv2d
            self.downsample = nn.Sequential(kind(channels, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> (batch, outputs, ceil(height / stride), ceil(width / stride))."""
        passed: Tensor = inputs if self.downsample is None else self.downsample(inputs)
        outputs = inputs
        for number in range(1, self.count + 1):
            outputs = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(outputs))
            if number == self.count:
                outputs = outputs + passed
            outputs = self.get_submodule(f"act{number}")(outputs)
        return outputs


def build_resnet(spec: ResNet, input_shape: tuple[int, ...]) -> Trunk:
    """A 7x7 convolution and max-pooling, both of stride 2, four stages of blocks, and the mean over the image.

    Raises:
        SpaceMismatchError: not an image.
        ArtifactError: see ``VGG.build``.
        ConfigError: see ``VGG.build``.
    """
    channels, *_ = require_image("resnet", input_shape, 1)
    inputs = scaled(64, spec.width)
    stem: OrderedDict[str, nn.Module] = OrderedDict(
        standardize=Standardize(spec.preprocessing, channels),
        conv1=nn.Conv2d(channels, inputs, 7, 2, 3, bias=False),
        bn1=nn.BatchNorm2d(inputs),
        act1=nn.ReLU(),
        maxpool=nn.MaxPool2d(3, 2, 1),
    )
    stages: dict[str, nn.Module] = {"stem": nn.Sequential(stem)}
    for number, (full, count) in enumerate(zip(CHANNELS, spec.blocks, strict=True), start=1):
        inner = scaled(full, spec.width)
        blocks: list[nn.Module] = []
        for at in range(count):
            stride = 2 if at == 0 and number > 1 else 1
            blocks.append(ResidualBlock(inputs, inner, stride=stride, is_bottleneck=spec.is_bottleneck))
            inputs = inner * EXPANSION if spec.is_bottleneck else inner
        stages[f"layer{number}"] = nn.Sequential(*blocks)
    stages["pool"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    trunk = Trunk(spec, input_shape, stages)
    draw_for_relus(trunk.stages)
    give_file(trunk.stages, spec.weights, published_names(trunk))
    return trunk


def published_names(trunk: Trunk) -> dict[str, str]:
    """``timm``'s name of each tensor of the trunk, by the trunk's name below its stages: the same, but for the stem."""
    return {name: name.removeprefix("stem.") for name in trunk.stages.state_dict()}
