"""What a trunk is made of, layer by layer, with what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rltransfer.trunks.trunk import Trunk, evaluating


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One row of a trunk's description.

    Args:
        stage: the stage it belongs to; empty for the input.
        kind: the layer's class, ``"Conv2d"``.
        output_shape: shape of one example as it leaves the layer.
        weights: numbers in the layer without biases.
        biases: numbers in its biases.
        weight_shape: of the layer's ``weight``; empty without one.
        kernel: height and width of its window; empty without one.
    """

    stage: str
    kind: str
    output_shape: tuple[int, ...]
    weights: int = 0
    biases: int = 0
    weight_shape: tuple[int, ...] = ()
    kernel: tuple[int, ...] = ()

    @property
    def parameters(self) -> int:
        """Numbers the layer learns."""
        return self.weights + self.biases

    @property
    def activations(self) -> int:
        """Numbers the layer puts out for one example."""
        return math.prod(self.output_shape)


@dataclass(frozen=True)
class Description:
    """Every layer of a trunk, with totals; ``str()`` gives a table."""

    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """Numbers the trunk learns."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def activations(self) -> int:
        """Numbers that one example makes on its way through, the input included."""
        return sum(layer.activations for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Memory of those numbers as float32, forward only; a training step needs about twice as much."""
        return 4 * self.activations

    def __str__(self) -> str:
        head = ("stage", "layer", "output", "activations", "memory", "parameters")
        rows = [
            (
                layer.stage,
                layer.kind,
                " x ".join(map(str, layer.output_shape)),
                f"{layer.activations:,}",
                _size(4 * layer.activations),
                f"{layer.parameters:,}",
            )
            for layer in self.layers
        ]
        total = (
            "total",
            "",
            "",
            f"{self.activations:,}",
            _size(self.activation_bytes),
            f"{self.parameters:,}",
        )
        widths = [max(map(len, column)) for column in zip(head, *rows, total, strict=True)]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        lines = [_line(head, widths), rule, *(_line(row, widths) for row in rows), rule, _line(total, widths)]
        return "\n".join(lines)


@torch.no_grad()
def describe(trunk: Trunk) -> Description:
    """Run one blank example through ``trunk`` and note what each layer puts out."""
    rows = [Layer(stage="", kind="input", output_shape=trunk.input_shape)]
    hooks = []
    counted: set[nn.Module] = set()

    def note(stage: str, module: nn.Module) -> None:
        def hook(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            again = module in counted  # a layer that acts several times has its weights once
            counted.add(module)
            sizes = {} if again else {name: p.numel() for name, p in module.named_parameters(recurse=False)}
            biases = sizes.get("bias", 0)
            kind = type(module).__name__.removeprefix("Pixel")
            shape = tuple(output.shape[1:])
            weights = sum(sizes.values()) - biases
            rows.append(
                Layer(
                    stage=stage,
                    kind=kind,
                    output_shape=shape,
                    weights=weights,
                    biases=biases,
                    weight_shape=tuple(getattr(module, "weight", torch.empty(0)).shape) if sizes else (),
                    kernel=_window(module),
                )
            )

        hooks.append(module.register_forward_hook(hook))

    for stage in trunk.stage_names:
        for module in trunk.stages[stage].modules():
            if not list(module.children()):
                note(stage, module)
    keeps, trunk.keeps_copy = trunk.keeps_copy, False
    try:
        with evaluating(trunk):
            trunk(torch.zeros((1, *trunk.input_shape), device=trunk.device))
    finally:
        trunk.keeps_copy = keeps
        for hook in hooks:
            hook.remove()
    return Description(tuple(rows))


def _window(module: nn.Module) -> tuple[int, ...]:
    kernel = getattr(module, "kernel_size", ()) if isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d) else ()
    return (kernel, kernel) if isinstance(kernel, int) else tuple(kernel)


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    left = [cell.ljust(width) for cell, width in zip(cells[:3], widths[:3], strict=True)]
    right = [cell.rjust(width) for cell, width in zip(cells[3:], widths[3:], strict=True)]
    return "  ".join(left + right).rstrip()
