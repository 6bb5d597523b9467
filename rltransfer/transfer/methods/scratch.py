"""From scratch: the control that every transfer figure is measured against."""

from __future__ import annotations

from typing import ClassVar

from rltransfer.transfer.method import Decision, Knowledge, TransferMethod


class Scratch(TransferMethod):
    """Nothing is transferred: fresh weights, the same algorithm, budget, seeds and evaluation episodes."""

    registered: ClassVar[str] = "scratch"
    transfers: ClassVar[Knowledge] = "none"
    heterogeneous: ClassVar[bool] = True
    needs_source: ClassVar[bool] = False
    carries_weights: ClassVar[bool] = False
    decides: ClassVar[frozenset[Decision]] = frozenset({"everything"})

    name: None = None
