"""Layers for acting whose weights lie as oneDNN reads them, so that no call reorders them.

For a handful of images the library spends as long on bringing weights into its own order as on products. The
operators are those that torch's compiler emits for frozen graphs on processors; with an activation they save one
pass over the outputs as well.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

_OPERATORS: Any = torch.ops.mkldnn
_FUNCTIONS: Any = torch._C._nn


class ReorderedConv2d(nn.Module):
    """A convolution that no longer learns, and the ReLU after it where there is one."""

    def __init__(self, layer: nn.Conv2d, activation: str) -> None:
        super().__init__()
        self.layer, self.activation = layer, activation
        self.weight: Tensor | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, in_channels, height, width) -> (batch, out_channels, ...), both bfloat16."""
        layer = self.layer
        if self.weight is None:  # the size of the inputs is among what the best order depends on
            self.weight = _FUNCTIONS.mkldnn_reorder_conv2d_weight(
                layer.weight.to_mkldnn(), layer.padding, layer.stride, layer.dilation, layer.groups, list(inputs.shape)
            )
        outputs: Tensor = _OPERATORS._convolution_pointwise(
            inputs, self.weight, layer.bias, layer.padding, layer.stride, layer.dilation, layer.groups,
            self.activation, [], "",
        )  # fmt: skip
        return outputs


class ReorderedLinear(nn.Module):
    """A linear layer that no longer learns, and the ReLU after it where there is one."""

    def __init__(self, layer: nn.Linear, activation: str) -> None:
        super().__init__()
        self.layer, self.activation = layer, activation
        self.weight: Tensor | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, in_features) -> (batch, out_features), both bfloat16."""
        if self.weight is None:
            self.weight = _OPERATORS._reorder_linear_weight(self.layer.weight, inputs.shape[0])
        outputs: Tensor = _OPERATORS._linear_pointwise(inputs, self.weight, self.layer.bias, self.activation, [], "")
        return outputs


def reordered_layers(module: nn.Module) -> nn.Module:
    """``module`` with every convolution and linear layer in it replaced; a ReLU right behind one is taken into it."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        return _reordered(module, "none")
    if isinstance(module, nn.Sequential):
        layers: list[nn.Module] = []
        for child in module:
            last = layers[-1] if layers else None
            if isinstance(child, nn.ReLU) and isinstance(last, ReorderedConv2d | ReorderedLinear):
                last.activation = "relu"
            else:
                layers.append(reordered_layers(child))
        return nn.Sequential(*layers)
    for name, child in list(module.named_children()):
        setattr(module, name, reordered_layers(child))
    return module


def _reordered(layer: nn.Conv2d | nn.Linear, activation: str) -> nn.Module:
    if isinstance(layer, nn.Linear):
        return ReorderedLinear(layer, activation)
    plain = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return ReorderedConv2d(layer, activation) if plain else layer
