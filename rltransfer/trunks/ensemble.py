"""Several trunks as one: features side by side, then their weighted sum."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from rltransfer.errors import SpaceMismatchError
from rltransfer.trunks.nested_specs import Ensemble
from rltransfer.trunks.trunk import Trunk


class Column(nn.Sequential):
    """All stages of one trunk within another's; pixels are divided by 255 where its first stage does not read them."""

    def __init__(self, trunk: Trunk) -> None:
        super().__init__(OrderedDict(trunk.stages.items()))
        self.reads_pixels = trunk.reads_pixels

    def readable(self, inputs: Tensor) -> Tensor:
        """``inputs`` as the first stage takes them."""
        if inputs.is_floating_point() or self.reads_pixels:
            return inputs
        return inputs.to(next(self.parameters()).dtype) / 255

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, *input_shape) -> (batch, features)."""
        outputs = self.readable(inputs)
        for stage in self:
            outputs = stage(outputs)
        return outputs


class SideBySide(nn.ModuleList):
    """The features of each member one after another: (batch, *input_shape) -> (batch, members * features)."""

    def forward(self, inputs: Tensor) -> Tensor:
        """See the class."""
        return torch.cat([member(inputs) for member in self], dim=1)


class Mixture(nn.Module):
    """The sum of several vectors of features, weighted by a softmax.

    Args:
        members: how many there are.
        temperature: see ``Ensemble``.
    """

    def __init__(self, members: int, temperature: float) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(members))
        self.temperature = temperature

    @property
    def weights(self) -> Tensor:
        """(members,), 0 to 1 and 1 together."""
        return torch.softmax(self.logits / self.temperature, dim=0)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, members * features) -> (batch, features)."""
        members = inputs.reshape(len(inputs), len(self.logits), -1)
        return (self.weights[:, None] * members).sum(dim=1)


def ensemble_of(spec: Ensemble, members: Sequence[Trunk]) -> Trunk:
    """One trunk of ``members``, whose modules it takes over.

    Raises:
        SpaceMismatchError: they read different observations, or give different numbers of features.
    """
    for member in members:
        if (member.input_shape, member.features_dim) != (members[0].input_shape, members[0].features_dim):
            raise SpaceMismatchError(
                f"trunks side by side read the same and give as many features: one reads {members[0].input_shape} and "
                f"gives {members[0].features_dim}, another reads {member.input_shape} and gives {member.features_dim}"
            )
    stages = {
        "members": SideBySide(Column(member) for member in members),
        "mixture": Mixture(len(members), spec.temperature),
    }
    return Trunk(spec, members[0].input_shape, stages)
