"""Behaviour cloning: before it learns, the learner is taught the actions that the source took."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.transfer.kinds.taught_beforehand import TaughtBeforehand

if TYPE_CHECKING:
    from torch import Tensor

    from rltransfer.agents.rollouts import Rollout
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.policies_compared import Behaviour
    from rltransfer.transfer.mechanisms.supervised import Lesson


class BehaviourCloning(TaughtBeforehand):
    """A fresh learner that begins by doing what the source did, of which only its states and actions are used.

    So the source may be anything that acts, a recurrent agent, too, and knows less than in `distillation`: one action a
    state and not how much the others are worth. A policy of discrete actions is taught by their negative
    log-likelihood; a continuous one by the squared distance of its likeliest action (in units in which the action space
    reaches from -1 to 1), so that how much it explores stays its own; a Q-network by a large margin between the
    source's action and the best other, which leaves open what both are worth. Critics are not taught.

    Args:
        margin: of Q-networks, in units of return. It is to be small beside what actions differ by where it matters, or
            reinforcement learning has more to undo; 0 asks for no more than a draw.

    Source: Bain and Sammut 1995, "A Framework for Behavioural Cloning"; for Q-networks the large-margin loss of Hester
    et al. 2018, "Deep Q-learning from Demonstrations", with its margin of 0.8 but without its further losses. Adam and
    the numbers of steps are own choices.
    """

    registered: ClassVar[str] = "behaviour_cloning"

    margin: float = Field(default=0.8, ge=0)

    def lesson(self, transfer: Attachment, rollout: Rollout) -> tuple[Lesson, Tensor]:
        """The source's actions in every state."""
        from rltransfer.transfer.mechanisms.policies_compared import Choice, in_reach, margin_violated, surprise

        taken = in_reach(rollout.actions, transfer.source.action_space, transfer.model.device)

        def apart(student: Behaviour, rows: Tensor) -> Tensor:
            if isinstance(student, Choice) and student.valued:
                return margin_violated(student, taken[rows], margin=self.margin)
            return surprise(student, taken[rows], temperature=1.0)

        return apart, taken
