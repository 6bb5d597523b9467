"""A learner of labels in the place of a learner of rewards."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.torch_layers import MlpExtractor
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor, nn

from rltransfer.agents.feature_cache import examples_shown
from rltransfer.errors import NotApplicableError


class NoValue(nn.Module):
    """Stands where an actor-critic has the head that values states; one-step tasks have nothing to come."""

    def forward(self, features: Tensor) -> Tensor:
        """(batch, features) -> (batch, 1) of 0."""
        return features.new_zeros(len(features), 1)


class ClassifierPolicy(ActorCriticPolicy):
    """An actor without a critic: its actions are classes."""

    def _build_mlp_extractor(self) -> None:
        self.mlp_extractor = MlpExtractor(
            self.features_dim,
            net_arch={"pi": list(self.net_arch), "vf": []},  # type: ignore[arg-type]
            activation_fn=self.activation_fn,
            device=self.device,
        )

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.value_net = NoValue()  # type: ignore[assignment]
        self.optimizer = self.optimizer_class(self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]


class Classifier(OnPolicyAlgorithm):
    """Minimises the cross-entropy of the labels of what its environment shows, one batch after the other.

    It is built as the learners of rewards are, so transfer methods find its trunk, its head, its optimizer and its
    minibatches where they find theirs. A rollout is one look at as many examples as there are environment copies, in
    which the label stands where the action does; each is learned from once.

    Args:
        policy: ``ClassifierPolicy``.
        env: a ``Classification`` task.
        learning_rate: of the optimizer.
        label_smoothing: share of a label's weight that is spread over all classes.
        max_grad_norm: gradients are clipped to this norm.
        **options: as ``OnPolicyAlgorithm`` has them.
    """

    is_an_algorithm = True

    def __init__(
        self,
        policy: type[ActorCriticPolicy],
        env: VecEnv | None,
        *,
        learning_rate: float | Schedule = 1e-3,
        label_smoothing: float = 0.0,
        max_grad_norm: float = 10.0,
        **options: Any,
    ) -> None:
        build = options.pop("_init_setup_model", True)
        super().__init__(
            policy,
            env,  # type: ignore[arg-type]
            learning_rate=learning_rate,
            n_steps=1,
            gamma=0.0,
            gae_lambda=1.0,
            ent_coef=0.0,
            vf_coef=0.0,
            max_grad_norm=max_grad_norm,
            use_sde=False,
            sde_sample_freq=-1,
            _init_setup_model=False,
            **options,
        )
        self.label_smoothing = label_smoothing
        if build:
            self._setup_model()

    def collect_rollouts(
        self, env: VecEnv, callback: BaseCallback, rollout_buffer: RolloutBuffer, n_rollout_steps: int
    ) -> bool:
        """Look at the examples of one step, and take their labels down where actions stand.

        Raises:
            NotApplicableError: the environment has no labels.
        """
        rollout_buffer.reset()
        callback.on_rollout_start()
        nothing = torch.zeros(env.num_envs)
        for _ in range(n_rollout_steps):
            labels = labels_seen(env)
            seen, starts = self._last_obs, self._last_episode_starts
            self._last_obs, rewards, self._last_episode_starts, infos = env.step(labels)  # type: ignore[assignment]
            self.num_timesteps += env.num_envs
            callback.update_locals(locals())
            if not callback.on_step():
                return False
            rollout_buffer.add(seen, labels.reshape(-1, 1), rewards, starts, nothing, nothing)  # type: ignore[arg-type]
        callback.on_rollout_end()
        return True

    def train(self) -> None:
        """One step on all that was looked at."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        for minibatch in self.rollout_buffer.get():
            labels = minibatch.actions.long().flatten()
            observations: Any = minibatch.observations
            logits = self._logits(observations)
            loss = nn.functional.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
            self.policy.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
            self.policy.optimizer.step()
            self.logger.record("train/loss", loss.item())
            self.logger.record("train/accuracy", (logits.argmax(1) == labels).float().mean().item())
        self._n_updates += 1

    def _logits(self, observations: Any) -> Tensor:
        policy: Any = self.policy
        logits: Tensor = policy.action_net(policy.mlp_extractor.forward_actor(policy.extract_features(observations)))
        return logits


def labels_seen(env: VecEnv) -> NDArray[np.int64]:
    """(num_envs,) the labels of what ``env`` shows now. Raises NotApplicableError where it has none."""
    shown = examples_shown(env)
    if shown is None:
        raise NotApplicableError(
            "a classifier learns from labels, and this environment has none: give it labelled images, or another "
            "algorithm"
        )
    return shown.labels
