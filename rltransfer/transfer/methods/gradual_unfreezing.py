"""Gradual unfreezing: the heads learn first, then the trunk from its last stage to its first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class GradualUnfreezing(TransferMethod):
    """Fine-tuning in which one more stage begins to learn each time, from the heads backwards.

    Fresh heads give large and meaningless gradients at first, which would spoil a trunk that learns at once. A stage
    that is still frozen gets no gradient, so optimizers gather no moments for it; batch-norm statistics rest with it.

    Args:
        steps_per_stage: environment steps of the learner until one more stage learns. The last stage learns after as
            many, the first after as many times the number of stages; it should do so well within the budget. More
            protects the trunk longer. 0 is fine-tuning, bit for bit.
        heads: ``copy`` those that agree, or ``reinit`` them all.

    Source: Howard and Ruder 2018, "Universal Language Model Fine-tuning for Text Classification", section 3.3, where
    a stage is added each epoch; environment steps in place of epochs, and their number, are own choice, because
    reinforcement learning has no epochs.
    """

    registered: ClassVar[str] = "gradual_unfreezing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"which stages learn"})

    steps_per_stage: int = Field(default=10_000, ge=0)
    heads: Literal["copy", "reinit"] = "copy"

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits."""
        transfer.carry_all()

    def learns_from(self, stage_names: tuple[str, ...]) -> dict[str, int]:
        """Environment steps from which each stage learns, the last stage first."""
        return {name: count * self.steps_per_stage for count, name in enumerate(reversed(stage_names), start=1)}

    def hold(self, transfer: Attachment) -> None:
        """Say of each parameter from when on it learns."""
        starts = self.learns_from(transfer.stage_names)
        for name in transfer.learned():
            if steps := starts.get(transfer.stage(name)):
                transfer.ledger.remark(name, f"learns from environment step {steps:,} on")

    def finish(self, transfer: Attachment) -> None:
        """Freeze the trunk until then; all optimizers hold its parameters by now."""
        from rltransfer.agents.anatomy import trunk_of
        from rltransfer.agents.unfreezing import unfreeze_gradually

        if self.steps_per_stage:
            found: dict[str, int] = transfer.findings.setdefault(self.registered, {})
            trunk = trunk_of(transfer.model)
            starts = self.learns_from(trunk.stage_names)
            waiting = {name: steps for name, steps in starts.items() if name not in trunk.frozen_stages}
            unfreeze_gradually(transfer.model, waiting, found.__setitem__)
