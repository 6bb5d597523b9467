"""Agents that go on learning with a replay buffer that is empty again."""

from __future__ import annotations

from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from rltransfer.agents.adoption import extend


class FillsBufferFirst(OffPolicyAlgorithm):
    """What an agent gains by ``fill_buffer_first``."""

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Updates, once the buffer holds more than ``learning_starts`` transitions."""
        buffer = self.replay_buffer
        if buffer is not None and buffer.size() * self.n_envs > self.learning_starts:
            super().train(gradient_steps, batch_size)


def fill_buffer_first(model: OffPolicyAlgorithm) -> None:
    """Let ``model`` learn only from a buffer as full as a fresh agent's, and act by its policy until then.

    Stable-Baselines3 goes by an agent's own steps: a trained one is past ``learning_starts``, so it would learn from a
    handful of transitions, each many times over; and with ``learning_starts`` put off, it would act at random.
    """
    extend(model, FillsBufferFirst, first=True)
