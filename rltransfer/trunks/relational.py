"""A trunk that tells perception from relations: convolutions make entities, attention relates them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from rltransfer.trunks.grid import cell_convolutions
from rltransfer.trunks.specs import Relational
from rltransfer.trunks.trunk import Trunk


class Entities(nn.Module):
    """The cells of a feature map as a set, each with its place: what is not in the place is not in the order.

    Source: Zambaldi et al. 2018, section 2.

    Args:
        height: of the feature map.
        width: of the feature map.
    """

    places: Tensor

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        rows, columns = torch.linspace(-1, 1, height), torch.linspace(-1, 1, width)
        places = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), dim=-1).flatten(0, 1)
        self.register_buffer("places", places, persistent=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """(batch, channels, height, width) -> (batch, height * width, channels + 2), x and y last, from -1 to 1."""
        cells = inputs.flatten(2).transpose(1, 2)
        places = self.places.to(cells.dtype).expand(cells.shape[0], -1, -1)  # a trace keeps len() as it was
        return torch.cat([cells, places], dim=2)


class Attention(nn.Module):
    """Entities changed by what they find in each other, by multi-head dot-product attention.

    Queries, keys and values are linear in the entity and layer-normalised. What an entity gathers over all heads goes
    through two layers as wide as the entity, is added to it, and the sum is layer-normalised.

    Source: Zambaldi et al. 2018, section 2; attention after Vaswani et al. 2017, "Attention Is All You Need", eq. 1.

    Args:
        width: numbers in an entity.
        heads: of the attention.
        head_width: numbers in a query, key or value of one head.
    """

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.queries, self.keys, self.values = (nn.Linear(width, heads * head_width) for _ in range(3))
        self.query_norm, self.key_norm, self.value_norm = (nn.LayerNorm(head_width) for _ in range(3))
        self.update = nn.Sequential(nn.Linear(heads * head_width, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.norm = nn.LayerNorm(width)

    def forward(self, entities: Tensor) -> Tensor:
        """(batch, entities, width) -> the same shape; a permutation of entities permutes the output."""
        queries = self.query_norm(self._by_head(self.queries(entities)))
        keys = self.key_norm(self._by_head(self.keys(entities)))
        values = self.value_norm(self._by_head(self.values(entities)))
        likeness = queries @ keys.transpose(2, 3) / queries.shape[3] ** 0.5
        found = likeness.softmax(dim=3) @ values  # torch's fused attention has no second derivative, which TRPO takes
        updated: Tensor = self.norm(entities + self.update(found.transpose(1, 2).flatten(2)))
        return updated

    def _by_head(self, inputs: Tensor) -> Tensor:
        """(batch, entities, heads * head_width) -> (batch, heads, entities, head_width)."""
        return inputs.reshape(*inputs.shape[:2], self.heads, -1).transpose(1, 2)


class Relations(nn.Module):
    """Entities related several times by one attention, then the greatest value of each feature over all of them.

    Source: Zambaldi et al. 2018, section 2.

    Args:
        attention: acts each time, with the same weights.
        iterations: how often.
    """

    def __init__(self, attention: Attention, iterations: int) -> None:
        super().__init__()
        self.attention, self.iterations = attention, iterations

    def forward(self, entities: Tensor) -> Tensor:
        """(batch, entities, width) -> (batch, width), whatever the order of the entities."""
        for _ in range(self.iterations):
            entities = self.attention(entities)
        return entities.amax(dim=1)


def build_relational(spec: Relational, input_shape: tuple[int, ...]) -> Trunk:
    """The convolutions of ``grid``, cells with their places, attention, pooling and a fully connected layer.

    Raises:
        SpaceMismatchError: not an image, or symbols without three channels a frame.
    """
    stages = cell_convolutions("relational", spec.reads, spec.channels, input_shape)
    height, width = _size_after(stages, input_shape)
    entity = spec.channels[-1] + 2
    stages["entities"] = Entities(height, width)
    stages["relations"] = Relations(Attention(entity, spec.heads, spec.head_width), spec.iterations)
    stages["fc"] = nn.Sequential(nn.Linear(entity, spec.features), nn.ReLU())
    return Trunk(spec, input_shape, stages)


@torch.no_grad()
def _size_after(stages: dict[str, nn.Module], input_shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of the feature map that the convolutions make."""
    outputs = torch.zeros((1, *input_shape))
    for stage in stages.values():
        outputs = stage(outputs)
    return outputs.shape[2], outputs.shape[3]
