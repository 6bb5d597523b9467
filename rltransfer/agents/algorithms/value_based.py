"""Algorithms that learn the value of each action from replayed experience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from rltransfer.agents.algorithms.off_policy import OffPolicy
from rltransfer.tasks.family import ActionKind

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


class DQN(OffPolicy):
    """Deep Q-learning with a replay buffer and a target network.

    Args:
        max_grad_norm: gradients are clipped to this norm before a step.
        tau: how far the target network moves towards the online one each time; 1 copies it.
        target_update_interval: environment steps between these times.
        exploration_fraction: share of the budget over which random actions become fewer.
        exploration_initial_eps: chance of a random action at first.
        exploration_final_eps: chance of a random action at last.

    Source: Mnih et al. 2015, "Human-level control through deep reinforcement learning", Algorithm 1; fields as in
    Stable-Baselines3.
    """

    name: ClassVar[str] = "dqn"
    actions: ClassVar[tuple[ActionKind, ...]] = ("discrete",)
    sb3: ClassVar[str] = "stable_baselines3:DQN"

    max_grad_norm: float = Field(default=10.0, gt=0)
    tau: float = Field(default=1.0, gt=0, le=1)
    target_update_interval: int = Field(default=1_000, ge=1)
    exploration_fraction: float = Field(default=0.2, ge=0, le=1)
    exploration_initial_eps: float = Field(default=1.0, ge=0, le=1)
    exploration_final_eps: float = Field(default=0.05, ge=0, le=1)


class QRDQN(DQN):
    """Deep Q-learning of the return's whole distribution, by quantiles.

    Args:
        n_quantiles: of the distribution.

    Source: Dabney et al. 2018, "Distributional Reinforcement Learning with Quantile Regression", Algorithm 1; fields
    as in sb3-contrib.
    """

    name: ClassVar[str] = "qr_dqn"
    sb3: ClassVar[str] = "sb3_contrib:QRDQN"
    extra: ClassVar[str | None] = "contrib"

    n_quantiles: int = Field(default=50, ge=1)

    def policy_settings(self) -> dict[str, Any]:
        """How many quantiles."""
        return {"n_quantiles": self.n_quantiles}

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """How many quantiles."""
        return {"n_quantiles": model.policy.n_quantiles}


class SuccessorDQN(DQN):
    """Deep Q-learning of successor features: what is to come of each feature of the reward, apart from its weights.

    The agent's policy can then be judged under other rewards, which the method `successor_features` does.

    Args:
        num_features: numbers in the features of a transition, of which one is constant and the others are learned with
            the reward. More tell more rewards apart, and each is one more thing to learn the value of. Where left out
            they are the trunk's features of both observations at length 1, which tell the most.
        earlier_policies: of earlier tasks, among which the agent chooses; the method `successor_features` adds them,
            and what is set here begins at random.

    Source: Barreto et al. 2017, "Successor Features for Transfer in Reinforcement Learning"; see
    ``rltransfer.agents.successor_dqn``.
    """

    name: ClassVar[str] = "successor_dqn"
    sb3: ClassVar[str] = "rltransfer.agents.successor_dqn:SuccessorDQN"

    num_features: int | None = Field(default=None, ge=2, le=4096)
    earlier_policies: int = Field(default=0, ge=0, le=256)

    def policy_settings(self) -> dict[str, Any]:
        """How many features and earlier policies."""
        return {"num_features": self.num_features, "earlier_policies": self.earlier_policies}

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """How many features and earlier policies."""
        policy: Any = model.policy
        return {"num_features": policy.num_features, "earlier_policies": policy.earlier_policies}
