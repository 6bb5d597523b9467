"""Alignment by correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.transfer.kinds.alignment import Alignment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.alignment import FeatureLoss


class Coral(Alignment):
    """Alignment by the distance of the covariances of the trunk's features; their means may differ.

    The distance is divided by four times the square of the number of features, so for wide trunks it is a small
    number, and the strength a large one: see in the findings whether it falls, and give more where it does not.

    Source: Sun and Saenko 2016, "Deep CORAL: Correlation Alignment for Deep Domain Adaptation", eq. 1.
    """

    registered: ClassVar[str] = "coral"

    strength: float = Field(default=1e4, ge=0)

    def feature_loss(self, transfer: Attachment, *, features: int) -> FeatureLoss:
        """The distance of covariances."""
        from rltransfer.transfer.mechanisms.alignment import coral

        def loss(source: Tensor, target: Tensor) -> tuple[Tensor, Mapping[str, float]]:
            value = coral(source, target)
            return value, {"distance": value.detach().item()}

        return loss
