"""Progressive columns: a trunk that learns beside trunks that do not, and reads what their layers give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import SpaceMismatchError
from rltransfer.trunks.ensemble import Column
from rltransfer.trunks.nested_specs import Progressive
from rltransfer.trunks.trunk import Trunk


class Lateral(nn.Module):
    """What a layer of the column that learns gains from the others: U relu(V [a_1 h_1, a_2 h_2, ...]).

    ``h_j`` is what enters the same stage of column j and ``a_j`` a learned number. V brings them to as many channels
    as enter the learning column's stage; U is a layer like the one that it is added to. Neither has a bias.

    Source: Rusu et al. 2016, "Progressive Neural Networks", equation 2, with V as 1x1 convolutions for images.

    Args:
        layer: what the outputs are added to, before the activation.
        before: what stands before it in its stage, without weights.
        shapes: of what enters the stage, without the batch: in the other columns, and last in the one that learns.
        strength: each a_j at first.
    """

    def __init__(
        self, layer: nn.Conv2d | nn.Linear, before: nn.Sequential, shapes: Sequence[tuple[int, ...]], strength: float
    ) -> None:
        super().__init__()
        self.strengths = nn.Parameter(torch.full((len(shapes) - 1,), float(strength)))
        given, own = sum(shape[0] for shape in shapes[:-1]), shapes[-1][0]
        is_image = len(shapes[-1]) == 3
        self.project = nn.Conv2d(given, own, 1, bias=False) if is_image else nn.Linear(given, own, bias=False)
        self.before = before
        if isinstance(layer, nn.Conv2d):
            self.layer: nn.Module = nn.Conv2d(
                layer.in_channels,
                layer.out_channels,
                layer.kernel_size,  # type: ignore[arg-type]
                layer.stride,  # type: ignore[arg-type]
                layer.padding,  # type: ignore[arg-type]
                bias=False,
            )
        else:
            self.layer = nn.Linear(layer.in_features, layer.out_features, bias=False)

    def forward(self, given: Sequence[Tensor]) -> Tensor:
        """What enters the stage in each of the other columns -> what is added to the layer's outputs."""
        scaled = [strength * inputs for strength, inputs in zip(self.strengths, given, strict=True)]
        outputs: Tensor = self.layer(self.before(functional.relu(self.project(torch.cat(scaled, dim=1)))))
        return outputs


class Columns(nn.Module):
    """(batch, *input_shape) -> (batch, features of the column that learns).

    Args:
        trunks: one of each column, the one that learns last.
        strength: see ``Progressive``.
    """

    def __init__(self, trunks: Sequence[Trunk], strength: float) -> None:
        super().__init__()
        *others, own = trunks
        self.others = nn.ModuleList(Column(trunk) for trunk in others)
        self.own = Column(own)
        self.laterals = nn.ModuleDict()
        self._names = own.stage_names
        for name in own.stage_names[1:] if strength else ():
            at = _first_layer(own.stages[name])
            if at is not None:
                stage = cast(nn.Sequential, own.stages[name])
                shapes = [trunk.shape_at(name) for trunk in trunks]
                layer = cast(nn.Conv2d | nn.Linear, stage[at])
                self.laterals[name] = Lateral(layer, nn.Sequential(*list(stage)[:at]), shapes, strength).to(
                    layer.weight.device
                )

    def forward(self, inputs: Tensor) -> Tensor:
        """See the class."""
        given = [column.readable(inputs) for column in cast(list[Column], list(self.others))]
        outputs = self.own.readable(inputs)
        for name in self._names:
            stage = self.own.get_submodule(name)
            if name in self.laterals:
                assert isinstance(stage, nn.Sequential)
                at = _first_layer(stage)
                assert at is not None
                outputs = stage[: at + 1](outputs) + self.laterals[name](given)
                outputs = stage[at + 1 :](outputs)
            else:
                outputs = stage(outputs)
            if self.laterals and name != self._names[-1]:
                given = [column.get_submodule(name)(one) for column, one in zip(self.others, given, strict=True)]
        return outputs


def _first_layer(stage: nn.Module) -> int | None:
    """Where in a stage the first layer with weights stands, if that is a convolution or fully connected."""
    if not isinstance(stage, nn.Sequential):
        return None
    for index, layer in enumerate(stage):
        if next(layer.parameters(), None) is not None:
            return index if isinstance(layer, nn.Conv2d | nn.Linear) else None
    return None


def progressive_of(spec: Progressive, trunks: Sequence[Trunk]) -> Trunk:
    """One trunk of columns, whose modules it takes over.

    Raises:
        SpaceMismatchError: the columns read different observations, or are of different architectures.
    """
    own = trunks[-1]
    for trunk in trunks:
        if trunk.input_shape != own.input_shape or not alike(trunk, own):
            raise SpaceMismatchError("progressive columns read the same observations and are of one architecture")
    return Trunk(spec, own.input_shape, {"columns": Columns(trunks, spec.strength)})


def alike(one: Trunk, other: Trunk) -> bool:
    """Whether two trunks are of one architecture but for the widths of their layers."""
    return type(one.spec) is type(other.spec) and one.stage_names == other.stage_names
