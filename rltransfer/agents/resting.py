"""Weights at rest: those that an agent is measured and saved with, where it learns with others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor

from rltransfer.agents.adoption import extend

WeightsAtRest: TypeAlias = Callable[[], Iterable[tuple[Tensor, Tensor]]]
"""Gives tensors of a model, each with the value that it has at rest."""


class RestsElsewhere(BaseAlgorithm):
    """What an agent gains by ``rest_with``."""

    _weights_at_rest: WeightsAtRest
    _other_rests: Mapping[str, WeightsAtRest]
    _is_at_rest: bool = False

    def save(self, *args: Any, **kwargs: Any) -> None:
        """As in Stable-Baselines3, with the weights at rest."""
        with at_rest(self):
            super().save(*args, **kwargs)

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_weights_at_rest", "_other_rests", "_is_at_rest"]


def rest_with(
    model: BaseAlgorithm, weights: WeightsAtRest, *, others: Mapping[str, WeightsAtRest] | None = None
) -> None:
    """Let ``model`` have other weights whenever it is measured, saved or exported; see ``at_rest``.

    Args:
        model: an agent that goes on learning with weights of its own.
        weights: that it has at rest.
        others: what it might have in their place, by name; see ``other_rests``.
    """
    resting = extend(model, RestsElsewhere, first=True)
    assert isinstance(resting, RestsElsewhere)
    resting._weights_at_rest, resting._other_rests = weights, others or {}


def other_rests(model: BaseAlgorithm) -> Iterator[str]:
    """The name of each other way for ``model`` to rest, which is its way until the next name is asked for."""
    if isinstance(model, RestsElsewhere):
        chosen = model._weights_at_rest
        try:
            for name, weights in model._other_rests.items():
                model._weights_at_rest = weights
                yield name
        finally:
            model._weights_at_rest = chosen


@contextmanager
def at_rest(model: BaseAlgorithm) -> Iterator[None]:
    """Within the block, ``model`` has its weights at rest; then again, bit for bit, those that it learns with.

    Nothing happens where it has no others, or within another such block.
    """
    if not isinstance(model, RestsElsewhere) or model._is_at_rest:
        yield
        return
    with torch.no_grad():
        kept = [(tensor, tensor.detach().clone(), value) for tensor, value in model._weights_at_rest()]
        for tensor, _, value in kept:
            tensor.copy_(value)
    model._is_at_rest = True
    try:
        yield
    finally:
        model._is_at_rest = False
        with torch.no_grad():
            for tensor, learning, _ in kept:
                tensor.copy_(learning)
