from __future__ import annotations
from typing import ClassVar
from rltransfer.transfer.method import Knowledge, TransferMethod
class Frozen(TransferMethod):
    registered: ClassVar[str] = "frozen"
    transfers: ClassVar[Knowledge] = "features"
    heterogeneous: ClassVar[bool] = True
    at: str = "end"
    cache: bool = True
    def attach(self, model, source, *, diff=None): ...
