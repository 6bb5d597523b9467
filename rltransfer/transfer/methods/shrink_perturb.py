"""Shrink and perturb: the source's weights drawn towards 0, with a little of fresh ones added."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class ShrinkPerturb(TransferMethod):
    """Fine-tuning from shrink * w_source + perturb * w_fresh, for every weight carried over.

    A network that was trained to the end has large weights and saturated outputs, from which a new task is learned
    slowly and generalises worse. Shrinking keeps what it computes, roughly, and restores the size of gradients. The
    fresh weights are those that the target would begin with from scratch, so that layers are perturbed in proportion
    to how they are initialised. Running statistics of batch normalisation are taken over as they are.

    Args:
        shrink: what the source's weights are multiplied by. 1 keeps them; less forgets more.
        perturb: what fresh weights are multiplied by before they are added. Shrink 1 and perturb 0 is fine-tuning,
            shrink 0 and perturb 1 learning from scratch, both bit for bit.
        heads: ``copy`` those that agree, and shrink and perturb them, too; or ``reinit`` them all.

    Source: Ash and Adams 2020, "On Warm-Starting Neural Network Training", section 4; the defaults, and fresh weights
    as noise, are those of the authors' code.
    """

    registered: ClassVar[str] = "shrink_perturb"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    mixes_fresh_weights: ClassVar[bool] = True

    shrink: float = Field(default=0.4, ge=0, le=1)
    perturb: float = Field(default=0.1, ge=0, le=1)
    heads: Literal["copy", "reinit"] = "copy"

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` needs the source's weights as they are."""
        if other.carries_acting_trunk:
            raise ConfigError(
                f"{other.label} keeps the source's trunk, which shrink_perturb changes. Take one of them."
            )
        if other.teaches_source:
            raise ConfigError(f"{other.label} shares weights with the source, which shrink_perturb would change, too")
        if "how weights are held to the source's" in other.decides:
            raise ConfigError(
                f"{other.label} holds weights to the source's, and shrink_perturb begins elsewhere. Take one of them."
            )

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits, then shrink and perturb it; target networks follow."""
        import torch

        from rltransfer.agents.anatomy import follow, learned_parts, named_parts

        transfer.carry_all()
        parts, carried = named_parts(transfer.model), transfer.ledger.carried()
        moved = learned_parts(transfer.model)
        with torch.no_grad():
            for name in carried:
                if name in moved:
                    parts[name].mul_(self.shrink).add_(transfer.fresh[name], alpha=self.perturb)
        follow(transfer.model)
        transfer.ledger.mark(list(carried), "perturbed", f"{self.shrink:g} x the source's + {self.perturb:g} x fresh")
