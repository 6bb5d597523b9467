"""What the source learned of relations, under perception that is learned anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment

FIRST = "relations"
"""The stage with which a trunk's relations begin, where none are named."""


class Relations(TransferMethod):
    """The stages that relate things are the source's; those that make things out of pixels start afresh.

    For targets that look different and work the same: the fresh perception learns, through the relations, to give
    entities such as the source's were. Where the target looks like the source, fine-tuning keeps more; where things
    stand to each other in new ways, the relations mislead.

    Args:
        stages: those carried over, by name; from `relations` to the trunk's last where left out, so that only
            perception is fresh.
        freeze: whether they stay as they are. Frozen, they hold perception to the source's entities; learned, they
            may be forgotten before perception has learned to see. What is frozen is no prefix of the trunk, so no
            features are cached and learning is as slow as from scratch.
        heads: ``copy`` those that agree, or ``reinit`` them all. They can be copied where the last stage is.

    Source: the division into perception and relations of Zambaldi et al. 2018, "Relational Deep Reinforcement
    Learning", section 2; carrying only the second over is own choice.
    """

    registered: ClassVar[str] = "relations"
    transfers: ClassVar[Knowledge] = "relations"
    heterogeneous: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"which stages learn"})

    stages: tuple[str, ...] | None = None
    freeze: bool = False
    heads: Literal["copy", "reinit"] = "copy"

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise where the trunk has no such stages, or where heads would be copied onto a fresh last stage."""
        for name in self.stages or ():
            if name not in stage_names:
                raise UnknownNameError("stage in stages", name, stage_names, nearest(name, stage_names))
        carried = self.carried_stages(stage_names)
        if not carried:
            raise ConfigError(
                f"the trunk has no relations to carry over: none of its stages ({', '.join(stage_names)}) is called "
                f"{FIRST!r}. Use trunk 'relational', or name stages."
            )
        if self.heads == "copy" and stage_names[-1] not in carried:
            raise ConfigError(
                f"heads read the last stage, {stage_names[-1]!r}, which is learned anew. Add it to stages, or give "
                "heads: reinit."
            )
        if set(carried) == set(stage_names):
            raise ConfigError("stages names every stage, so that no perception is learned anew. Use finetune.")

    def carried_stages(self, stage_names: tuple[str, ...]) -> tuple[str, ...]:
        """Those that were named, or all from ``relations`` on."""
        if self.stages is not None:
            return tuple(name for name in stage_names if name in self.stages)
        return stage_names[stage_names.index(FIRST) :] if FIRST in stage_names else ()

    def carry(self, transfer: Attachment) -> None:
        """Copy the stages, which must fit, and the heads where wanted."""
        from rltransfer.transfer.carrying import require_stages

        transfer.carry_all()
        require_stages(transfer.ledger, self.carried_stages(transfer.stage_names))

    def arrange(self, transfer: Attachment) -> None:
        """Freeze the stages in every trunk copy, where wanted."""
        from rltransfer.agents.anatomy import trunk_sites

        if not self.freeze:
            return
        stages = self.carried_stages(transfer.stage_names)
        for site in trunk_sites(transfer.model):
            site.trunk.freeze_stages(stages)
        carried = transfer.ledger.carried()
        transfer.ledger.mark([name for name in carried if transfer.stage(name) in stages], "frozen")
