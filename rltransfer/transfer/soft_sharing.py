from __future__ import annotations
from typing import ClassVar
from rltransfer.transfer.method import Knowledge, TransferMethod
class SoftSharing(TransferMethod):
    registered: ClassVar[str] = "soft_sharing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    strength: float | dict[str, float] = 1e-3
    def attach(self, model, source, *, diff=None): ...
