"""Adapters: small modules learn inside the source's trunk, which itself stays as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod
from rltransfer.transfer.methods.frozen import Frozen

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class Adapters(TransferMethod):
    """The source's trunk, fixed, with a small module at each layer that learns to bend what the layer gives.

    At first the modules change nothing, so the target begins exactly as the source. Between ``frozen``, which cannot
    see what the source never needed to see, and ``finetune``, which forgets: the source is unchanged under the
    modules. Together with ``frozen`` only the stages after the frozen ones have modules, and features are cached.

    Args:
        kind: ``residual`` modules stand behind a layer: a 1x1 convolution behind a convolution, a bottleneck behind a
            fully connected layer. ``low_rank`` ones are matrices of a low rank beside the layer's weights.
        size: the rank, or the width of a bottleneck. More can change more and learns from more data.
        heads: ``copy`` those that agree, or ``reinit`` them all.

    Source: Rebuffi et al. 2017, "Learning multiple visual domains with residual adapters" (convolutions); Houlsby et
    al. 2019, "Parameter-Efficient Transfer Learning for NLP" (bottlenecks); Hu et al. 2022, "LoRA", section 4.1. The
    size is an own choice within the ranges that they try.
    """

    registered: ClassVar[str] = "adapters"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"how the trunk is built"})

    kind: Literal["residual", "low_rank"] = "residual"
    size: int = Field(default=8, ge=1, le=65_536)
    heads: Literal["copy", "reinit"] = "copy"

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` changes the trunk under the adapters, or leaves none of it to them."""
        if isinstance(other, Frozen):
            if other.at == "end":
                raise ConfigError("frozen: {at: end} leaves no stage to adapters. Name a stage under 'at'.")
        elif "which stages learn" in other.decides:
            raise ConfigError(
                f"{other.label} decides which stages learn, and with adapters only they do. Take one of them."
            )
        if other.mixes_fresh_weights:
            raise ConfigError(f"{other.label} changes the source's trunk, which adapters keep. Take one of them.")

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits; the whole trunk must."""
        from rltransfer.transfer.carrying import require_prefix

        transfer.carry_all()
        require_prefix(transfer.ledger, "end")

    def arrange(self, transfer: Attachment) -> None:
        """Put adapters into every trunk copy, and keep everything else in the trunks still."""
        from rltransfer.transfer.mechanisms.adapting import put_adapters

        names = transfer.stage_names
        cut = [method.at for method in transfer.methods if isinstance(method, Frozen)]
        first = names.index(cut[0]) if cut else 0
        put_adapters(transfer, self.kind, self.size, names[first:])

    def hold(self, transfer: Attachment) -> None:
        """Report how far the adapters have gone, now and after each update."""
        from rltransfer.agents.anatomy import trunk_of
        from rltransfer.agents.updates import after_updates
        from rltransfer.trunks.adapters import adaptation

        def write() -> None:
            transfer.findings["adaptation"] = round(adaptation(trunk_of(transfer.model)), 6)

        write()
        after_updates(transfer.model, write)
