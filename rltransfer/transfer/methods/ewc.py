"""Elastic weight consolidation: weights held near the source's, each as firmly as the source's outputs depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.transfer.kinds.held_weights import HeldWeights
from rltransfer.transfer.stages import StageValue

if TYPE_CHECKING:
    from torch import Tensor

    from rltransfer.transfer.attaching import Attachment


class EWC(HeldWeights):
    """Fine-tuning with the penalty strength / 2 * F_i * (w_i - w_source_i)^2 on every weight carried over.

    F is the diagonal of the Fisher information matrix, estimated on what the source agent sees in its own task: how
    much its action probabilities and values change with each weight. Agents whose networks give plain values or
    actions are read as Gaussians around them; see ``rltransfer.transfer.mechanisms.fisher`` for each algorithm. The
    gradient joins an optimizer's step as in ``soft_sharing``: after the loss's is clipped, and before Adam rescales.

    Args:
        strength: one number for everything carried over, or numbers by stage name and ``heads`` (0 where not named).
            More forgets less of the source and learns less of the target: 0 is fine-tuning, bit for bit, and plays
            nothing. F is often far below 1, so a strength is far above that of ``soft_sharing``.
        steps: environment steps of the source task on which F is estimated; they are part of the cost. More gives a
            less noisy estimate and takes longer: one derivative for each step and output.

    Source: Kirkpatrick et al. 2017, "Overcoming catastrophic forgetting in neural networks", eq. 3. They search for
    the strength; both defaults are own choice, because penalties then reach the size of usual gradients within minutes.
    """

    registered: ClassVar[str] = "ewc"
    needs_source_env: ClassVar[bool] = True
    holds_heads: ClassVar[bool] = True

    strength: StageValue = 100.0
    steps: int = Field(default=1024, ge=1)

    def hold(self, transfer: Attachment) -> None:
        """Play the source task, estimate F, and pull what was carried over and goes on being learned.

        Raises:
            NotApplicableError: there is nothing of the kind.
        """
        from rltransfer.agents.anatomy import named_parts
        from rltransfer.agents.optimizing import Anchor, pull
        from rltransfer.transfer.mechanisms.fisher import diagonal_fisher

        strengths = self.strengths(transfer)
        held = [name for name in transfer.learned() if strengths[transfer.stage(name)]]
        self.require_held(transfer, held)
        if not held:
            return
        fisher = diagonal_fisher(transfer.source, transfer.play_source(self.steps))
        parts, counterparts = named_parts(transfer.model), transfer.ledger.carried()
        anchors: list[Anchor] = []
        of_stages: dict[str, list[Tensor]] = {}
        for name in held:
            stage, of_source = transfer.stage(name), fisher.get(counterparts[name] or "")
            if of_source is not None:
                anchors.append(
                    Anchor(
                        parameter=parts[name], at=parts[name].detach().clone(), strength=strengths[stage] * of_source
                    )
                )
                of_stages.setdefault(stage, []).append(of_source)
                note = f"strength {strengths[stage]:g} x Fisher information, {float(of_source.mean()):.3g} in the mean"
                transfer.ledger.mark([name], "penalised", note)
        transfer.findings["ewc"] = {
            "mean_fisher": {
                s: sum(float(f.sum()) for f in fs) / sum(f.numel() for f in fs) for s, fs in of_stages.items()
            }
        }
        pull(transfer.model, anchors)
