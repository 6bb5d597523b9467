"""Frozen means cached: the frozen part of a trunk runs once for each environment step, and never in an update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium import Env, spaces
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from rltransfer.agents.adoption import ReadsThroughTrunk, check_spaces, extend, raw_space
from rltransfer.agents.anatomy import networks, policy_of, trunk_sites
from rltransfer.agents.normalizing import statistics_of
from rltransfer.errors import ArtifactError, NotApplicableError
from rltransfer.tasks.labelled import OneExampleEpisodes
from rltransfer.tasks.perceived import (
    change_perceived,
    of_perceived,
    perceived,
    perceived_key,
    replace_perceived,
    with_perceived,
)
from rltransfer.tasks.vec_env import TaskVecEnv
from rltransfer.trunks.packing import packed_prefix
from rltransfer.trunks.trunk import Trunk


class FeatureCache(VecEnvWrapper):
    """Gives, in place of observations, what the first stages of a trunk make of them.

    Rollout and replay buffers then hold features: an 84x84x4 frame of 28 KB becomes 2 KB at the end of the Nature
    trunk, and four epochs of updates read it without one convolution.

    Args:
        venv: copies of an environment whose observations the trunk reads.
        trunk: whose first stages to apply; they are frozen (``trunk.freeze(at)``).
        at: the stage whose input to give, or ``"end"``.
    """

    def __init__(self, venv: VecEnv, trunk: Trunk, at: str) -> None:
        self.trunk = trunk
        self.at = at
        self.stop = trunk.index(at)
        shape = trunk.shape_at(at)
        self._key = perceived_key(venv.observation_space)
        super().__init__(venv, with_perceived(venv.observation_space, spaces.Box(-np.inf, np.inf, shape, np.float32)))
        self._prefix: Callable[[torch.Tensor], torch.Tensor] | None = None
        self._packed: list[tuple[torch.nn.Parameter, int]] = []

    def reset(self) -> Any:
        """Features of the first observations: (num_envs, *features)."""
        return change_perceived(self.venv.reset(), self._key, self.encode)

    def step_wait(self) -> tuple[Any, NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """As the environment's, with features for observations and for the last ones of ended episodes."""
        observations, rewards, ended, infos = self.venv.step_wait()
        last = [copy for copy in np.flatnonzero(ended) if "terminal_observation" in infos[copy]]
        if not last:
            return change_perceived(observations, self._key, self.encode), rewards, ended, infos
        # One pass for both: a small batch costs nearly as much as a somewhat larger one.
        finals = [infos[copy]["terminal_observation"] for copy in last]
        parts = [of_perceived(final, self._key)[None] for final in finals]
        features = self.encode(np.concatenate([of_perceived(observations, self._key), *parts]))
        for copy, final, encoded in zip(last, finals, features[self.num_envs :], strict=True):
            infos[copy]["terminal_observation"] = replace_perceived(final, self._key, encoded)
        return replace_perceived(observations, self._key, features[: self.num_envs]), rewards, ended, infos

    @torch.no_grad()
    def encode(self, observations: NDArray[Any]) -> NDArray[np.float32]:
        """(batch, *observation) -> (batch, *features) float32."""
        inputs = torch.as_tensor(observations, device=self.trunk.device)
        if self._prefix is None or any(p._version != version for p, version in self._packed):  # or loaded since
            self._prefix = packed_prefix(self.trunk, self.stop, inputs)
            self._packed = [(p, p._version) for p in self.trunk.parameters() if not p.requires_grad]
        features: NDArray[np.float32] = self._prefix(inputs).cpu().numpy()
        return features


