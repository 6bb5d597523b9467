"""Soft weight sharing: separate weights, held near the source's by a penalty on the distance."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rltransfer.transfer.method import Decision, Knowledge, TransferMethod
from rltransfer.transfer.stages import StageValue, check_stage_names, for_stages, is_everywhere

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class SoftSharing(TransferMethod):
    """Fine-tuning with the penalty strength / 2 * ||w - w_source||^2 on every weight carried over (L2-SP).

    The penalty's gradient joins the loss's just before the optimizer's step. That is after Stable-Baselines3 has
    clipped the loss's gradient, so the penalty itself is not clipped; and Adam rescales the sum, so a strength is
    to be read relative to the loss's gradient and not as a decay rate.

    Args:
        strength: one number for the trunk, or numbers by stage name and ``heads`` (0 where not named). More stays
            nearer the source: 0 is fine-tuning, bit for bit; a very large one freezes.

    Source: Li, Grandvalet and Davoine 2018, "Explicit Inductive Bias for Transfer Learning with Convolutional
    Networks", eq. 2, without their separate weight decay on new layers.
    """

    registered: ClassVar[str] = "soft_sharing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    acts_in_steps: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"how weights are held to the source's"})

    strength: StageValue = 1e-3

    @property
    def needs_steps(self) -> bool:
        """Where anything is held."""
        return not is_everywhere(self.strength, 0)

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise where ``strength`` names a stage that the trunk does not have."""
        check_stage_names("strength", self.strength, stage_names)

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits."""
        transfer.carry_all()

    def hold(self, transfer: Attachment) -> None:
        """Pull what was carried over, and goes on being learned, back to where it is now.

        Raises:
            NotApplicableError: there is nothing of the kind.
        """
        from rltransfer.agents.anatomy import named_parts
        from rltransfer.agents.optimizing import Anchor, pull
        from rltransfer.transfer.kinds.held_weights import require_held

        strengths = for_stages(self.strength, transfer.stage_names, rest=0.0, heads=0.0)
        parts = named_parts(transfer.model)
        anchors: list[Anchor] = []
        for name in transfer.learned():
            strength = strengths[transfer.stage(name)]
            if strength:
                anchors.append(Anchor(parameter=parts[name], at=parts[name].detach().clone(), strength=strength))
                transfer.ledger.mark([name], "penalised", f"strength {strength:g}")
        require_held(self, transfer, anchors, strengths)
        pull(transfer.model, anchors)
