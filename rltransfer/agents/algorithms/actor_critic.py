"""Algorithms with an actor and a critic that learn continuous actions from replayed experience."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from rltransfer.agents.algorithms.off_policy import OffPolicy
from rltransfer.tasks.family import ActionKind

if TYPE_CHECKING:
    from gymnasium import Space
    from stable_baselines3.common.base_class import BaseAlgorithm


class _Continuous(OffPolicy):
    actions: ClassVar[tuple[ActionKind, ...]] = ("continuous",)
    trunk_copies: ClassVar[int] = 2

    learning_rate: float = Field(default=3e-4, gt=0, le=1)
    net_arch: tuple[int, ...] = (256, 256)
    batch_size: int = Field(default=256, ge=1)


class SAC(_Continuous):
    """Soft actor-critic: off-policy, with a bonus for entropy.

    Args:
        net_arch: widths of the hidden layers of actor and critic each.
        tau: how far the target critic moves towards the critic in each gradient step.
        ent_coef: weight of the entropy; `auto` learns it.
        target_update_interval: gradient steps between moves of the target critic.

    Source: Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications", Algorithm 1; fields as in
    Stable-Baselines3.
    """

    name: ClassVar[str] = "sac"
    sb3: ClassVar[str] = "stable_baselines3:SAC"

    tau: float = Field(default=0.005, gt=0, le=1)
    ent_coef: float | str = "auto"
    target_update_interval: int = Field(default=1, ge=1)


class TQC(SAC):
    """Soft actor-critic with quantile critics, of which the highest quantiles are dropped.

    Args:
        n_quantiles: of each critic.
        n_critics: how many critics.
        top_quantiles_to_drop_per_net: more makes values more cautious.

    Source: Kuznetsov et al. 2020, "Controlling Overestimation Bias with Truncated Mixture of Continuous Distributional
    Quantile Critics", Algorithm 1; fields as in sb3-contrib.
    """

    name: ClassVar[str] = "tqc"
    sb3: ClassVar[str] = "sb3_contrib:TQC"
    extra: ClassVar[str | None] = "contrib"

    n_quantiles: int = Field(default=25, ge=1)
    n_critics: int = Field(default=2, ge=1)
    top_quantiles_to_drop_per_net: int = Field(default=2, ge=0)

    def policy_settings(self) -> dict[str, Any]:
        """The critics' number and quantiles."""
        return {"n_quantiles": self.n_quantiles, "n_critics": self.n_critics}

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """The critics' number and quantiles."""
        critic: Any = model.policy.critic
        return {"n_quantiles": critic.n_quantiles, "n_critics": critic.n_critics}


class CrossQ(_Continuous):
    """Soft actor-critic without a target critic; batch renormalisation takes its place.

    Args:
        net_arch: widths of the hidden layers of actor and critic each; the paper's critic has 2,048.
        ent_coef: weight of the entropy; `auto` learns it.
        policy_delay: gradient steps of the critic for each of the actor's.

    Source: Bhatt et al. 2024, "CrossQ: Batch Normalization in Deep Reinforcement Learning for Greater Sample Efficiency
    and Simplicity", section 4; fields as in sb3-contrib.
    """

    name: ClassVar[str] = "crossq"
    sb3: ClassVar[str] = "sb3_contrib:CrossQ"
    extra: ClassVar[str | None] = "contrib"
    reads_parts: ClassVar[bool] = False

    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    ent_coef: float | str = "auto"
    policy_delay: int = Field(default=3, ge=1)

    def policy(self, *, parted: bool) -> Any:
        """The one policy that sb3-contrib has for it; trunks read in it whatever they read elsewhere."""
        return self.sb3_class().policy_aliases["MlpPolicy"]

    def optimizer(self) -> dict[str, Any]:
        """See ``Algorithm.optimizer``; with the paper's first moment of 0.5."""
        chosen = super().optimizer()
        return {**chosen, "optimizer_kwargs": {**chosen["optimizer_kwargs"], "betas": (0.5, 0.999)}}


class _Deterministic(_Continuous):
    """What algorithms with a deterministic actor have.

    Args:
        net_arch: widths of the hidden layers of actor and critic each.
        tau: how far the target networks move towards the online ones each time.
        exploration_noise: standard deviation of the noise on actions while learning; actions are scaled to -1 to 1.
    """

    tau: float = Field(default=0.005, gt=0, le=1)
    exploration_noise: float = Field(default=0.1, ge=0, le=1)

    def hyperparameters(self, action_space: Space[Any]) -> dict[str, Any]:
        """See ``Algorithm.hyperparameters``."""
        import numpy as np
        from stable_baselines3.common.noise import NormalActionNoise

        values = super().hyperparameters(action_space)
        size = np.ones(action_space.shape or (), np.float32)
        scale = values.pop("exploration_noise")
        return {**values, "action_noise": NormalActionNoise(0 * size, scale * size) if scale else None}

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """The exploration noise."""
        noise: Any = getattr(model, "action_noise", None)
        noise = getattr(noise, "noises", [noise])[0]  # one a copy, once it has learned
        return {"exploration_noise": float(noise._sigma.flat[0]) if noise is not None else 0.0}


class TD3(_Deterministic):
    """Twin delayed deterministic policy gradients.

    Args:
        policy_delay: gradient steps of the critic for each of the actor's.
        target_policy_noise: standard deviation of the noise on the target's actions.
        target_noise_clip: bound on that noise.

    Source: Fujimoto et al. 2018, "Addressing Function Approximation Error in Actor-Critic Methods", Algorithm 1; fields
    as in Stable-Baselines3, but for the exploration noise, which it takes as an object.
    """

    name: ClassVar[str] = "td3"
    sb3: ClassVar[str] = "stable_baselines3:TD3"

    policy_delay: int = Field(default=2, ge=1)
    target_policy_noise: float = Field(default=0.2, ge=0)
    target_noise_clip: float = Field(default=0.5, ge=0)


class DDPG(_Deterministic):
    """Deep deterministic policy gradients: one critic, no delay, no noise on the target's actions.

    Source: Lillicrap et al. 2016, "Continuous control with deep reinforcement learning", Algorithm 1, with Gaussian
    noise; fields as in Stable-Baselines3.
    """

    name: ClassVar[str] = "ddpg"
    sb3: ClassVar[str] = "stable_baselines3:DDPG"
