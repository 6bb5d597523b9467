"""Alignment against a discriminator."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.transfer.kinds.alignment import Alignment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.alignment import FeatureLoss

YARDSTICK = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Bandwidths of the discrepancy by which findings tell how far apart the features lie."""


class DomainAdversarial(Alignment):
    """Alignment against a discriminator: the trunk is moved so that the domain of its features cannot be told.

    A small network learns to tell source features from target features, and its gradient reaches the trunk reversed,
    multiplied by 2 / (1 + exp(-10 p)) - 1 at progress p: not at all at first, when it tells nothing yet. It sees what
    no fixed distance does, and is the least stable of the three. The findings tell its accuracy (0.5 where
    the domains cannot be told apart) and, as a distance that nobody trains on, the maximum mean discrepancy.

    Args:
        hidden: width of the discriminator's hidden layer. The paper's network for digits has 100.
        learning_rate: of the discriminator, which has an optimizer of its own (Adam). Own choice: the paper has one
            rate for both, but agents learn by rates that range over three orders of magnitude.

    Source: Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks".
    """

    registered: ClassVar[str] = "domain_adversarial"

    hidden: int = Field(default=100, ge=1, le=65_536)
    learning_rate: float = Field(default=1e-3, gt=0)

    def feature_loss(self, transfer: Attachment, *, features: int) -> FeatureLoss:
        """A discriminator of its own for each trunk copy."""
        import torch

        from rltransfer.transfer.mechanisms.alignment import DomainDiscriminator, multi_kernel_mmd

        discriminator = DomainDiscriminator(
            transfer.model, features=features, hidden=self.hidden, learning_rate=self.learning_rate
        )

        def loss(source: Tensor, target: Tensor) -> tuple[Tensor, Mapping[str, float]]:
            value, told = discriminator(source, target)
            with torch.no_grad():
                distance = float(multi_kernel_mmd(source, target, bandwidths=YARDSTICK))
            return value, {"distance": distance, **told}

        return loss
