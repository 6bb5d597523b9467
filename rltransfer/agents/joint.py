"""Two agents that learn in turn."""

from __future__ import annotations

from typing import Any

from stable_baselines3 import DQN
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.utils import ConstantSchedule

from rltransfer.agents.adoption import extend


class LearnsJointly(BaseAlgorithm):
    """What an agent gains by ``learn_jointly``: after each update its partner takes as many steps and learns too."""

    partner: BaseAlgorithm
    partner_steps: int
    """Environment steps of this agent for which the partner has taken as many."""

    def train(self, *args: Any, **kwargs: Any) -> None:
        """One update of this agent, then the partner's turn."""
        super().train(*args, **kwargs)  # type: ignore[misc]
        steps = self.num_timesteps - self.partner_steps
        if steps > 0:
            before = self.partner.num_timesteps
            self.partner.learn(steps, reset_num_timesteps=False)
            # Its rollouts may be longer than asked for; it then waits until this agent is that far.
            self.partner_steps += self.partner.num_timesteps - before

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        before = self.num_timesteps
        prepared = super()._setup_learn(*args, **kwargs)
        self.partner_steps += self.num_timesteps - before  # a new call of learn may count from 0 again
        return prepared

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "partner"]


def learn_jointly(model: BaseAlgorithm, partner: BaseAlgorithm) -> None:
    """Let ``partner`` learn in its own environment whenever ``model`` has learned, for as many steps.

    Args:
        model: whose ``learn`` drives both.
        partner: has its environment; its exploration stays at its final value.
    """
    joint = extend(model, LearnsJointly, first=True)
    assert isinstance(joint, LearnsJointly)
    joint.partner, joint.partner_steps = partner, model.num_timesteps
    partner.set_logger(Logger(folder=None, output_formats=[]))
    # Stable-Baselines3 counts progress anew in each call of learn: schedules would be near their end all the time.
    partner.lr_schedule = _AtProgressOf(model, partner.lr_schedule)
    if isinstance(partner, DQN):
        # For the same reason exploration would start over each time.
        partner.exploration_schedule = ConstantSchedule(partner.exploration_final_eps)
        # A trained agent's step count is past learning_starts, but its buffer is empty again.
        partner.learning_starts += partner.num_timesteps


class _AtProgressOf:
    """A schedule that goes by the progress of ``model``, whatever progress it is given."""

    def __init__(self, model: BaseAlgorithm, schedule: Schedule) -> None:
        self._model, self._schedule = model, schedule

    def __call__(self, progress_remaining: float) -> float:
        return self._schedule(self._model._current_progress_remaining)
