"""What every learning algorithm has."""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import MissingExtraError
from rltransfer.settings import Options
from rltransfer.tasks.family import ActionKind

if TYPE_CHECKING:
    from gymnasium import Space
    from stable_baselines3.common.base_class import BaseAlgorithm


ACTIVATIONS = {"tanh": "Tanh", "relu": "ReLU", "elu": "ELU", "leaky_relu": "LeakyReLU"}
"""Names of what follows a hidden layer, and torch's."""
_NOT_THE_MODELS = ("num_envs", "learning_rate_schedule", "net_arch", "activation_fn", "normalize")
"""Settings that Stable-Baselines3 does not take under the same name as arguments of the model."""


class Algorithm(Options):
    """What every algorithm has.

    Args:
        num_envs: environment copies stepped together. More make larger, faster batches but fewer updates per step.
        learning_rate: of the optimizers. Too high a rate diverges, too low a rate wastes the budget.
        learning_rate_schedule: `linear` lets the rate fall to 0 over the budget, against collapses late in training.
        gamma: discount factor.
        net_arch: widths of hidden layers between trunk and outputs; none, so that heads are linear, where empty.
        activation_fn: what follows each hidden layer; where null what Stable-Baselines3 has there: `tanh` for
            algorithms that learn from rollouts of the policy itself, else `relu`.
        normalize: what is scaled by running statistics, as by Stable-Baselines3's VecNormalize; of observations not
            pictures, which trunks scale themselves. The statistics travel with the agent.
    """

    name: ClassVar[str]
    actions: ClassVar[tuple[ActionKind, ...]]
    """The action spaces the algorithm can learn."""
    sb3: ClassVar[str]
    """``"module:Class"`` of the Stable-Baselines3 class that learns."""
    extra: ClassVar[str | None] = None
    """The optional extra that brings it."""
    reads_parts: ClassVar[bool] = True
    """Whether it takes observations in several parts, as an image with a context beside it."""
    learns_from: ClassVar[Literal["rewards", "labels"]] = "rewards"
    """What tasks must have for it to learn."""
    natural_gradients: ClassVar[bool] = False
    """Whether the actor moves by natural gradients, so that nothing which acts in optimizers' steps reaches it."""
    trunk_copies: ClassVar[int] = 1
    """How many trunks of its own it moves: one for an actor, another where a critic has its own."""

    num_envs: int = Field(default=32, ge=1, le=4096)
    learning_rate: float = Field(default=5e-4, gt=0, le=1)
    learning_rate_schedule: Literal["constant", "linear"] = "constant"
    gamma: float = Field(default=0.99, ge=0, le=1)
    net_arch: tuple[int, ...] = ()
    activation_fn: Literal["tanh", "relu", "elu", "leaky_relu"] | None = None
    normalize: Literal["none", "observations", "rewards", "both"] = "none"

    def hyperparameters(self, action_space: Space[Any]) -> dict[str, Any]:
        """The keyword arguments for the Stable-Baselines3 class, but for its policy's."""
        own = {*_NOT_THE_MODELS, *self.policy_settings()}
        values = self.model_dump(exclude=own)
        if self.learning_rate_schedule == "linear":
            from stable_baselines3.common.utils import LinearSchedule

            values["learning_rate"] = LinearSchedule(self.learning_rate, 0.0, 1.0)
        return values

    def policy(self, *, parted: bool) -> Any:
        """Stable-Baselines3's name of the policy, or its class, for observations in several parts or in one."""
        return "MultiInputPolicy" if parted else "CnnPolicy"

    def policy_settings(self) -> dict[str, Any]:
        """Fields that Stable-Baselines3 takes as ``policy_kwargs``, with their values."""
        return {}

    def activation(self) -> dict[str, Any]:
        """``policy_kwargs`` that choose what follows a hidden layer."""
        from torch import nn

        return {} if self.activation_fn is None else {"activation_fn": getattr(nn, ACTIVATIONS[self.activation_fn])}

    def optimizer(self) -> dict[str, Any]:
        """``policy_kwargs`` that choose the optimizer. Fused Adam saves a pass over weights and moments."""
        import torch

        return {"optimizer_class": torch.optim.Adam, "optimizer_kwargs": {"fused": True}}

    def first_update(self) -> int:
        """Environment steps after which the first update comes."""
        return self.num_envs

    @classmethod
    def sb3_class(cls) -> type[BaseAlgorithm]:
        """The Stable-Baselines3 class that learns. Raises MissingExtraError where its package is not installed."""
        module, _, name = cls.sb3.partition(":")
        try:
            found: type[BaseAlgorithm] = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f'algorithm {cls.name!r} needs {error.name}. Run: pip install "rltransfer[{cls.extra}]"'
            ) from error
        return found

    @classmethod
    def is_of(cls, model: BaseAlgorithm) -> bool:
        """Whether ``model`` learns by this algorithm; nothing is imported that its own class has not imported."""
        module, _, name = cls.sb3.partition(":")
        learner = getattr(sys.modules.get(module), name, None)
        return learner is not None and _library_class(model) is learner

    @classmethod
    def of(cls, model: BaseAlgorithm) -> Algorithm:
        """The settings that ``model``, which learns by this algorithm, was built with."""
        from stable_baselines3.common.utils import LinearSchedule

        from rltransfer.agents.normalizing import statistics_of

        statistics = statistics_of(model)
        widths = getattr(model.policy, "net_arch", None)
        values: dict[str, Any] = {"num_envs": model.n_envs, "net_arch": widths if isinstance(widths, list) else ()}
        if statistics is not None:
            values["normalize"] = statistics.normalized
        if (activation := activation_of(model)) is not None:
            values["activation_fn"] = next((name for name, kind in ACTIVATIONS.items() if kind == activation), None)
        for field in cls.model_fields:
            if hasattr(model, field):
                value = getattr(model, field)
                if callable(value):
                    value = value(1.0)  # a schedule, at the start of training
                values[field] = value.frequency if field == "train_freq" else value
        if isinstance(model.learning_rate, LinearSchedule) and model.learning_rate.end == 0:
            values["learning_rate_schedule"] = "linear"
        return cls(**{**values, **cls.further(model)})

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """Settings of ``model`` that stand under another name in it, or that the policy holds."""
        return {}


def _library_class(model: BaseAlgorithm) -> Any:
    """The library's class of ``model``, which may have been extended or derived from since.

    A class of another package is taken for the learner where it says that it ``is_an_algorithm``.
    """
    for kind in type(model).__mro__:
        is_of_library = kind.__module__.split(".")[0] in ("stable_baselines3", "sb3_contrib")
        if "is_an_algorithm" in vars(kind):
            return kind
        # an extended class bears the library's name, and is not what the library's module has under it
        if is_of_library and getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind:
            return kind
    return None


def activation_of(model: BaseAlgorithm) -> str | None:
    """Torch's name of what follows the model's hidden layers; None where it has none, or what is usual there."""
    policy: Any = model.policy
    usual = inspect.signature(type(policy)).parameters["activation_fn"].default
    found = getattr(policy, "activation_fn", usual)
    return None if found is usual or not getattr(policy, "net_arch", None) else str(found.__name__)
