"""Policy distillation: before it learns, the learner is taught what the source would do in the states it meets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.transfer.kinds.taught_beforehand import TaughtBeforehand

if TYPE_CHECKING:
    from torch import Tensor

    from rltransfer.agents.rollouts import Rollout
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.policies_compared import Behaviour
    from rltransfer.transfer.mechanisms.supervised import Lesson


class Distillation(TaughtBeforehand):
    """A fresh learner, on any trunk and of any algorithm, that begins with the source's policy instead of its weights.

    The source plays its task; in the states it meets, the learner's policy is drawn to the source's; then it learns by
    reinforcement. Critics are not taught: an actor's first updates by a critic that knows nothing may undo much of it
    (`kickstarting` beside it holds against that).

    Args:
        loss: `kl`, the divergence from the source's policy; `nll`, of the source's likeliest action alone; `mse`, of
            the values of actions, where both are Q-networks: the only one that teaches their level, too, which learning
            goes on from. For continuous actions `nll` is the squared distance of likeliest actions, and `kl` is, too,
            where one of the two has no density.
        temperature: values of actions divided by it are taken for logits. Less tells only the best action from the
            rest; more tells the rest apart, too.

    Source: Rusu et al. 2016, "Policy Distillation": its three losses, of which KL at temperature 0.01 was best. There
    the student's outputs are logits; here a Q-network's stay values (see ``divergence`` in
    ``rltransfer.transfer.mechanisms.policies_compared``). Adam and the numbers of steps are own choices.
    """

    registered: ClassVar[str] = "distillation"

    loss: Literal["kl", "nll", "mse"] = "kl"
    temperature: float = Field(default=0.01, gt=0)

    def hold(self, transfer: Attachment) -> None:
        """As for all that teach; raises NotApplicableError where the two policies cannot be compared so."""
        from rltransfer.agents.anatomy import policy_of
        from rltransfer.transfer.mechanisms.policies_compared import acting_part, require_values

        for agent in (transfer.source, transfer.model):
            acting_part(policy_of(agent))
            if self.loss == "mse":
                require_values(policy_of(agent))
        super().hold(transfer)

    def lesson(self, transfer: Attachment, rollout: Rollout) -> tuple[Lesson, Tensor]:
        """The source's answers in every state."""
        from rltransfer.transfer.mechanisms.policies_compared import at, divergence, likeliest, squared_values, surprise
        from rltransfer.transfer.mechanisms.supervised import answers

        teacher = answers(transfer.source, rollout.observations)
        best = likeliest(teacher)

        def apart(student: Behaviour, rows: Tensor) -> Tensor:
            if self.loss == "mse":
                return squared_values(at(teacher, rows), student)
            if self.loss == "nll":
                return surprise(student, best[rows], temperature=self.temperature)
            return divergence(at(teacher, rows), student, temperature=self.temperature)

        return apart, best
