"""What algorithms with a replay buffer have."""

from __future__ import annotations

from pydantic import Field

from rltransfer.agents.algorithms.algorithm import Algorithm


class OffPolicy(Algorithm):
    """What algorithms with a replay buffer have.

    Args:
        buffer_size: transitions kept; the oldest make room.
        learning_starts: environment steps, by random actions, before the first update.
        batch_size: transitions of a gradient step.
        train_freq: steps of each copy between updates.
        gradient_steps: of an update; -1 takes as many as there were environment steps.
    """

    num_envs: int = Field(default=8, ge=1, le=4096)
    buffer_size: int = Field(default=50_000, ge=1)
    learning_starts: int = Field(default=1_000, ge=0)
    batch_size: int = Field(default=128, ge=1)
    train_freq: int = Field(default=4, ge=1)
    gradient_steps: int = Field(default=4, ge=-1)

    def first_update(self) -> int:
        """When the buffer holds ``learning_starts`` transitions and a training interval has passed."""
        return self.learning_starts + self.train_freq * self.num_envs
