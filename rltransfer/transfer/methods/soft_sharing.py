"""Soft weight sharing: separate weights, held near the source's by a penalty on the distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.transfer.kinds.held_weights import HeldWeights
from rltransfer.transfer.stages import StageValue

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class SoftSharing(HeldWeights):
    """Fine-tuning with the penalty strength / 2 * ||w - w_source||^2 on every weight carried over (L2-SP).

    The penalty's gradient joins the loss's just before the optimizer's step. That is after Stable-Baselines3 has
    clipped the loss's gradient, so the penalty itself is not clipped; and Adam rescales the sum, so a strength is
    to be read relative to the loss's gradient and not as a decay rate.

    Args:
        strength: one number for the trunk, or numbers by stage name and ``heads`` (0 where not named). More stays
            nearer the source: 0 is fine-tuning, bit for bit; a very large one freezes.
        heads: ``copy`` those that agree, or ``reinit`` them all.

    Source: Li, Grandvalet and Davoine 2018, "Explicit Inductive Bias for Transfer Learning with Convolutional
    Networks", eq. 2, without their separate weight decay on new layers.
    """

    registered: ClassVar[str] = "soft_sharing"

    strength: StageValue = 1e-3
    heads: Literal["copy", "reinit"] = "copy"

    def hold(self, transfer: Attachment) -> None:
        """Pull what was carried over, and goes on being learned, back to where it is now.

        Raises:
            NotApplicableError: there is nothing of the kind.
        """
        from rltransfer.agents.anatomy import named_parts
        from rltransfer.agents.optimizing import Anchor, pull

        strengths = self.strengths(transfer)
        parts = named_parts(transfer.model)
        anchors: list[Anchor] = []
        for name in transfer.learned():
            strength = strengths[transfer.stage(name)]
            if strength:
                anchors.append(Anchor(parameter=parts[name], at=parts[name].detach().clone(), strength=strength))
                transfer.ledger.mark([name], "penalised", f"strength {strength:g}")
        self.require_held(transfer, anchors)
        pull(transfer.model, anchors)
