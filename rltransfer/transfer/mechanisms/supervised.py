"""Supervised learning of a policy before reinforcement learning begins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, optim

from rltransfer.agents.anatomy import follow, named_parts, policy_of
from rltransfer.agents.draws import generator_for
from rltransfer.agents.normalizing import rescaled, statistics_of
from rltransfer.agents.rollouts import Observations
from rltransfer.transfer.mechanisms.policies_compared import Behaviour, acting_part, behaviour, joined

Lesson = Callable[[Behaviour, Tensor], Tensor]
"""What the learner would do in some states, and the numbers of these states -> a scalar to be minimised."""


def taught_parts(model: BaseAlgorithm) -> list[str]:
    """Names of the parameters that ``pretrain`` moves, as reports call them."""
    moved = {id(p) for p in acting_part(policy_of(model)).parameters() if p.requires_grad}
    return [name for name, parameter in named_parts(model).items() if id(parameter) in moved]


def answers(model: BaseAlgorithm, observations: Observations, *, of: BaseAlgorithm | None = None) -> Behaviour:
    """What ``model`` would do, without gradients, in all of ``observations``.

    Args:
        model: not recurrent.
        observations: (n, *observation) as ``of`` has them, or parts by name.
        of: whose running statistics scaled the observations; ``model`` itself where left out.
    """
    policy_of(model).set_training_mode(False)
    with torch.no_grad():
        parts = [
            behaviour(policy_of(model), _read(model, observations, rows, of=of or model))
            for rows in torch.split(torch.arange(_length(observations)), 256)
        ]
    return joined(parts)


def pretrain(
    model: BaseAlgorithm,
    observations: Observations,
    lesson: Lesson,
    *,
    of: BaseAlgorithm,
    epochs: int,
    batch_size: int,
    learning_rate: float,
) -> tuple[float, float]:
    """Move whatever in ``model`` decides what to do, by Adam, until ``lesson`` is learned; target networks follow.

    The model's own optimizers are not stepped, so that reinforcement learning begins without moments.

    Args:
        model: has not learned yet; what is frozen in it stays.
        observations: (n, *observation), or parts by name.
        lesson: the loss.
        of: whose running statistics scaled the observations.
        epochs: passes over the observations, 1 or more.
        batch_size: observations of a step.
        learning_rate: of Adam.

    Returns:
        The mean loss of the first pass and of the last.
    """
    part = acting_part(policy_of(model))
    learned = [parameter for parameter in part.parameters() if parameter.requires_grad]
    optimizer = optim.Adam(learned, lr=learning_rate)
    generator = generator_for(model, "order of what is taught beforehand")
    means, count = [], _length(observations)
    policy_of(model).set_training_mode(True)
    for _ in range(epochs):
        total = 0.0
        for rows in torch.split(torch.randperm(count, generator=generator), batch_size):
            loss = lesson(behaviour(policy_of(model), _read(model, observations, rows, of=of)), rows)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        means.append(total / count)
    optimizer.zero_grad()
    _settle_statistics(model, observations, of=of)
    policy_of(model).set_training_mode(False)
    follow(model)
    return means[0], means[-1]


@torch.no_grad()
def _settle_statistics(model: BaseAlgorithm, observations: Observations, *, of: BaseAlgorithm) -> None:
    """Let running statistics of batch normalisation be the average over ``observations``.

    What was taught by the statistics of minibatches acts by running ones, which lag behind for hundreds of steps.
    """
    norms: list[Any] = [m for m in acting_part(policy_of(model)).modules() if hasattr(m, "momentum")]
    momenta, count = [norm.momentum for norm in norms], _length(observations)
    for number, rows in enumerate(torch.arange(count).chunk(-(-count // 256)) if norms else (), 1):
        for norm in norms:
            norm.momentum = 1 / number
        behaviour(policy_of(model), _read(model, observations, rows, of=of))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def _read(model: BaseAlgorithm, observations: Observations, rows: Tensor, *, of: BaseAlgorithm) -> Any:
    """Some of ``observations`` as the model's networks take them."""
    picked: Any
    if isinstance(observations, dict):
        picked = {name: part[rows.numpy()] for name, part in observations.items()}
    else:
        picked = observations[rows.numpy()]
    tensor, _ = policy_of(model).obs_to_tensor(picked)
    return tensor if of is model else rescaled(tensor, statistics_of(of), statistics_of(model))


def _length(observations: Observations) -> int:
    return len(next(iter(observations.values())) if isinstance(observations, dict) else observations)
