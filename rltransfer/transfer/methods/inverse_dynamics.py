"""Inverse dynamics: the trunk learns from frames alone to tell what was done between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.transfer.kinds.pretraining import Pretraining

if TYPE_CHECKING:
    from rltransfer.transfer.mechanisms.reward_free import Frames, Objective
    from rltransfer.trunks.trunk import Trunk


class InverseDynamics(Pretraining):
    """The trunk is pretrained to tell the action from the frames before and after it, without rewards.

    It keeps what actions move, and drops what they do not; where the goal is something that never moves, it may lose
    it. Any observations, any actions; source and target may act differently, since each has an output of its own.

    Args:
        frames: environment steps to play; 0 is no pretraining, bit for bit.
        on: where they are played; of ``both``, half on each. On ``target`` no source is needed, and the steps are part
            of its budget.
        updates: optimizer steps; 0 is no pretraining.
        batch_size: pairs of frames of each step.
        learning_rate: of Adam.
        hidden: width of the hidden layer that reads both frames' features.

    Source: Pathak et al. 2017, "Curiosity-driven Exploration by Self-supervised Prediction", section 2.2 (the inverse
    model; hidden layer of 256, Adam at 1e-3), and Agrawal et al. 2016, "Learning to Poke by Poking". That the network
    reads features and their change, batch-normalised, is own choice, because without it nothing is learned for
    thousands of steps. Frames, updates and batch size: own choice, for a minute's work on a processor.
    """

    registered: ClassVar[str] = "inverse_dynamics"

    hidden: int = Field(default=256, ge=1)

    def objective(self, trunk: Trunk, frames: tuple[Frames, ...]) -> Objective:
        """Telling actions."""
        from rltransfer.transfer.mechanisms import inverse_dynamics

        return inverse_dynamics.InverseDynamics(trunk, frames, hidden=self.hidden)
