"""Algorithms that learn from rollouts of the policy itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from rltransfer.agents.algorithms.algorithm import Algorithm
from rltransfer.tasks.family import ActionKind

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


class _OnPolicy(Algorithm):
    actions: ClassVar[tuple[ActionKind, ...]] = ("discrete", "continuous")

    n_steps: int = Field(default=64, ge=2)
    gae_lambda: float = Field(default=0.95, ge=0, le=1)

    def first_update(self) -> int:
        """One rollout."""
        return self.n_steps * self.num_envs


class PPO(_OnPolicy):
    """Proximal policy optimisation.

    Args:
        n_steps: of each copy between updates.
        batch_size: of a gradient step.
        n_epochs: passes over each rollout.
        gae_lambda: of generalised advantage estimation: 1 trusts returns, 0 trusts values.
        clip_range: how far probabilities may move, as a ratio, before the gradient stops.
        ent_coef: weight of the entropy bonus; more explores longer.
        vf_coef: weight of the value loss.
        max_grad_norm: gradients are clipped to this norm before a step.

    Source: Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 7; fields as in Stable-Baselines3.
    """

    name: ClassVar[str] = "ppo"
    sb3: ClassVar[str] = "stable_baselines3:PPO"

    batch_size: int = Field(default=256, ge=2)
    n_epochs: int = Field(default=4, ge=1)
    clip_range: float = Field(default=0.2, gt=0, le=1)
    ent_coef: float = Field(default=0.01, ge=0)
    vf_coef: float = Field(default=0.5, ge=0)
    max_grad_norm: float = Field(default=0.5, gt=0)

    def optimizer(self) -> dict[str, Any]:
        """See ``Algorithm.optimizer``; Adam's epsilon is Stable-Baselines3's for PPO."""
        chosen = super().optimizer()
        return {**chosen, "optimizer_kwargs": {**chosen["optimizer_kwargs"], "eps": 1e-5}}


class RecurrentPPO(PPO):
    """Proximal policy optimisation with a long short-term memory between trunk and heads.

    Args:
        lstm_hidden_size: numbers that the memory holds.
        n_lstm_layers: of the memory.

    Source: Schulman et al. 2017, eq. 7, and Hochreiter & Schmidhuber 1997, "Long Short-Term Memory"; fields as in
    sb3-contrib.
    """

    name: ClassVar[str] = "recurrent_ppo"
    sb3: ClassVar[str] = "sb3_contrib:RecurrentPPO"
    extra: ClassVar[str | None] = "contrib"

    lstm_hidden_size: int = Field(default=256, ge=1)
    n_lstm_layers: int = Field(default=1, ge=1)

    def policy(self, *, parted: bool) -> Any:
        """See ``Algorithm.policy``."""
        return "MultiInputLstmPolicy" if parted else "CnnLstmPolicy"

    def policy_settings(self) -> dict[str, Any]:
        """The memory's."""
        return {"lstm_hidden_size": self.lstm_hidden_size, "n_lstm_layers": self.n_lstm_layers}

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """The memory's size."""
        memory: Any = model.policy.lstm_actor
        return {"lstm_hidden_size": memory.hidden_size, "n_lstm_layers": memory.num_layers}


class A2C(_OnPolicy):
    """Advantage actor-critic: one step on each rollout.

    Args:
        n_steps: of each copy between updates.
        gae_lambda: of generalised advantage estimation; 1 are plain n-step returns.
        ent_coef: weight of the entropy bonus; more explores longer.
        vf_coef: weight of the value loss.
        max_grad_norm: gradients are clipped to this norm before a step.
        rms_prop_eps: added to the root in RMSprop.
        use_rms_prop: RMSprop, as in the paper, or else Adam.

    Source: Mnih et al. 2016, "Asynchronous Methods for Deep Reinforcement Learning", Algorithm S3, with copies stepped
    together; fields as in Stable-Baselines3.
    """

    name: ClassVar[str] = "a2c"
    sb3: ClassVar[str] = "stable_baselines3:A2C"

    learning_rate: float = Field(default=7e-4, gt=0, le=1)
    n_steps: int = Field(default=5, ge=2)
    gae_lambda: float = Field(default=1.0, ge=0, le=1)
    ent_coef: float = Field(default=0.01, ge=0)
    vf_coef: float = Field(default=0.5, ge=0)
    max_grad_norm: float = Field(default=0.5, gt=0)
    rms_prop_eps: float = Field(default=1e-5, gt=0)
    use_rms_prop: bool = True

    def hyperparameters(self, action_space: Any) -> dict[str, Any]:
        """See ``Algorithm.hyperparameters``."""
        values = super().hyperparameters(action_space)
        if not self.use_rms_prop:
            values.pop("rms_prop_eps")
        return values

    def optimizer(self) -> dict[str, Any]:
        """Stable-Baselines3's RMSprop, which it chooses itself, or fused Adam."""
        return {} if self.use_rms_prop else super().optimizer()

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """Which optimizer it has."""
        import torch

        kwargs = model.policy.optimizer_kwargs
        uses = not issubclass(model.policy.optimizer_class, torch.optim.Adam)
        return {"use_rms_prop": uses, **({"rms_prop_eps": kwargs["eps"]} if uses and "eps" in kwargs else {})}


class TRPO(_OnPolicy):
    """Trust region policy optimisation: the actor by natural gradients, the value by an optimizer.

    Args:
        n_steps: of each copy between updates.
        gae_lambda: of generalised advantage estimation.
        batch_size: of the value's steps.
        n_critic_updates: passes over each rollout for the value.
        target_kl: how far the policy may move in an update, in nats.
        cg_max_steps: of the conjugate gradient.
        cg_damping: added to the Hessian's diagonal.
        sub_sampling_factor: every how many-th sample enters the actor's step.

    Source: Schulman et al. 2015, "Trust Region Policy Optimization", section 6; fields as in sb3-contrib.
    """

    name: ClassVar[str] = "trpo"
    sb3: ClassVar[str] = "sb3_contrib:TRPO"
    extra: ClassVar[str | None] = "contrib"
    natural_gradients: ClassVar[bool] = True

    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    batch_size: int = Field(default=256, ge=2)
    n_critic_updates: int = Field(default=10, ge=1)
    target_kl: float = Field(default=0.01, gt=0)
    cg_max_steps: int = Field(default=15, ge=1)
    cg_damping: float = Field(default=0.1, gt=0)
    sub_sampling_factor: int = Field(default=1, ge=1)
