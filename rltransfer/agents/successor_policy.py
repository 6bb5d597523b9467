"""Networks that judge actions by successor features, and the policy that chooses by the best of several of them.

The reward is taken to be phi(s, s') . w: features of a transition, which stay when the task's reward changes, and
weights, which do not. What a policy will gather of each feature is then enough to judge it under any weights.
"""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, FlattenExtractor, create_mlp
from stable_baselines3.common.type_aliases import PyTorchObs, Schedule
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.agents.extractor import TrunkExtractor
from rltransfer.agents.reward_regression import RewardRegression


def improved(successors: Tensor, weights: Tensor) -> Tensor:
    """What each action is worth by generalised policy improvement: by whichever policy makes the most of it.

    Source: Barreto et al. 2017, "Successor Features for Transfer in Reinforcement Learning", eq. 3 for the value of a
    policy, psi . w, and Theorem 1 for the maximum over policies.

    Args:
        successors: (..., policies, actions, features).
        weights: (features,) of the reward.

    Returns:
        (..., actions).
    """
    return (successors @ weights).amax(dim=-2)


class TransitionFeatures(nn.Module):
    """phi(s, s'): the trunk's features of both observations, or fewer numbers learned from them, and a 1.

    The 1 is for rewards that come at every step. What is to come of a feature can be learned where the feature is
    bounded: the trunk's features of an observation are scaled to length 1, and numbers learned from them are from -1 to
    1, by a tanh.

    Source: Barreto et al. 2017, eq. 2; both observations are own choice, because a reward for progress is in neither,
    and so are the bounds.

    Args:
        width: of the trunk's features of one observation.
        num_features: how many numbers, the 1 included, are learned; None gives the trunk's features themselves.
    """

    def __init__(self, width: int, num_features: int | None) -> None:
        super().__init__()
        self.linear = None if num_features is None else nn.Linear(2 * width, num_features - 1)
        self.size = 2 * width + 1 if num_features is None else num_features

    def forward(self, now: Tensor, following: Tensor) -> Tensor:
        """Two (batch, width) -> (batch, size)."""
        if self.linear is None:
            told = torch.cat([functional.normalize(now), functional.normalize(following)], dim=1)
        else:
            told = torch.tanh(self.linear(torch.cat([now, following], dim=1)))
        return torch.cat([told, torch.ones_like(told[:, :1])], dim=1)


class SuccessorNetwork(QNetwork):
    """Successor features of the agent's own policy and of earlier ones, all on one trunk.

    Args:
        num_features: of a transition; see ``TransitionFeatures``.
        earlier_policies: policies of earlier tasks, whose successor features stay as they are; where there are any,
            the trunk and the features of a transition, on which they stand, stay too.
        features_extractor: the trunk.
        options: see ``QNetwork``.
    """

    def __init__(
        self,
        *,
        num_features: int | None,
        earlier_policies: int,
        features_extractor: BaseFeaturesExtractor,
        **options: Any,
    ) -> None:
        super().__init__(features_extractor=features_extractor, **options)
        self.phi = TransitionFeatures(self.features_dim, num_features)
        self.q_net = self._head()
        self.reward = nn.Parameter(torch.randn(self.phi.size) / self.phi.size**0.5)
        self.earlier = nn.ModuleList()
        if earlier_policies:
            self.keep([self._head() for _ in range(earlier_policies)])

    def keep(self, policies: list[nn.Module]) -> None:
        """Let actions be judged by ``policies``, too: modules like ``q_net``, on this trunk. They stay as they are."""
        assert isinstance(self.features_extractor, TrunkExtractor)
        self.earlier = nn.ModuleList(policies).requires_grad_(False).to(self.device)
        self.features_extractor.trunk.freeze("end")
        self.phi.requires_grad_(False)
        self.reward.requires_grad_(False)  # found by regression from now on

    def encoded(self, obs: PyTorchObs) -> Tensor:
        """(batch, width) features of observations."""
        return self.extract_features(obs, self.features_extractor)

    def successors(self, features: Tensor) -> Tensor:
        """(batch, policies, actions, size of phi) for features of observations; the own policy is the first."""
        judged = [self.own(features), *(self._by_action(head(features)) for head in self.earlier)]
        return torch.stack(judged, dim=1)

    def own(self, features: Tensor) -> Tensor:
        """(batch, actions, size of phi): successor features of the policy that is being learned."""
        return self._by_action(self.q_net(features))

    def forward(self, obs: PyTorchObs) -> Tensor:
        """(batch, actions) values of actions under the present weights of the reward."""
        return improved(self.successors(self.encoded(obs)), self.reward)

    def _by_action(self, outputs: Tensor) -> Tensor:
        """Features of all actions, each after the other, as heads are laid out -> (batch, actions, size of phi)."""
        return outputs.reshape(outputs.shape[0], self.phi.size, -1).transpose(1, 2)

    def _head(self) -> nn.Sequential:
        width = int(self.action_space.n) * self.phi.size
        return nn.Sequential(*create_mlp(self.features_dim, width, self.net_arch, self.activation_fn))


class SuccessorPolicy(DQNPolicy):
    """Stable-Baselines3's policy for deep Q-learning, on ``SuccessorNetwork``.

    Args:
        num_features: see ``SuccessorNetwork``.
        earlier_policies: see ``SuccessorNetwork``.
        observation_space: and all others: see ``DQNPolicy``.
    """

    q_net: SuccessorNetwork
    q_net_target: SuccessorNetwork

    def __init__(
        self,
        observation_space: spaces.Space[Any],
        action_space: spaces.Discrete,
        lr_schedule: Schedule,
        *,
        net_arch: list[int] | None = None,
        activation_fn: type[nn.Module] = nn.ReLU,
        features_extractor_class: type[BaseFeaturesExtractor] = FlattenExtractor,
        features_extractor_kwargs: dict[str, Any] | None = None,
        normalize_images: bool = True,
        optimizer_class: type[torch.optim.Optimizer] = torch.optim.Adam,
        optimizer_kwargs: dict[str, Any] | None = None,
        num_features: int | None = None,
        earlier_policies: int = 0,
    ) -> None:
        self.num_features, self.earlier_policies = num_features, earlier_policies  # the networks are built at once
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            net_arch,
            activation_fn,
            features_extractor_class,
            features_extractor_kwargs,
            normalize_images,
            optimizer_class,
            optimizer_kwargs,
        )
        self.regression = RewardRegression(self.q_net.phi.size)

    def make_q_net(self) -> SuccessorNetwork:
        """The online or the target network."""
        options = self._update_features_extractor(self.net_args, features_extractor=None)
        return SuccessorNetwork(num_features=self.num_features, earlier_policies=self.earlier_policies, **options).to(
            self.device
        )
