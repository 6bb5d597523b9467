"""Small modules at the layers of a trunk, which change nothing until they have learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rltransfer.errors import ConfigError
from rltransfer.trunks.layers import PixelConv2d, PixelLinear
from rltransfer.trunks.nested_specs import Adapted
from rltransfer.trunks.trunk import Trunk

LAYERS = (nn.Conv2d, nn.Linear, PixelConv2d, PixelLinear)
"""The very classes of layers that get a module; subclasses may be more than the product that they are named after."""


class ResidualAdapter(nn.Module):
    """Behind a layer: what it gives, and something learned from that added to it; nothing at first.

    Behind a convolution that is a 1x1 convolution. Behind a fully connected layer it is a bottleneck of ``size``.

    Source: Rebuffi et al. 2017, "Learning multiple visual domains with residual adapters", for convolutions, without
    their batch normalisation; Houlsby et al. 2019, "Parameter-Efficient Transfer Learning for NLP", section 2.1, for
    fully connected layers. Both begin near the identity, this exactly there.
    """

    def __init__(self, base: nn.Conv2d | nn.Linear, size: int) -> None:
        super().__init__()
        self.base = base
        if isinstance(base, nn.Conv2d):
            last: nn.Conv2d | nn.Linear = nn.Conv2d(base.out_channels, base.out_channels, 1, bias=False)
            self.adapter = nn.Sequential(last)
        else:
            last = nn.Linear(size, base.out_features)
            self.adapter = nn.Sequential(nn.Linear(base.out_features, size), nn.ReLU(), last)
        for parameter in last.parameters():
            nn.init.zeros_(parameter)

    def forward(self, inputs: Tensor) -> Tensor:
        """As the layer's."""
        outputs: Tensor = self.base(inputs)
        return outputs + self.adapter(outputs)  # type: ignore[no-any-return]


class LowRankAdapter(nn.Module):
    """Beside a layer: a product of two matrices of rank ``size``, added to its weights; 0 at first.

    A convolution's weights are taken as a matrix of output channels by all else.

    Source: Hu et al. 2022, "LoRA: Low-Rank Adaptation of Large Language Models", section 4.1, with alpha equal to the
    rank; the first matrix is drawn as torch draws a layer's weights.
    """

    def __init__(self, base: nn.Conv2d | nn.Linear, size: int) -> None:
        super().__init__()
        self.base = base
        if isinstance(base, nn.Conv2d):
            down: nn.Module = type(base)(
                base.in_channels,
                size,
                base.kernel_size,  # type: ignore[arg-type]
                base.stride,  # type: ignore[arg-type]
                base.padding,  # type: ignore[arg-type]
                base.dilation,  # type: ignore[arg-type]
                bias=False,
                padding_mode=base.padding_mode,
            )
            up: nn.Conv2d | nn.Linear = nn.Conv2d(size, base.out_channels, 1, bias=False)
        else:
            down = type(base)(base.in_features, size, bias=False)
            up = nn.Linear(size, base.out_features, bias=False)
        nn.init.zeros_(up.weight)
        self.adapter = nn.Sequential(down, up)

    def forward(self, inputs: Tensor) -> Tensor:
        """As the layer's."""
        return self.base(inputs) + self.adapter(inputs)  # type: ignore[no-any-return]


def adapted(spec: Adapted, trunk: Trunk) -> Trunk:
    """``trunk`` with a module at each layer that ``spec`` names, in a trunk that takes its modules over.

    Raises:
        ConfigError: the stages have no layer that a module could stand at.
    """
    kind = {"residual": ResidualAdapter, "low_rank": LowRankAdapter}[spec.kind]
    found = 0
    for name in trunk.stage_names if spec.stages is None else spec.stages:
        stage = trunk.stages[trunk.stage_names[trunk.index(name)]]
        for parent in list(stage.modules()):
            for attribute, layer in list(parent.named_children()):
                if type(layer) in LAYERS and getattr(layer, "groups", 1) == 1:
                    device = next(layer.parameters()).device
                    setattr(parent, attribute, kind(layer, spec.size).to(device))  # type: ignore[arg-type]
                    found += 1
    if not found:
        raise ConfigError(f"no convolution or fully connected layer in {spec.stages or 'the trunk'} to put adapters at")
    return Trunk(spec, trunk.input_shape, dict(trunk.stages.items()))


def adapters_of(trunk: Trunk) -> list[str]:
    """The names of the modules that an adapted trunk learns, below its stages: ``"conv1.0.adapter"``."""
    return [
        f"{name}.adapter"
        for name, module in trunk.stages.named_modules()
        if isinstance(module, ResidualAdapter | LowRankAdapter)
    ]


@torch.no_grad()
def adaptation(trunk: Trunk) -> float:
    """How far the adapters are from changing nothing: the mean over them of their last layer's norm; 0 at first."""
    last = [trunk.stages.get_submodule(name)[-1] for name in adapters_of(trunk)]  # type: ignore[index]
    return sum(float(layer.weight.norm()) for layer in last) / len(last)
