"""Batch-norm statistics of the target task under the source's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer.method import Knowledge, Setting, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class AdaptiveBatchNorm(TransferMethod):
    """The source's agent with the statistics of its batch normalisation taken anew from unlabelled target frames.

    Every weight stays; each channel is centred and scaled as the target's frames need it, layer by layer, so that
    a layer's statistics are of what the layers before it give by theirs. No reward counts and nothing is trained:
    alone, it is ``direct`` for a target that looks different. In a list with a method that trains, as ``[finetune,
    adaptive_batch_norm]`` or ``[frozen, adaptive_batch_norm]``, that method begins with it. It cannot help
    where tasks differ in more than the frames' appearance.

    Args:
        steps: environment steps of the target task that the agent plays for its frames; they are part of the budget.
            More are better statistics; frames of one episode are alike.

    Source: Li et al. 2016, "Revisiting Batch Normalization For Practical Domain Adaptation" (AdaBN), Algorithm 1.
    """

    registered: ClassVar[str] = "adaptive_batch_norm"
    transfers: ClassVar[Knowledge] = "features"
    setting: ClassVar[Setting] = "unsupervised"
    heterogeneous: ClassVar[bool] = True
    trains: ClassVar[bool] = False

    steps: int = Field(default=2048, ge=2)

    @property
    def plays_target_for(self) -> int:
        """The steps for its frames."""
        return self.steps

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where the source agent goes on acting through the same trunk."""
        if other.teaches_source:
            raise ConfigError(f"by {other.label} the source acts through the target's trunk, whose statistics it needs")

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits.

        Raises:
            NotApplicableError: the trunk has no batch normalisation, or nothing would train heads for other actions.
        """
        from rltransfer.transfer.carrying import require_policy
        from rltransfer.transfer.mechanisms.batch_norm import normalisations

        if not normalisations(transfer.model):
            raise NotApplicableError(
                "the trunk has no batch normalisation whose statistics could be adapted. Train the source, and the "
                "target, with trunk: {name: nature, batch_norm: true}, or impala with the same."
            )
        is_trained = any(method.trains for method in transfer.methods)
        if not transfer.diff.action_equal and not is_trained:
            raise NotApplicableError("the action spaces differ and nothing is trained. Add a method that trains.")
        transfer.carry_all()
        if not is_trained:
            require_policy(transfer.ledger)

    def hold(self, transfer: Attachment) -> None:
        """Play the target task and take the statistics."""
        from rltransfer.transfer.mechanisms.batch_norm import adapt

        rollout = transfer.play_target(transfer.model, self.steps)
        transfer.findings[self.label] = adapt(transfer.model, rollout.observations)
