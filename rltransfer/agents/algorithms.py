"""Learning algorithms as plain settings: named in YAML and artifacts, built into Stable-Baselines3 models on demand.

Every field except ``num_envs`` and ``learning_rate_schedule`` has the name and meaning that Stable-Baselines3 gives it.
This file imports no torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.settings import Options
from rltransfer.tasks.family import ActionKind

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


class Algorithm(Options):
    """What every algorithm has.

    Args:
        num_envs: environment copies stepped together. More make larger, faster batches but fewer updates per step.
        learning_rate: of Adam. Too high a rate diverges, too low a rate wastes the budget.
        learning_rate_schedule: `linear` lets the rate fall to 0 over the budget, against collapses late in training.
        gamma: discount factor.
        max_grad_norm: gradients are clipped to this norm before a step.
    """

    name: ClassVar[str]
    actions: ClassVar[tuple[ActionKind, ...]]
    """The action spaces the algorithm can learn."""

    num_envs: int = Field(default=32, ge=1, le=4096)
    learning_rate: float = Field(default=5e-4, gt=0, le=1)
    learning_rate_schedule: Literal["constant", "linear"] = "constant"
    gamma: float = Field(default=0.99, ge=0, le=1)
    max_grad_norm: float = Field(default=0.5, gt=0)

    def hyperparameters(self) -> dict[str, object]:
        """The keyword arguments for the Stable-Baselines3 class."""
        values = self.model_dump(exclude={"num_envs", "learning_rate_schedule"})
        if self.learning_rate_schedule == "linear":
            from stable_baselines3.common.utils import LinearSchedule

            values["learning_rate"] = LinearSchedule(self.learning_rate, 0.0, 1.0)
        return values

    def first_update(self) -> int:
        """Environment steps after which the first update comes."""
        return self.num_envs

    def sb3_class(self) -> type[BaseAlgorithm]:
        """The Stable-Baselines3 class that learns."""
        raise NotImplementedError(f"{type(self).__name__} does not name its Stable-Baselines3 class")


class PPO(Algorithm):
    """Proximal policy optimisation.

    Source: Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 7; fields as in Stable-Baselines3.
    """

    name: ClassVar[str] = "ppo"
    actions: ClassVar[tuple[ActionKind, ...]] = ("discrete", "continuous")

    n_steps: int = Field(default=64, ge=2)
    batch_size: int = Field(default=256, ge=2)
    n_epochs: int = Field(default=4, ge=1)
    gae_lambda: float = Field(default=0.95, ge=0, le=1)
    clip_range: float = Field(default=0.2, gt=0, le=1)
    ent_coef: float = Field(default=0.01, ge=0)
    vf_coef: float = Field(default=0.5, ge=0)

    def first_update(self) -> int:
        """One rollout."""
        return self.n_steps * self.num_envs

    def sb3_class(self) -> type[BaseAlgorithm]:
        """See ``Algorithm.sb3_class``."""
        import stable_baselines3

        return stable_baselines3.PPO


class DQN(Algorithm):
    """Deep Q-learning with a replay buffer and a target network.

    Source: Mnih et al. 2015, "Human-level control through deep reinforcement learning", Algorithm 1; fields as in
    Stable-Baselines3.
    """

    name: ClassVar[str] = "dqn"
    actions: ClassVar[tuple[ActionKind, ...]] = ("discrete",)

    num_envs: int = Field(default=8, ge=1, le=4096)
    max_grad_norm: float = Field(default=10.0, gt=0)
    buffer_size: int = Field(default=50_000, ge=1)
    learning_starts: int = Field(default=1_000, ge=0)
    batch_size: int = Field(default=128, ge=1)
    tau: float = Field(default=1.0, gt=0, le=1)
    train_freq: int = Field(default=4, ge=1)
    gradient_steps: int = Field(default=4, ge=-1)
    target_update_interval: int = Field(default=1_000, ge=1)
    exploration_fraction: float = Field(default=0.2, ge=0, le=1)
    exploration_initial_eps: float = Field(default=1.0, ge=0, le=1)
    exploration_final_eps: float = Field(default=0.05, ge=0, le=1)

    def first_update(self) -> int:
        """When the buffer holds ``learning_starts`` transitions and a training interval has passed."""
        return self.learning_starts + self.train_freq * self.num_envs

    def sb3_class(self) -> type[BaseAlgorithm]:
        """See ``Algorithm.sb3_class``."""
        import stable_baselines3

        return stable_baselines3.DQN
