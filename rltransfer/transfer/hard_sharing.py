from __future__ import annotations
from typing import ClassVar
from rltransfer.transfer.method import Knowledge, TransferMethod
class HardSharing(TransferMethod):
    registered: ClassVar[str] = "hard_sharing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    needs_source_env: ClassVar[bool] = True
    def attach(self, model, source, *, diff=None): ...
