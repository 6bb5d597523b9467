from __future__ import annotations
from typing import ClassVar
from rltransfer.transfer.method import Knowledge, TransferMethod
class Direct(TransferMethod):
    registered: ClassVar[str] = "direct"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = False
    trains: ClassVar[bool] = False
    action_mapping: tuple[int, ...] | None = None
    def attach(self, model, source, *, diff=None): ...
