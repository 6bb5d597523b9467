"""Agents that learn in turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.utils import ConstantSchedule

from rltransfer.agents.adoption import extend
from rltransfer.agents.draws import drawing_apart
from rltransfer.agents.filling import fill_buffer_first
from rltransfer.agents.updates import after_updates
from rltransfer.errors import NotApplicableError


@dataclass
class Partner:
    """An agent that learns beside another.

    Args:
        agent: has an environment of its own.
        steps: environment steps of the other for which it has taken as many.
    """

    agent: BaseAlgorithm
    steps: int


class LearnsJointly(BaseAlgorithm):
    """What an agent gains by ``learn_jointly``: after each update its partners take as many steps and learn too."""

    partners: list[Partner]

    def take_turns(self) -> None:
        """Let each partner take the steps that it is behind by, and learn; its draws move none of this agent's."""
        for number, partner in enumerate(self.partners):
            steps = self.num_timesteps - partner.steps
            if steps > 0:
                before = partner.agent.num_timesteps
                with drawing_apart(self, f"the turn of partner {number} at its step {before}"):
                    partner.agent.learn(steps, reset_num_timesteps=False)
                # Its rollouts may be longer than asked for; it then waits until this agent is that far.
                partner.steps += partner.agent.num_timesteps - before

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        before = self.num_timesteps
        prepared = super()._setup_learn(*args, **kwargs)
        for partner in self.partners:
            partner.steps += self.num_timesteps - before  # a new call of learn may count from 0 again
        return prepared

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "partners"]


def learn_jointly(model: BaseAlgorithm, partner: BaseAlgorithm) -> None:
    """Let ``partner`` learn in its own environment whenever ``model`` has learned, for as many steps.

    Args:
        model: whose ``learn`` drives both. It may have several partners, which take turns in the order given.
        partner: has its environment; its exploration stays at its final value.
    """
    if not isinstance(model, LearnsJointly):
        extend(model, LearnsJointly, first=True).partners = []  # type: ignore[attr-defined]
        assert isinstance(model, LearnsJointly)
        after_updates(model, model.take_turns)
    assert isinstance(model, LearnsJointly)
    model.partners.append(Partner(partner, model.num_timesteps))
    partner.set_logger(Logger(folder=None, output_formats=[]))
    # Stable-Baselines3 counts progress anew in each call of learn: schedules would be near their end all the time.
    partner.lr_schedule = _AtProgressOf(model, partner.lr_schedule)
    if isinstance(partner, OffPolicyAlgorithm):
        if (least := getattr(partner, "exploration_final_eps", None)) is not None:  # DQN and QR-DQN
            # For the same reason exploration would start over each time.
            partner.exploration_schedule = ConstantSchedule(least)  # type: ignore[attr-defined]
        fill_buffer_first(partner)


def require_environment(partner: BaseAlgorithm) -> None:
    """Raise NotApplicableError where there is nothing that ``partner`` could learn in."""
    if partner.get_env() is None:
        raise NotApplicableError(
            "the source is learned too, so it needs its environment: rltransfer.load_agent(folder, env=...)"
        )


class _AtProgressOf:
    """A schedule that goes by the progress of ``model``, whatever progress it is given."""

    def __init__(self, model: BaseAlgorithm, schedule: Schedule) -> None:
        self._model, self._schedule = model, schedule

    def __call__(self, progress_remaining: float) -> float:
        return self._schedule(self._model._current_progress_remaining)
