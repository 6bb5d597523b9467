from __future__ import annotations
from typing import ClassVar, Literal
from rltransfer.transfer.method import Knowledge, TransferMethod
class Finetune(TransferMethod):
    registered: ClassVar[str] = "finetune"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    learning_rate_scale: Literal["lecture"] | float | dict[str, float] = 1.0
    heads: Literal["copy", "reinit"] = "copy"
    def attach(self, model, source, *, diff=None): ...