class CodeTable(FeatureCache):
    """A cache for an environment that shows the same examples again and again: each is encoded once.

    Args:
        venv: of a ``Classification`` task.
        trunk: see ``FeatureCache``.
        at: see ``FeatureCache``.
    """

    def __init__(self, venv: VecEnv, trunk: Trunk, at: str) -> None:
        super().__init__(venv, trunk, at)
        shown = examples_shown(venv)
        assert shown is not None
        self._shown, count = shown, len(shown.examples)
        self._codes = np.zeros((count, *self.observation_space.shape), np.float32)  # type: ignore[misc]
        self._is_known = np.zeros(count, np.bool_)

    def reset(self) -> Any:
        """Features of the first examples: (num_envs, *features)."""
        return self._looked_up(self.venv.reset())

    def step_wait(self) -> tuple[Any, NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """As the environment's, with features for observations; what an episode ended with is not told again."""
        observations, rewards, ended, infos = self.venv.step_wait()
        for info in infos:
            info.pop("terminal_observation", None)
        return self._looked_up(observations), rewards, ended, infos

    def _looked_up(self, observations: Any) -> NDArray[np.float32]:
        seen = self._shown.seen
        missing, places = np.unique(seen[~self._is_known[seen]], return_index=True)
        if len(missing):
            self._codes[missing] = self.encode(observations[~self._is_known[seen]][places])
            self._is_known[missing] = True
        codes: NDArray[np.float32] = self._codes[seen]
        return codes


def cached(env: VecEnv, trunk: Trunk, at: str) -> FeatureCache:
    """``env`` with features in the place of observations, by the table where it shows the same examples again."""
    return (FeatureCache if examples_shown(env) is None else CodeTable)(env, trunk, at)


def examples_shown(env: VecEnv) -> OneExampleEpisodes | None:
    """What shows labelled examples beneath all wrappers of ``env``; None where it is another environment."""
    while isinstance(env, VecEnvWrapper):
        env = env.venv
    inner = env.vector_env if isinstance(env, TaskVecEnv) else None
    return inner if isinstance(inner, OneExampleEpisodes) else None


class LearnsFromFeatures(BaseAlgorithm):
    """What an agent gains by ``cache_features``: another environment is cached like the first."""

    def set_env(self, env: VecEnv | Env[Any, Any], force_reset: bool = True) -> None:
        """As in Stable-Baselines3, for an environment that gives raw observations or their features."""
        wrapped = self._wrap_env(env, self.verbose)
        cache = self.env
        if isinstance(cache, FeatureCache) and not isinstance(wrapped, FeatureCache):
            check_spaces(wrapped, raw_space(self), self.action_space)
            wrapped = cached(wrapped, cache.trunk, cache.at)
        super().set_env(wrapped, force_reset)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refused: Stable-Baselines3 would save heads without the frozen part they stand on."""
        raise ArtifactError(
            "this agent learns from cached features, which Stable-Baselines3's save knows nothing of. "
            "Use rltransfer.save(model, folder) and rltransfer.load_agent(folder)."
        )


def cache_features(model: BaseAlgorithm, at: str) -> None:
    """Rebuild ``model`` around cached features: environment, buffer, and what its networks take.

    Args:
        model: has not learned yet; the stages before ``at`` are frozen and equal in all its trunk copies.
        at: the first stage that still learns, or ``"end"``.

    Nothing is cached where observations are floating-point numbers of the features' own shape.

    Raises:
        NotApplicableError: the model has no environment, so there is nothing to cache from.
    """
    env = model.get_env()
    if env is None:
        raise NotApplicableError("features are cached as an environment is stepped; call model.set_env(...) first")
    statistics = statistics_of(model)
    # what is normalised changes with the statistics; and replay buffers keep what stands under them
    if statistics is not None and (statistics.of_observations or isinstance(model, OffPolicyAlgorithm)):
        raise NotApplicableError("features cannot be cached above VecNormalize: give cache=False")
    sites = trunk_sites(model)
    observed = model.observation_space
    part, shape = perceived(observed), sites[0].trunk.shape_at(at)
    if part.dtype.kind == "f" and part.shape[-len(shape) :] == shape:
        return  # the agent could not tell what it is given to act on: observations, or features of them
    cache = cached(env, sites[0].trunk, at)
    model.env = cache
    model.observation_space = cache.observation_space
    model._last_obs = None
    for site in sites:
        site.extractor.start = cache.stop
    for _, network in networks(policy_of(model)):
        if isinstance(network, ReadsThroughTrunk):
            network.raw_space = observed
            network.observation_space = cache.observation_space
    _renew_buffer(model)
    extend(model, LearnsFromFeatures, first=True)


def _renew_buffer(model: BaseAlgorithm) -> None:
    """Give the model an empty buffer for its present observation space."""
    if isinstance(model, OnPolicyAlgorithm):
        memory = getattr(model.rollout_buffer, "hidden_state_shape", None)
        model.rollout_buffer = type(model.rollout_buffer)(
            model.n_steps,
            model.observation_space,
            model.action_space,
            device=model.device,
            gamma=model.gamma,
            gae_lambda=model.gae_lambda,
            n_envs=model.n_envs,
            **({} if memory is None else {"hidden_state_shape": memory}),
            **model.rollout_buffer_kwargs,
        )
    elif isinstance(model, OffPolicyAlgorithm) and model.replay_buffer is not None:
        model.replay_buffer = type(model.replay_buffer)(
            model.buffer_size,
            model.observation_space,
            model.action_space,
            device=model.device,
            n_envs=model.n_envs,
            optimize_memory_usage=model.optimize_memory_usage,
            **model.replay_buffer_kwargs,
        )
