"""What methods ask for that hold weights to the source's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from rltransfer.errors import NotApplicableError

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.method import TransferMethod


def require_held(
    method: TransferMethod, transfer: Attachment, held: Collection[object], strengths: Mapping[str, float]
) -> None:
    """Raise NotApplicableError where ``method`` would hold nothing: what was carried over does not learn anyway.

    Args:
        method: that holds weights.
        transfer: see ``Attachment``.
        held: what the method found to hold.
        strengths: by stage; all 0 asks for nothing to be held.
    """
    is_carried = any(name.startswith("trunk.") for name in transfer.ledger.carried())  # else all is refused later
    if not held and any(strengths.values()) and is_carried:
        where = ", ".join(stage for stage, strength in strengths.items() if strength)
        raise NotApplicableError(
            f"{method.label} holds nothing: of {where}, nothing that was carried over goes on being learned. Let a "
            "stage of the trunk learn, or give strength: {heads: ...}."
        )
