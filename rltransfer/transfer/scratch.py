"""From scratch: the control that every transfer figure is measured against."""
from __future__ import annotations
from typing import ClassVar
from rltransfer.transfer.method import Knowledge, TransferMethod
class Scratch(TransferMethod):
    registered: ClassVar[str] = "scratch"
    transfers: ClassVar[Knowledge] = "none"
    heterogeneous: ClassVar[bool] = True
    def attach(self, model, source, *, diff=None): ...
