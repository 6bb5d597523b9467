"""Trunks made of other trunks, as plain settings. Imports no torch, as ``rltransfer.trunks.specs``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from rltransfer.config.named import name_of, named_by_key
from rltransfer.registry import TRUNKS
from rltransfer.settings import Settings
from rltransfer.trunks.preprocessing import Preprocessing
from rltransfer.trunks.specs import TrunkSpec

if TYPE_CHECKING:
    from rltransfer.trunks.trunk import Trunk


def _chosen(value: object) -> Settings:
    return named_by_key(TRUNKS, value, key="name", default="nature")


def _as_written(spec: TrunkSpec) -> dict[str, Any]:
    return {"name": name_of(TRUNKS, spec), **spec.model_dump(mode="json")}


TrunkWithin = Annotated[Any, PlainValidator(_chosen), PlainSerializer(_as_written)]
"""A trunk's settings within another's: written as an experiment's `trunk`. Its own precision does not count."""


class Ensemble(TrunkSpec):
    """Trunks side by side, whose features are added up with learned weights.

    Args:
        members: two or more usually; each reads the same observations and gives as many features.
        temperature: of the softmax that gives the weights, which are equal at first. More lets them part later.

    Source: Rajendran et al. 2017, "Attend, Adapt and Transfer", equations 1 and 2; there whole solutions are mixed
    and the weights depend on the state, here features and constant weights.
    """

    members: tuple[TrunkWithin, ...] = Field(min_length=1, max_length=64)
    temperature: float = Field(default=3.0, gt=0, le=1000)

    @property
    def preprocessing(self) -> Preprocessing:
        """That of the first; what the others do to pixels they do themselves."""
        return self.members[0].preprocessing  # type: ignore[no-any-return]

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.ensemble import ensemble_of

        return ensemble_of(self, [member.build(input_shape) for member in self.members])

    def stage_names(self) -> tuple[str, ...]:
        """``members``, ``mixture``."""
        return ("members", "mixture")


class Adapted(TrunkSpec):
    """A trunk with a small module at each of its convolutions and fully connected layers.

    Args:
        inner: the trunk.
        kind: ``residual`` modules stand behind a layer and are added to what it gives; ``low_rank`` ones stand beside
            it and are added to its weights.
        size: the rank, or the width of a residual module behind a fully connected layer.
        stages: those whose layers have modules; all where left out.

    Source: see ``rltransfer.trunks.adapters``.
    """

    inner: TrunkWithin
    kind: Literal["residual", "low_rank"] = "residual"
    size: int = Field(default=8, ge=1, le=65_536)
    stages: tuple[str, ...] | None = None

    @property
    def preprocessing(self) -> Preprocessing:
        """That of the trunk within."""
        return self.inner.preprocessing  # type: ignore[no-any-return]

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.adapters import adapted

        return adapted(self, self.inner.build(input_shape))

    def stage_names(self) -> tuple[str, ...]:
        """Those of the trunk within."""
        names: tuple[str, ...] = self.inner.stage_names()
        return names


class Progressive(TrunkSpec):
    """Columns of one architecture side by side, of which the last learns and reads what the others' layers give.

    Args:
        columns: the trunks, the one that learns last; widths may differ.
        strength: what each lateral connection is multiplied by at first, which is learned; 0 makes none.

    Source: Rusu et al. 2016, "Progressive Neural Networks", equation 2.
    """

    columns: tuple[TrunkWithin, ...] = Field(min_length=2, max_length=64)
    strength: float = Field(default=0.1, ge=0, le=1000)

    @property
    def preprocessing(self) -> Preprocessing:
        """That of the first; what the others do to pixels they do themselves."""
        return self.columns[0].preprocessing  # type: ignore[no-any-return]

    def build(self, input_shape: tuple[int, ...]) -> Trunk:
        """See ``TrunkSpec.build``."""
        from rltransfer.trunks.progressive import progressive_of

        return progressive_of(self, [column.build(input_shape) for column in self.columns])

    def stage_names(self) -> tuple[str, ...]:
        """``columns``."""
        return ("columns",)
