"""Source transitions beside the target's own in a replay buffer, drawn as often as their weights say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor

from rltransfer.agents.anatomy import trunk_sites
from rltransfer.agents.draws import generator_for
from rltransfer.agents.feature_cache import FeatureCache
from rltransfer.agents.rollouts import Rollout
from rltransfer.tasks.perceived import change_perceived, perceived_key
from rltransfer.transfer.mechanisms.density_ratio import effective_sample_size
from rltransfer.trunks.trunk import evaluating

AT_ONCE = 512
"""Observations that a trunk encodes in one pass."""


@dataclass(frozen=True, kw_only=True)
class Experience:
    """Transitions as what a trunk makes of them.

    Args:
        before: (n, features) float32.
        actions: (n, numbers): one-hot for discrete actions, scaled to [-1, 1] for continuous ones.
        after: (n, features) float32.
    """

    before: Tensor
    actions: Tensor
    after: Tensor


Weigh = Callable[[Experience, Experience, torch.Generator], tuple[Tensor, dict[str, Any]]]
"""Target experience and source experience -> the weight of each source row, and what else was found out."""


@dataclass(kw_only=True)
class SourceRows:
    """What stands beside the rows of a replay buffer.

    A target row has weight 1 and a source row its own; a minibatch's rows are drawn from all of them as their weights
    say. So the expected loss is that of weighted learning on the pool of both (sampling-importance-resampling).

    Args:
        model: the learner, whose buffer it is.
        rollout: the source's transitions, with raw observations.
        weigh: gives the weights of source rows.
        every: environment steps of the learner between two estimates of the weights.
        examples: at most so many target rows are compared with the source's.
        findings: what is found out is written here, as often as weights are estimated.

    Source: Rubin 1987, "The calculation of posterior distributions by data augmentation: comment" (the SIR algorithm).
    """

    model: OffPolicyAlgorithm
    rollout: Rollout
    weigh: Weigh
    every: int
    examples: int
    findings: dict[str, Any]
    weights: Tensor = field(init=False)
    _rows: ReplayBufferSamples | None = field(default=None, init=False)
    _cumulated: Tensor = field(init=False)
    _estimated_at: int | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._draws = generator_for(self.model, "source rows in minibatches")
        self.set_weights(torch.ones(len(self.rollout), dtype=torch.float64))

    def set_weights(self, weights: Tensor) -> None:
        """Give each source row its weight: (n,), 0 or more."""
        self.weights = weights.double()
        self._cumulated = self.weights.cumsum(0)

    def prepare(self) -> None:
        """Bring the rows into the form in which the learner's buffer gives its own: features, where it holds those."""
        env = self.model.get_env()
        observations, following = self.rollout.observations, self.rollout.next_observations
        if isinstance(env, FeatureCache):
            key = perceived_key(env.venv.observation_space)
            observations, following = (
                change_perceived(part, key, lambda images: _in_passes(env.encode, images))
                for part in (observations, following)
            )
        actions = self.rollout.actions
        if isinstance(self.model.action_space, spaces.Box):
            actions = self.model.policy.scale_action(actions)
        column = (len(self.rollout), 1)
        self._rows = ReplayBufferSamples(
            observations=_tensors(observations),
            actions=torch.as_tensor(actions.reshape(len(self.rollout), -1)),
            next_observations=_tensors(following),
            dones=torch.as_tensor(self.rollout.terminated.astype(np.float32).reshape(column)),
            rewards=torch.as_tensor(self.rollout.rewards.reshape(column)),
        )

    def mix_into(self, samples: ReplayBufferSamples, target_rows: int) -> None:
        """Put source rows in the place of some of a minibatch's, in place."""
        assert self._rows is not None
        total = float(self._cumulated[-1])
        if not total:
            return
        size = len(samples.rewards)
        share = total / (target_rows + total)
        places = torch.nonzero(torch.rand(size, generator=self._draws) < share).flatten()
        points = torch.rand(len(places), generator=self._draws, dtype=torch.float64) * total
        chosen = torch.searchsorted(self._cumulated, points, right=True).clamp(max=len(self.weights) - 1)
        for name in ("observations", "actions", "next_observations", "dones", "rewards"):
            _put(getattr(samples, name), places, getattr(self._rows, name), chosen)

    def is_due(self) -> bool:
        """Whether the weights are to be estimated anew."""
        return self._estimated_at is None or self.model.num_timesteps - self._estimated_at >= self.every

    def estimate(self, target: ReplayBufferSamples, target_rows: int) -> None:
        """Weigh the source rows anew.

        Args:
            target: rows of the learner's own.
            target_rows: how many of those there are in its buffer.
        """
        assert self._rows is not None
        generator = generator_for(self.model, f"rows held out at step {self.model.num_timesteps}")
        weights, found = self.weigh(self._experience(target), self._experience(self._rows), generator)
        self.set_weights(weights)
        self._estimated_at = self.model.num_timesteps
        total = float(self._cumulated[-1])
        latest = {
            "env_steps": self.model.num_timesteps,
            "effective_sample_size": round(effective_sample_size(weights), 2),
            "mean_weight": round(float(weights.double().mean()), 5),
            "share_of_minibatches": round(total / (target_rows + total), 5),
            **found,
        }
        self.findings.update(source_rows=len(weights), **latest)
        self.findings.setdefault("estimates", []).append(latest)

    @torch.no_grad()
    def _experience(self, samples: ReplayBufferSamples) -> Experience:
        """Rows through the trunk that acts, as it is now."""
        extractor, space = trunk_sites(self.model)[0].extractor, self.model.action_space
        actions = samples.actions
        if isinstance(space, spaces.Discrete):
            actions = torch.nn.functional.one_hot(actions.long().flatten(), int(space.n))
        with evaluating(extractor):
            before, after = (
                torch.cat([extractor(_moved(_part(rows, start), self.model.device)).cpu() for start in starts])
                for rows in (samples.observations, samples.next_observations)
                for starts in (range(0, len(actions), AT_ONCE),)
            )
        return Experience(before=before, actions=actions.cpu().float(), after=after)


def _in_passes(encode: Callable[[NDArray[Any]], NDArray[Any]], images: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([encode(images[start : start + AT_ONCE]) for start in range(0, len(images), AT_ONCE)])


def _tensors(observations: Any) -> Any:
    if isinstance(observations, dict):
        return {key: torch.as_tensor(part) for key, part in observations.items()}
    return torch.as_tensor(observations)


def _part(observations: Any, start: int) -> Any:
    if isinstance(observations, dict):
        return {key: part[start : start + AT_ONCE] for key, part in observations.items()}
    return observations[start : start + AT_ONCE]


def _moved(observations: Any, device: torch.device) -> Any:
    if isinstance(observations, dict):
        return {key: part.to(device) for key, part in observations.items()}
    return observations.to(device)


def _put(into: Any, places: Tensor, rows: Any, chosen: Tensor) -> None:
    """Set ``into[places]`` to ``rows[chosen]``, for each part where there are several."""
    if isinstance(into, dict):
        for key, part in into.items():
            _put(part, places, rows[key], chosen)
    else:
        into[places.to(into.device)] = rows[chosen].to(into.device, into.dtype)
