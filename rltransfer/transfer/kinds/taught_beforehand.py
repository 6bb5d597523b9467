"""What distillation and behaviour cloning have in common: the source plays, and the learner is taught from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.kinds.policies import NOT_TAUGHT, SINGLE_STEPS, require_same_spaces
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from rltransfer.agents.rollouts import Rollout
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.supervised import Lesson


class TaughtBeforehand(TransferMethod):
    """Before it learns by reinforcement, the learner is taught by supervised learning in states that the source met.

    Args:
        steps: environment steps for which the source plays its own task; they are counted as the method's cost. More
            states generalise better. All are kept in memory meanwhile, with the state after each.
        deterministic: whether the source takes its likeliest actions. With those it draws, it meets more states.
        epochs: passes over these states; 0 teaches nothing, and nothing is played: then the learner is `scratch`, or
            what stands beside it.
        batch_size: states of a gradient step.
        learning_rate: of Adam, for these steps alone.

    Source: own choices; see the methods.
    """

    transfers: ClassVar[Knowledge] = "policies"
    heterogeneous: ClassVar[bool] = False
    needs_source_env: ClassVar[bool] = True
    carries_weights: ClassVar[bool] = False
    algorithms: ClassVar[tuple[str, ...]] = (*SINGLE_STEPS, "trpo")
    unserved: ClassVar[Mapping[str, str]] = NOT_TAUGHT
    decides: ClassVar[frozenset[Decision]] = frozenset({"what is taught beforehand"})

    steps: int = Field(default=5_000, ge=1)
    deterministic: bool = False
    epochs: int = Field(default=10, ge=0)
    batch_size: int = Field(default=128, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)

    def lesson(self, transfer: Attachment, rollout: Rollout) -> tuple[Lesson, Tensor]:
        """The loss to be minimised in the states of ``rollout``, and the actions that are right in them."""
        raise NotImplementedError

    def check(self, diff: SpaceDiff) -> None:
        """The learner must read what the source saw, and have its actions."""
        require_same_spaces(diff)

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where teaching the learner would change the source."""
        if other.teaches_source:
            raise ConfigError(f"{other.label} shares the trunk with the source, and {self.label} would change it there")

    def hold(self, transfer: Attachment) -> None:
        """Say in the report what will be taught."""
        from rltransfer.transfer.mechanisms.supervised import taught_parts

        for name in taught_parts(transfer.model) if self.epochs else ():
            transfer.ledger.remark(name, f"then taught by {self.registered}")

    def finish(self, transfer: Attachment) -> None:
        """Let the source play, and teach the learner; what is held to the source's weights was noted before that."""
        if self.epochs == 0:
            return
        from rltransfer.transfer.mechanisms.policies_compared import disagreement
        from rltransfer.transfer.mechanisms.supervised import answers, pretrain

        model, source = transfer.model, transfer.source
        rollout = transfer.play_source(self.steps, deterministic=self.deterministic)
        lesson, right = self.lesson(transfer, rollout)
        begun: dict[str, Any] = {
            "disagreement_before": disagreement(right, answers(model, rollout.observations, of=source))
        }
        first, last = pretrain(
            model,
            rollout.observations,
            lesson,
            of=source,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
        )
        transfer.findings[self.registered] = {
            **begun,
            "disagreement_after": disagreement(right, answers(model, rollout.observations, of=source)),
            "loss_at_first": first,
            "loss_at_last": last,
        }
