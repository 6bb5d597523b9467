"""From scratch: the control that every transfer figure is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.report import TransferReport


class Scratch(TransferMethod):
    """Nothing is transferred: fresh weights, the same algorithm, budget, seeds and evaluation episodes."""

    registered: ClassVar[str] = "scratch"
    transfers: ClassVar[Knowledge] = "none"
    heterogeneous: ClassVar[bool] = True
    needs_source: ClassVar[bool] = False

    name: None = None

    def attach(self, model: BaseAlgorithm, source: BaseAlgorithm, *, diff: SpaceDiff | None = None) -> TransferReport:
        """Leave ``model`` as it is; see ``TransferMethod.attach``."""
        from rltransfer.transfer.carrying import open_ledger

        return open_ledger(self.label, model, source).close(may_carry_nothing=True)
