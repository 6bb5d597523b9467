"""Trunks written in the lecture's notation."""

from __future__ import annotations

import math

from torch import nn

from rltransfer.trunks.layers import PixelConv2d, PixelLinear, draw_for_relus
from rltransfer.trunks.pattern_spec import Pattern
from rltransfer.trunks.trunk import Trunk, require_image


def build_pattern(spec: Pattern, input_shape: tuple[int, ...]) -> Trunk:
    """The layers that ``spec.layers`` stands for; a trunk without ``FC`` ends in its last feature map, as a vector.

    Raises:
        SpaceMismatchError: there are convolutions and no image, or the image is pooled below one pixel.
    """
    staged = spec.staged()
    kinds = [kind for kinds in staged.values() for kind in kinds]
    shape = tuple(input_shape)
    if {"CONV", "POOL"} & set(kinds):
        shape = require_image("pattern", shape, spec.pool ** kinds.count("POOL"))
    blocks = connected = 0
    stages: dict[str, nn.Module] = {}
    for name, kinds in staged.items():
        layers: list[nn.Module] = []
        blocks += "FC" not in kinds
        for kind in kinds:
            is_first = not stages and not layers
            if kind == "CONV":
                outputs = spec.channels[min(blocks, len(spec.channels)) - 1]
                convolution = PixelConv2d if is_first else nn.Conv2d
                layers.append(convolution(shape[0], outputs, spec.kernel, padding=spec.kernel // 2))
                shape = (outputs, *shape[1:])
            elif kind == "POOL":
                layers.append(nn.MaxPool2d(spec.pool))
                shape = (shape[0], *(side // spec.pool for side in shape[1:]))
            elif kind == "RELU":
                layers.append(nn.ReLU())
            else:
                if len(shape) > 1:
                    layers.append(nn.Flatten())
                connected += 1
                outputs = spec.features[min(connected, len(spec.features)) - 1]
                layers.append((PixelLinear if is_first else nn.Linear)(math.prod(shape), outputs))
                shape = (outputs,)
        stages[name] = nn.Sequential(*layers)
    if len(shape) > 1:
        last = next(reversed(stages))
        stages[last] = nn.Sequential(*stages[last].children(), nn.Flatten())
    trunk = Trunk(spec, input_shape, stages)
    draw_for_relus(trunk.stages)
    return trunk
