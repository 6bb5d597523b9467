"""Methods that hold weights near the source's while they learn."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod
from rltransfer.transfer.stages import StageValue, check_stage_names, for_stages, is_everywhere

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class HeldWeights(TransferMethod):
    """Fine-tuning with a penalty on the distance of every weight carried over."""

    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    acts_in_steps: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"how weights are held to the source's"})
    holds_heads: ClassVar[bool] = False
    """Whether one number holds the heads, too, or the trunk alone."""

    strength: StageValue

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

    def strengths(self, transfer: Attachment) -> dict[str, float]:
        """By stage and for the heads; what is not named is not held."""
        of_heads = self.strength if self.holds_heads and not isinstance(self.strength, dict) else 0.0
        return for_stages(self.strength, transfer.stage_names, rest=0.0, heads=of_heads)

    def require_held(self, transfer: Attachment, held: Collection[object]) -> None:
        """Raise NotApplicableError where nothing would be held: what was carried over does not learn anyway.

        Args:
            transfer: see ``Attachment``.
            held: what was found to hold; nothing need be where every strength is 0.
        """
        is_carried = any(name.startswith("trunk.") for name in transfer.ledger.carried())  # else all is refused later
        asked = [stage for stage, strength in self.strengths(transfer).items() if strength]
        if not held and asked and is_carried:
            raise NotApplicableError(
                f"{self.label} holds nothing: of {', '.join(asked)}, nothing that was carried over goes on being "
                "learned. Let a stage of the trunk learn, or give strength: {heads: ...}."
            )
