"""Weight interpolation: an agent that acts with weights between the source's and the fine-tuned ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from rltransfer.transfer.attaching import Attachment


class WeightInterpolation(TransferMethod):
    """Fine-tuning whose result is (1 - alpha) * w_source + alpha * w_finetuned, for every weight carried over.

    The target learns as by fine-tuning. Whenever it is measured, saved or exported, the interpolated weights take the
    place of those that it learns with, and leave it again: ``with rltransfer.agents.at_rest(model):`` does so in
    Python, where ``model.predict`` alone acts with the fine-tuned ones. Between two solutions of which one was learned
    from the other the loss is often low all along the way, so that what is between them keeps more of the source at
    little loss on the target. Heads that were not carried over have no source: they stay as learned, on a trunk that
    they were not learned on, so that copied heads serve better. Running statistics of batch normalisation are
    interpolated, too.

    Args:
        alpha: 1 is fine-tuning, bit for bit; 0 is the source, or what of it could be carried over.
        compared: further alphas. An experiment measures the agent with each of them, too, once it has learned, and
            reports the returns on the target among the findings as ``return_at_rest``; ``[0, 0.25, 0.75, 1]`` shows
            whether there is a barrier between the two ends. Nothing is chosen by it.
        heads: ``copy`` those that agree, or ``reinit`` them all.

    Source: Wortsman et al. 2022, "Robust fine-tuning of zero-shot models" (WiSE-FT), eq. 1; the default is what they
    recommend where nothing is known about the target.
    """

    registered: ClassVar[str] = "weight_interpolation"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True

    alpha: float = Field(default=0.5, ge=0, le=1)
    compared: tuple[Annotated[float, Field(ge=0, le=1)], ...] = ()
    heads: Literal["copy", "reinit"] = "copy"

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where the source's weights go on changing, and with them what is between."""
        if other.teaches_source:
            raise ConfigError(f"{other.label} goes on teaching the source, so its weights are no fixed end to take")

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits."""
        transfer.carry_all()

    def hold(self, transfer: Attachment) -> None:
        """Remember the source's weights, and let the model rest between them and its own."""
        import torch

        from rltransfer.agents.anatomy import named_parts, policy_of, trunk_sites
        from rltransfer.agents.resting import rest_with

        if self.alpha == 1 and not self.compared:
            return
        parts, theirs = named_parts(transfer.model), named_parts(transfer.source)
        ends: list[tuple[Tensor, Tensor]] = []
        for name, counterpart in transfer.ledger.carried().items():
            if parts[name].requires_grad:
                end = parts[name] if counterpart is None else theirs[counterpart]
                ends.append((parts[name], end.detach().clone()))
                transfer.ledger.remark(name, f"at rest {1 - self.alpha:g} x the source's + {self.alpha:g} x its own")
        for site in trunk_sites(transfer.model):
            ends.extend((buffer, buffer.clone()) for buffer in site.trunk.buffers() if buffer.is_floating_point())
        layers = {name.rpartition(".")[0] for name in transfer.ledger.carried()}
        for name, buffer in policy_of(transfer.model).named_buffers():  # of heads that were carried over
            if name.rpartition(".")[0] in layers and buffer.is_floating_point():
                ends.append((buffer, buffer.clone()))

        def between(alpha: float) -> Iterator[tuple[Tensor, Tensor]]:
            for own, end in ends:
                yield own, torch.lerp(end, own.detach(), alpha)

        others = {f"alpha {alpha:g}": partial(between, alpha) for alpha in self.compared}
        rest_with(transfer.model, partial(between, self.alpha), others=others)
