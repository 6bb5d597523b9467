"""Alignment by maximum mean discrepancy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from rltransfer.transfer.kinds.alignment import Alignment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.alignment import FeatureLoss


class MMD(Alignment):
    """Alignment by the maximum mean discrepancy of the trunk's features, under several Gaussian kernels.

    Means of features in a space so rich that only equal distributions have equal means: all that differs is seen, and
    what differs little weighs little.

    Args:
        bandwidths: of the kernels, as multiples of the median squared distance within a batch. Small ones see fine
            differences, large ones where the bulk lies. The paper has 33 between 2^-8 and 2^8 and learns their
            weights; five of equal weight are our own choice, because the far ones are 0 or 1 nearly everywhere.

    Source: Long et al. 2015, "Learning Transferable Features with Deep Adaptation Networks"; Gretton et al. 2012, "A
    Kernel Two-Sample Test", Lemma 6.
    """

    registered: ClassVar[str] = "mmd"

    strength: float = Field(default=0.1, ge=0)
    bandwidths: tuple[Annotated[float, Field(gt=0)], ...] = Field(default=(0.25, 0.5, 1.0, 2.0, 4.0), min_length=1)

    def feature_loss(self, transfer: Attachment, *, features: int) -> FeatureLoss:
        """The squared discrepancy."""
        from rltransfer.transfer.mechanisms.alignment import multi_kernel_mmd

        def loss(source: Tensor, target: Tensor) -> tuple[Tensor, Mapping[str, float]]:
            value = multi_kernel_mmd(source, target, bandwidths=self.bandwidths)
            return value, {"distance": value.detach().item()}

        return loss
