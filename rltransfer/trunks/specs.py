"""Trunk architectures as plain settings: named in YAML and artifacts, built into networks on demand.

This file imports no torch, so that an experiment is checked before torch loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rltransfer.settings import Options
from rltransfer.trunks.preprocessing import AS_STORED, Preprocessing

if TYPE_CHECKING:
    from rltransfer.trunks.trunk import Trunk

Precision = Literal["auto", "float32", "bfloat16"]
Reads = Literal["auto", "symbols", "pixels"]
Channels = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1, max_length=16)]


class TrunkSpec(Options):
    """What every trunk architecture has.

    Args:
        precision: arithmetic of the trunk's convolutions and products. ``bfloat16`` keeps float32 weights and casts
            for the products; ``auto`` takes it where the processor gains from it and records what it chose.
    """

    published_classes: ClassVar[int] = 0
    """Outputs of the classifier that stands behind the published network, which is no part of a trunk; 0: none."""
    precision: Precision = "auto"

    @property
    def preprocessing(self) -> Preprocessing:
        """What pictures go through before the trunk, and pixels in it: nothing, and a division by 255, by default."""
        return AS_STORED

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """The network for observations of ``input_shape``: (channels, height, width) or (size,).

        Raises:
            SpaceMismatchError: no network of this architecture reads that shape.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say how it is built")

    def stage_names(self) -> tuple[str, ...]:
        """Names of the stages that ``build`` makes, from the observation to the features."""
        raise NotImplementedError(f"{type(self).__name__} does not name its stages")


class Nature(TrunkSpec):
    """Three convolutions and a fully connected layer.

    Args:
        features: width of the last layer.
        batch_norm: batch normalisation after each convolution. An update normalises by its minibatch and acting by
            running statistics, which are saved with the trunk. It can help to generalise, and is what
            ``adaptive_batch_norm`` needs; ratios of probabilities, as PPO takes, become a little inexact by it.

    Source: Mnih et al. 2015, "Human-level control through deep reinforcement learning", Methods; batch normalisation
    after Cobbe et al. 2019, "Quantifying Generalization in Reinforcement Learning".
    """

    features: int = Field(default=512, ge=1, le=65_536)
    batch_norm: bool = False

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.nature import build_nature

        return build_nature(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``conv1``, ``conv2``, ``conv3``, ``fc``."""
        return ("conv1", "conv2", "conv3", "fc")


class Impala(TrunkSpec):
    """Residual convolutional blocks, the large network of IMPALA without its recurrent part.

    Args:
        channels: channels of each block; a block halves height and width.
        features: width of the last layer.
        batch_norm: as in ``nature``.

    Source: Espeholt et al. 2018, "IMPALA: Scalable Distributed Deep-RL", Figure 3 right; batch normalisation after
    Cobbe et al. 2019, "Quantifying Generalization in Reinforcement Learning".
    """

    channels: tuple[int, ...] = Field(default=(16, 32, 32), min_length=1, max_length=16)
    features: int = Field(default=256, ge=1, le=65_536)
    batch_norm: bool = False

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.impala import build_impala

        return build_impala(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``block1`` to ``blockN``, ``fc``."""
        return (*(f"block{number}" for number in range(1, len(self.channels) + 1)), "fc")


class Grid(TrunkSpec):
    """Convolutions and pyramid pooling, whose weights fit observations of any height and width.

    Args:
        reads: ``symbols`` are MiniGrid's numbers of objects, colours and states; ``pixels`` are brightnesses;
            ``auto`` takes an observation with a side under 36 and three channels a frame for symbols.
        channels: of each convolution.
        pool: parts that height and width are divided into for pooling, once for each number. More parts tell more
            exactly where things are; 1 alone forgets it.
        features: width of the last layer.

    Source: own choice; pooling after He et al. 2014, "Spatial Pyramid Pooling in Deep Convolutional Networks".
    """

    reads: Reads = "auto"
    channels: Channels = (32, 64, 64)
    pool: tuple[Annotated[int, Field(ge=1, le=64)], ...] = Field(default=(1, 4), min_length=1, max_length=8)
    features: int = Field(default=256, ge=1, le=65_536)

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.grid import build_grid

        return build_grid(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``conv1`` to ``convN``, ``pool``, ``fc``."""
        return (*(f"conv{number}" for number in range(1, len(self.channels) + 1)), "pool", "fc")


class Relational(TrunkSpec):
    """Convolutions make entities, attention relates them: what is learned of relations is apart from perception.

    Each cell of the last feature map, with its two coordinates, is an entity. Every entity attends to all others,
    in several heads, and is changed by what it finds there; the same layer acts several times. The greatest value of
    each feature over all entities goes on. Attention costs the square of the number of cells: 64 for 64 x 64 pixels.
    No parameter's shape depends on height and width.

    Args:
        reads: as in ``grid``.
        channels: of each convolution. An entity has two more numbers than the last has channels.
        heads: kinds of relation that are looked for at once.
        head_width: numbers in the query, key and value of a head.
        iterations: how often entities are related, with the same weights. More let relations of relations be seen,
            and cost as much each.
        features: width of the last layer.

    Source: Zambaldi et al. 2018, "Relational Deep Reinforcement Learning", section 2, and 2019, "Deep Reinforcement
    Learning with Relational Inductive Biases" (blocks with shared weights); sizes and the convolutions, which are
    ``grid``'s, are own choice, because the paper's convolutions of stride 1 give thousands of entities at 64 x 64
    pixels. One layer stands for the paper's four after pooling, as in the other trunks; ``net_arch`` adds more.
    """

    reads: Reads = "auto"
    channels: Channels = (32, 64, 64)
    heads: int = Field(default=2, ge=1, le=64)
    head_width: int = Field(default=64, ge=2, le=4096)
    iterations: int = Field(default=2, ge=1, le=64)
    features: int = Field(default=256, ge=1, le=65_536)

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.relational import build_relational

        return build_relational(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``conv1`` to ``convN``, ``entities``, ``relations``, ``fc``."""
        return (*(f"conv{number}" for number in range(1, len(self.channels) + 1)), "entities", "relations", "fc")


class MLP(TrunkSpec):
    """Fully connected layers over a flattened observation.

    Args:
        widths: width of each layer.
        activation: what follows each layer.
    """

    widths: tuple[int, ...] = Field(default=(64, 64), min_length=1, max_length=64)
    activation: Literal["tanh", "relu"] = "tanh"

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.mlp import build_mlp

        return build_mlp(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``fc1`` to ``fcN``."""
        return tuple(f"fc{number}" for number in range(1, len(self.widths) + 1))


class Flatten(TrunkSpec):
    """No perception: heads read the observation itself, so all that is learned stands in the heads.

    What Stable-Baselines3's ``MlpPolicy`` has; its hidden layers are the algorithm's ``net_arch``.
    """

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.flatten import build_flatten

        return build_flatten(self, input_shape)

    def stage_names(self) -> tuple[str, ...]:
        """``flatten``."""
        return ("flatten",)
