"""A guide that acts the first steps of a learner's episodes, for ever fewer of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from rltransfer.agents.adoption import extend
from rltransfer.agents.anatomy import policy_of
from rltransfer.transfer.mechanisms.policies_compared import likeliest
from rltransfer.transfer.mechanisms.teaching import Teacher

Schedule = Literal["curriculum", "linear", "random"]


@dataclass(kw_only=True)
class GuideHorizon:
    """For how many steps of an episode the guide acts.

    Args:
        schedule: ``curriculum``: in stages, each reached once episodes are as good as they were; ``linear``, with
            environment steps; ``random``, drawn for each episode.
        longest: of an episode's steps, at first. None: for ``window`` episodes the guide acts throughout, and their
            mean length is it.
        stages: of the curriculum; in stage k the guide acts ``longest * (1 - k / stages)`` steps.
        window: episodes of a stage whose mean return is judged.
        tolerance: share of the best mean's size by which a stage's mean may fall behind it.
        over: environment steps after which the guide acts no more, by ``linear``.
        generator: for ``random``.
    """

    schedule: Schedule
    longest: float | None
    stages: int
    window: int
    tolerance: float
    over: int
    generator: torch.Generator
    stage: int = field(default=0, init=False)
    _best: float = field(default=-math.inf, init=False)
    _returns: list[float] = field(default_factory=list, init=False)
    _lengths: list[int] = field(default_factory=list, init=False)

    def begin(self, env_steps: int) -> float:
        """The guide's steps in an episode that begins after so many environment steps; infinity for all of them."""
        if self.longest is None:
            return math.inf
        if self.schedule == "random":
            return float(torch.randint(int(self.longest) + 1, (), generator=self.generator))
        share = 1 - self.stage / self.stages if self.schedule == "curriculum" else 1 - env_steps / self.over
        return float(math.ceil(self.longest * max(0.0, share) - 1e-9))

    def ended(self, stage: int, length: int, reward: float) -> None:
        """An episode is over that began in ``stage``: its steps, and the sum of its rewards."""
        if self.longest is None:
            self._lengths.append(length)
        if self.schedule == "curriculum" and stage == self.stage < self.stages:
            self._returns.append(reward)
            mean = float(np.mean(self._returns[-self.window :]))
            good = mean >= self._best - self.tolerance * abs(self._best) if math.isfinite(self._best) else True
            if len(self._returns) >= self.window and good:
                self._best, self._returns = max(self._best, mean), []
                self.stage += 1
        if self.longest is None and len(self._lengths) >= self.window:
            self.longest = float(np.mean(self._lengths))


class Guidance:
    """Who acts in each environment copy, and what the guide does there.

    Args:
        guide: its likeliest actions are taken.
        horizon: for how many steps of an episode.
        num_envs: copies.
        findings: where to write how it stands.
    """

    def __init__(self, guide: Teacher, horizon: GuideHorizon, num_envs: int, findings: dict[str, Any]) -> None:
        self._guide, self._horizon, self._findings = guide, horizon, findings
        self._until = np.zeros(num_envs)
        self._stages = np.zeros(num_envs, dtype=int)
        self._steps, self._returns = np.zeros(num_envs, dtype=int), np.zeros(num_envs)
        self._findings.update(guided_steps=0)

    def begin(self, copies: NDArray[np.bool_], env_steps: int) -> None:
        """New episodes in some copies."""
        for copy in np.flatnonzero(copies):
            self._until[copy], self._stages[copy] = self._horizon.begin(env_steps), self._horizon.stage
        self._steps[copies], self._returns[copies] = 0, 0
        if copies.any():
            now = self._until[np.flatnonzero(copies)[-1]]
            self._findings["horizon"] = float(now) if math.isfinite(now) else "whole episodes"
            self._findings["stage"] = self._horizon.stage

    @property
    def leads(self) -> NDArray[np.bool_]:
        """(copies,) whether the guide acts there now."""
        led: NDArray[np.bool_] = self._steps < self._until
        return led

    def act(self, observations: Any) -> NDArray[Any]:
        """What the guide does with (batch, *observation) as the learner has them: numbers, or actions from -1 to 1."""
        actions: NDArray[Any] = likeliest(self._guide(observations)).cpu().numpy()
        self._findings["guided_steps"] += len(actions)
        return actions

    def stepped(self, rewards: NDArray[Any], ended: NDArray[np.bool_], env_steps: int) -> None:
        """A step was taken in every copy."""
        self._steps += 1
        self._returns += rewards
        for copy in np.flatnonzero(ended):
            self._horizon.ended(int(self._stages[copy]), int(self._steps[copy]), float(self._returns[copy]))
        self.begin(ended, env_steps)


class ActsAfterGuide(OffPolicyAlgorithm):
    """What an agent gains by ``guide_at_first``. Only exploration is guided: ``predict`` is the learner alone."""

    guidance: Guidance

    def _sample_action(self, *args: Any, **kwargs: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        actions, stored = super()._sample_action(*args, **kwargs)
        led = self.guidance.leads
        if not led.any():
            return actions, stored
        seen: Any = self._last_obs
        rows = {key: part[led] for key, part in seen.items()} if isinstance(seen, dict) else seen[led]
        guided = self.guidance.act(policy_of(self).obs_to_tensor(rows)[0])
        actions, stored = np.array(actions), np.array(stored)
        if isinstance(self.action_space, spaces.Discrete):
            actions[led] = stored[led] = guided
        else:
            stored[led] = guided.clip(-1, 1)
            actions[led] = policy_of(self).unscale_action(stored[led])
        return actions, stored

    def _store_transition(self, replay_buffer: Any, buffer_action: Any, new_obs: Any, *rest: Any) -> None:
        super()._store_transition(replay_buffer, buffer_action, new_obs, *rest)
        rewards, ended = rest[0], rest[1]
        if self._vec_normalize_env is not None:
            rewards = self._vec_normalize_env.get_original_reward()
        self.guidance.stepped(rewards, ended, self.num_timesteps)

    def _setup_learn(self, *args: Any, **kwargs: Any) -> Any:
        before = self._last_obs
        prepared = super()._setup_learn(*args, **kwargs)
        if self._last_obs is not before:  # the environment was reset
            self.guidance.begin(np.ones(self.n_envs, dtype=bool), self.num_timesteps)
        return prepared

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "guidance"]


def guide_at_first(model: OffPolicyAlgorithm, guidance: Guidance) -> None:
    """Let ``guidance`` act in the place of ``model`` where it leads."""
    extend(model, ActsAfterGuide, first=True)
    model.guidance = guidance  # type: ignore[attr-defined]
