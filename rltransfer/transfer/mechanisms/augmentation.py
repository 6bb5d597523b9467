"""Pictures changed at random on their way from a buffer to the learner."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.buffers import BaseBuffer
from torch import Tensor
from torch.nn import functional

from rltransfer.agents.adoption import extend
from rltransfer.agents.draws import generator_for
from rltransfer.agents.extra_losses import buffer_of
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.perceived import change_perceived, perceived, perceived_key

SMALLEST = 36
"""Pixels that the shorter side of a picture has at least; below it lie grid worlds' symbols, as for trunk ``grid``."""


class ChangesPictures(BaseBuffer):
    """What a rollout or replay buffer gains by ``augment``."""

    change: Callable[..., Any]
    """A minibatch as the buffer would give it -> as the learner gets it."""

    def _get_samples(self, *args: Any, **kwargs: Any) -> Any:
        return self.change(super()._get_samples(*args, **kwargs))  # type: ignore[safe-super]


def require_pictures(space: spaces.Space[Any]) -> None:
    """Raise NotApplicableError where what a trunk perceives is no picture."""
    part = perceived(space)
    if len(part.shape) != 3 or part.dtype.kind != "u" or min(sorted(part.shape)[1:]) < SMALLEST:
        raise NotApplicableError(
            f"augmentation changes pictures of at least {SMALLEST} pixels a side, not observations of shape "
            f"{part.shape} and type {part.dtype}. Learn from pixels."
        )


def augment(model: BaseAlgorithm, *, shift: int, convolution: float) -> None:
    """Let the model's buffer change the pictures it gives; what it holds stays.

    Args:
        model: learns from pictures, whose buffer is in its place for good.
        shift: see ``shifted``.
        convolution: chance of a minibatch to pass through a random layer.
    """
    key = perceived_key(model.observation_space)
    draws = generator_for(model, "augmentation")

    def change(minibatch: Any) -> Any:
        passes = bool(torch.rand((), generator=draws) < convolution)
        frames: Tensor = minibatch.observations if key is None else minibatch.observations[key]
        layer = random_layer(frames.shape[1], draws).to(frames.device) if passes else None

        def changed(pictures: Tensor) -> Tensor:
            moved = shifted(pictures, random_shifts(len(pictures), shift, draws)) if shift else pictures
            return moved if layer is None else recoloured(moved, layer)

        fields = [name for name in ("observations", "next_observations") if hasattr(minibatch, name)]
        return minibatch._replace(**{name: change_perceived(getattr(minibatch, name), key, changed) for name in fields})

    extend(buffer_of(model), ChangesPictures, first=True).change = change  # type: ignore[attr-defined]


def random_shifts(count: int, most: int, draws: torch.Generator) -> Tensor:
    """(count, 2) whole numbers from -most to most, each as likely."""
    return torch.randint(-most, most + 1, (count, 2), generator=draws)


def shifted(pictures: Tensor, shifts: Tensor) -> Tensor:
    """Each picture cut out again, its border repeated, so many pixels further down and to the right.

    The same as padding by the border's pixels and cropping at random.

    Args:
        pictures: (n, channels, height, width).
        shifts: (n, 2) whole numbers: rows and columns.

    Source: Kostrikov et al. 2021, "Image Augmentation Is All You Need" (padding by 4, replicated).
    """
    count, channels, height, width = pictures.shape
    shifts = shifts.to(pictures.device)
    rows = (torch.arange(height, device=pictures.device) + shifts[:, :1]).clamp(0, height - 1)
    columns = (torch.arange(width, device=pictures.device) + shifts[:, 1:]).clamp(0, width - 1)
    each = torch.arange(count, device=pictures.device)[:, None, None, None]
    channel = torch.arange(channels, device=pictures.device)[None, :, None, None]
    return pictures[each, channel, rows[:, None, :, None], columns[:, None, None, :]]


def random_layer(channels: int, draws: torch.Generator) -> Tensor:
    """Weights (c, c, 3, 3) of a convolution, normal with variance 2 / (9 c + 9 c): c is 3 for colours, or else 1.

    Source: Lee et al. 2020, "Network Randomization", with Xavier's normal distribution.
    """
    width = 3 if channels % 3 == 0 else 1
    return torch.randn((width, width, 3, 3), generator=draws) * math.sqrt(2 / (18 * width))


def recoloured(pictures: Tensor, layer: Tensor) -> Tensor:
    """Pictures after a random layer, as fractions of 255 in float32; every frame of a stack passes the same one.

    Args:
        pictures: (n, channels, height, width) uint8, or fractions.
        layer: from ``random_layer``.
    """
    values = pictures if pictures.is_floating_point() else pictures.float() / 255
    frames = values.reshape(-1, layer.shape[1], *pictures.shape[2:])
    outputs: Tensor = functional.conv2d(frames, layer, padding=1)
    return outputs.reshape(pictures.shape)
