"""The layers of a network in the notation of lectures: sizes, numbers kept, and weights as products."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from rltransfer.trunks.description import Description, Layer
from rltransfer.trunks.specs import TrunkSpec
from rltransfer.trunks.trunk import Trunk


@dataclass(frozen=True)
class Row:
    """One layer.

    Args:
        name: ``CONV3-64`` is a 3x3 convolution to 64 channels, ``POOL2`` pooling over 2x2, ``FC`` fully connected.
        size: (height, width, channels), or (1, 1, numbers) of a vector, of what leaves it.
        product: how its weights are counted, without biases: ``"(3*3*3)*64"``; empty without weights.
        weights: how many they are.
        biases: numbers in its biases.
    """

    name: str
    size: tuple[int, int, int]
    product: str
    weights: int
    biases: int

    @property
    def memory(self) -> int:
        """Numbers that leave the layer for one image."""
        return math.prod(self.size)


@dataclass(frozen=True)
class LayerTable:
    """Rows of a network; ``str()`` gives a table with totals.

    Activations, reshaping and padding have no rows: they are taken to be done in place.
    """

    rows: tuple[Row, ...]

    @property
    def memory(self) -> int:
        """Numbers that one image makes on its way through, the image included."""
        return sum(row.memory for row in self.rows)

    @property
    def weights(self) -> int:
        """Weights without biases."""
        return sum(row.weights for row in self.rows)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.weights + sum(row.biases for row in self.rows)

    def __str__(self) -> str:
        cells = [("layer", "size", "memory", "weights")]
        for row in self.rows:
            size = "x".join(map(str, row.size))
            weights = f"{row.product} = {row.weights:,}" if row.product else f"{row.weights:,}"
            cells.append((row.name, size, short(row.memory), weights))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            f"{name:<{widths[0]}}  {size:<{widths[1]}}  {memory:>{widths[2]}}  {weights}"
            for name, size, memory, weights in cells
        ]
        memory = f"total memory: {short(self.memory)} numbers * 4 bytes = {4 * self.memory / 1e6:.0f} MB an image"
        return "\n".join(
            [
                *lines,
                f"{memory} forward, about twice that with backward",
                f"total parameters: {self.weights:,} without biases, {self.parameters:,} with them",
            ]
        )


def short(count: int) -> str:
    """``3.2M``, ``803K``, ``4096``."""
    if count >= 999_500:
        return f"{count / 1e6:.1f}M"
    return f"{count / 1e3:.0f}K" if count >= 10_000 else str(count)


def layer_table(description: Description, *, classes: int = 0) -> LayerTable:
    """The table of what ``Trunk.describe`` gives, and of a classifier behind it.

    Args:
        description: of a trunk.
        classes: outputs of a fully connected layer, named ``FC (head)``, that stands behind the trunk; 0: none.
    """
    rows: list[Row] = []
    for layer in description.layers:
        if layer.parameters or not rows or "Pool" in layer.kind:
            rows.append(_row(layer, rows[-1].size if rows else (0, 0, 0)))
    if classes:
        features = rows[-1].memory
        rows.append(Row("FC (head)", (1, 1, classes), f"{features}*{classes}", features * classes, classes))
    return LayerTable(tuple(rows))


def table_at_its_size(spec: TrunkSpec) -> LayerTable:
    """The table of a published network at the size that it was published for, its classifier included.

    Nothing is computed and no memory is taken for weights.
    """
    size = spec.preprocessing.size or 224
    with torch.device("meta"):
        trunk: Trunk = spec.build((3, size, size))
        return layer_table(trunk.describe(), classes=spec.published_classes)


def _row(layer: Layer, before: tuple[int, int, int]) -> Row:
    shape = layer.output_shape
    size = (shape[1], shape[2], shape[0]) if len(shape) == 3 else (1, 1, math.prod(shape))
    name, product = layer.kind, ""
    if layer.kind == "input":
        name = "INPUT"
    elif len(layer.weight_shape) == 4:
        outputs, inputs, *kernel = layer.weight_shape
        name = f"CONV{kernel[0]}-{outputs}"
        product = f"({'*'.join(map(str, (*kernel, inputs)))})*{outputs}"
    elif len(layer.weight_shape) == 2:
        outputs, inputs = layer.weight_shape
        is_flat = before[:2] == (1, 1) or math.prod(before) != inputs
        name, product = "FC", "*".join(map(str, (*((inputs,) if is_flat else before), outputs)))
    elif "Pool" in layer.kind:
        name = f"POOL{layer.kernel[0]}" if layer.kernel else "POOL"
    elif "BatchNorm" in layer.kind:
        name = "NORM"
    return Row(name, size, product, layer.weights, layer.biases)
