"""Learning from labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from rltransfer.agents.algorithms.algorithm import Algorithm
from rltransfer.tasks.family import ActionKind

if TYPE_CHECKING:
    from gymnasium import Space
    from stable_baselines3.common.base_class import BaseAlgorithm


class Classifier(Algorithm):
    """Supervised classification: labels in the place of rewards.

    Args:
        num_envs: examples of an update: the size of a batch.
        gamma: of no use here, as an episode is one example.
        optimizer_name: ``adam`` (with decoupled weight decay, AdamW), or ``sgd`` with Nesterov momentum of 0.9.
        weight_decay: share of each weight that is taken away at each step, times the learning rate.
        label_smoothing: share of a label's weight that is spread over all classes; more is less sure of itself.
        max_grad_norm: gradients are clipped to this norm before a step.

    Source: own choice; the loss is the cross-entropy of the softmax, smoothed as in Szegedy et al. 2016, "Rethinking
    the Inception Architecture for Computer Vision", section 7.
    """

    name: ClassVar[str] = "classifier"
    actions: ClassVar[tuple[ActionKind, ...]] = ("discrete",)
    sb3: ClassVar[str] = "rltransfer.agents.classifier:Classifier"
    reads_parts: ClassVar[bool] = False
    learns_from: ClassVar[Literal["rewards", "labels"]] = "labels"

    num_envs: int = Field(default=32, ge=1, le=4096)
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    optimizer_name: Literal["adam", "sgd"] = "adam"
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    max_grad_norm: float = Field(default=10.0, gt=0)

    def hyperparameters(self, action_space: Space[Any]) -> dict[str, Any]:
        """See ``Algorithm.hyperparameters``; the rest are the optimizer's."""
        values = super().hyperparameters(action_space)
        return {name: values[name] for name in ("learning_rate", "label_smoothing", "max_grad_norm")}

    def policy(self, *, parted: bool) -> Any:
        """See ``Algorithm.policy``."""
        from rltransfer.agents.classifier import ClassifierPolicy

        return ClassifierPolicy

    def optimizer(self) -> dict[str, Any]:
        """See ``Algorithm.optimizer``."""
        import torch

        if self.optimizer_name == "adam":
            return {
                "optimizer_class": torch.optim.AdamW,
                "optimizer_kwargs": {"fused": True, "weight_decay": self.weight_decay},
            }
        return {
            "optimizer_class": torch.optim.SGD,
            "optimizer_kwargs": {"momentum": 0.9, "nesterov": True, "weight_decay": self.weight_decay},
        }

    @classmethod
    def further(cls, model: BaseAlgorithm) -> dict[str, Any]:
        """What its optimizer was built with."""
        import torch

        kwargs = model.policy.optimizer_kwargs
        is_sgd = issubclass(model.policy.optimizer_class, torch.optim.SGD)
        return {"optimizer_name": "sgd" if is_sgd else "adam", "weight_decay": kwargs.get("weight_decay", 0.0)}
