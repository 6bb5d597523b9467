"""Further losses beside an algorithm's own, on the minibatch that it is learning from.

Stable-Baselines3's ``train()`` computes its loss in one piece, so that nothing can be added to it. But every algorithm
takes its minibatches from a buffer and calls ``optimizer.step()``: the buffer keeps what it gave last, and a hook
before the step adds the further loss's gradient. That is after Stable-Baselines3 has clipped its own loss's gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import BaseBuffer
from stable_baselines3.common.type_aliases import ReplayBufferSamples, RolloutBufferSamples
from torch import Tensor, nn, optim

from rltransfer.agents.adoption import extend
from rltransfer.agents.anatomy import optimizers
from rltransfer.agents.optimizing import require_steps
from rltransfer.errors import NotApplicableError

Minibatch: TypeAlias = RolloutBufferSamples | ReplayBufferSamples
ExtraLoss: TypeAlias = Callable[[Minibatch], Tensor | None]
"""A minibatch as the algorithm has it -> a scalar to be minimised, or None where nothing is to be added."""


class KeepsMinibatch(BaseBuffer):
    """What a rollout or replay buffer gains by ``keep_minibatches``."""

    minibatch: Minibatch | None = None
    """What was sampled last."""

    def _get_samples(self, *args: Any, **kwargs: Any) -> Any:
        self.minibatch = super()._get_samples(*args, **kwargs)  # type: ignore[safe-super]
        return self.minibatch


def keep_minibatches(model: BaseAlgorithm, *, sequences: bool = False) -> None:
    """Let the model's buffer keep the minibatch that it gave last; see ``minibatch_of``.

    Args:
        model: whose buffer it is.
        sequences: whether a recurrent agent's minibatches will do, which are padded sequences; see ``frames_of``.

    Raises:
        NotApplicableError: the agent is recurrent, so that a minibatch means nothing without the memory before it.
    """
    if hasattr(buffer_of(model), "hidden_state_shape") and not sequences:
        raise NotApplicableError("a further loss needs minibatches of single steps, and this agent is recurrent")
    extend(buffer_of(model), KeepsMinibatch, first=True)


def minibatch_of(model: BaseAlgorithm) -> Minibatch:
    """What the model is learning from now."""
    buffer = buffer_of(model)
    assert isinstance(buffer, KeepsMinibatch)
    assert buffer.minibatch is not None
    return buffer.minibatch


def frames_of(minibatch: Minibatch) -> Any:
    """The observations of a minibatch, (n, *observation) or as much by name, without the padding of sequences."""
    real = getattr(minibatch, "mask", None)
    if real is None:
        return minibatch.observations
    observations: Any = minibatch.observations
    if isinstance(observations, dict):
        return {key: part[real > 0] for key, part in observations.items()}
    return observations[real > 0]


def add_loss(
    model: BaseAlgorithm, loss: ExtraLoss, of: Iterable[nn.Parameter], *, what: str, sequences: bool = False
) -> None:
    """Add a loss's gradient to every optimizer step that moves one of its parameters.

    Args:
        model: whose optimizers to hook, after they were rebuilt for the last time.
        loss: called once for each step of each optimizer that moves some of ``of``.
        of: the parameters that it moves; no others get a gradient from it. One that several optimizers hold gets it in
            the first one's steps: an actor's, where TD3's shares its features extractor with the critics.
        what: what acts, for the refusal where there are no optimizer steps to join: ``"a distillation loss acts"``.
        sequences: see ``keep_minibatches``.

    Raises:
        NotApplicableError: the agent is recurrent and ``sequences`` is not set, or its actor is not moved by an
            optimizer.
    """
    require_steps(model, what)
    keep_minibatches(model, sequences=sequences)
    moved = {id(parameter) for parameter in of}
    mover: dict[int, optim.Optimizer] = {}
    for _, _, optimizer in optimizers(model):
        for parameter in (p for group in optimizer.param_groups for p in group["params"] if id(p) in moved):
            mover.setdefault(id(parameter), optimizer)

    def add_gradient(optimizer: optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        held = (p for group in optimizer.param_groups for p in group["params"])
        ours = [p for p in held if mover.get(id(p)) is optimizer and p.requires_grad]
        with torch.enable_grad():
            value = loss(minibatch_of(model)) if ours else None
        if value is None:
            return
        for parameter, gradient in zip(ours, torch.autograd.grad(value, ours, allow_unused=True), strict=True):
            if gradient is None:
                continue
            if parameter.grad is None:
                parameter.grad = gradient
            else:
                parameter.grad.add_(gradient)

    for optimizer in dict.fromkeys(mover.values()):
        optimizer.register_step_pre_hook(add_gradient)


def buffer_of(model: BaseAlgorithm) -> BaseBuffer:
    """What the model takes its minibatches from. Raises NotApplicableError where there is none."""
    buffer: Any = getattr(model, "rollout_buffer", None) or getattr(model, "replay_buffer", None)
    if not isinstance(buffer, BaseBuffer):
        raise NotApplicableError(f"this {type(model).__name__} has no buffer to learn from")
    return buffer
