"""Deep Q-learning with successor features, and with generalised policy improvement over earlier policies."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from stable_baselines3 import DQN
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor
from torch.nn import functional

from rltransfer.agents.successor_policy import SuccessorNetwork, SuccessorPolicy, improved


class SuccessorDQN(DQN):
    """Stable-Baselines3's DQN whose network learns successor features and whose values are these times weights.

    While the agent is its first task's, the trunk, the features of a transition and the weights of its reward are
    learned together: the weights and features by the squared error of the reward, the successor features by a
    temporal difference for each of them, with the loss, target network and replay of DQN. With earlier policies, the
    trunk and the features stay; the weights are then the ridge regression over everything learned from so far.

    Source: Barreto et al. 2017, "Successor Features for Transfer in Reinforcement Learning", eqs. 2-4 and Theorem 1;
    the squared error of the reward beside it as in Kulkarni et al. 2016, "Deep Successor Reinforcement Learning".
    Weight 1 of that error is own choice.
    """

    is_an_algorithm: ClassVar[bool] = True
    """A class of its own, whose agents are no DQN's; see ``Algorithm.is_of``."""
    policy_aliases: ClassVar[dict[str, type[BasePolicy]]] = dict.fromkeys(
        ("MlpPolicy", "CnnPolicy", "MultiInputPolicy"), SuccessorPolicy
    )
    policy: SuccessorPolicy
    q_net: SuccessorNetwork
    q_net_target: SuccessorNetwork
    findings: dict[str, Any]
    """How much of the rewards' variance the features explain, and which policies act, while there are earlier ones."""

    def _setup_model(self) -> None:
        super()._setup_model()
        self.findings = {}

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """Take gradient steps, each on a minibatch of its own."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        losses = []
        for _ in range(gradient_steps):
            assert self.replay_buffer is not None
            loss = self._loss(self.replay_buffer.sample(batch_size, env=self._vec_normalize_env))
            losses.append(loss.item())
            self.policy.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
            self.policy.optimizer.step()
        if self.q_net.earlier:
            self._regress()
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/loss", sum(losses) / max(len(losses), 1))

    def _loss(self, data: ReplayBufferSamples) -> Tensor:
        """What is minimised on a minibatch: of successor features, and of the reward while its features learn."""
        net = self.q_net
        features = net.encoded(data.observations)
        phi = net.phi(features, net.encoded(data.next_observations))
        rows, actions = torch.arange(len(phi), device=phi.device), data.actions.long().flatten()
        if net.earlier:
            self.policy.regression.add(phi, data.rewards)
        with torch.no_grad():
            target = self.q_net_target
            successors = target.successors(target.encoded(data.next_observations))
            best = improved(successors, net.reward).argmax(dim=1)
            discounts = self.gamma if data.discounts is None else data.discounts
            goal = phi + (1 - data.dones) * discounts * successors[rows, 0, best]
            if net.earlier:
                self._note(successors[rows, :, best] @ net.reward)  # (batch, policies)
        loss = functional.smooth_l1_loss(net.own(features)[rows, actions], goal)
        return loss if net.earlier else loss + functional.mse_loss(phi @ net.reward, data.rewards.flatten())

    @torch.no_grad()
    def _regress(self) -> None:
        """Take the weights of the reward from everything learned from so far."""
        weights, explained = self.policy.regression.weights(), self.policy.regression.explained()
        for network in (self.q_net, self.q_net_target):
            network.reward.copy_(weights)
        self.findings["reward_explained"] = None if explained is None else round(explained, 4)

    def _note(self, judged: Tensor) -> None:
        """Note which policy makes the most of the actions that would be taken: (batch, policies) their values."""
        chosen = torch.bincount(judged.argmax(dim=1), minlength=judged.shape[1]) / len(judged)
        self.findings["policies_chosen"] = [round(share, 4) for share in chosen.tolist()]
