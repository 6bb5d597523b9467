"""Statistics of batch normalisation taken anew from given frames."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from rltransfer.agents.anatomy import follow, trunk_of, trunk_sites
from rltransfer.tasks.perceived import of_perceived, perceived_key
from rltransfer.trunks.trunk import Trunk, evaluating

_CHUNK = 256
"""Frames that pass through a trunk at once."""


def normalisations(model: BaseAlgorithm) -> list[_BatchNorm]:
    """The layers of the model's acting trunk that normalise by running statistics."""
    return [layer for _, layer in _layers(trunk_of(model))]


@torch.no_grad()
def adapt(model: BaseAlgorithm, observations: Any) -> dict[str, dict[str, float]]:
    """Let every trunk copy of ``model`` normalise by the statistics of ``observations``, in place.

    Layers come in turn, since what reaches one depends on the statistics of those before it. The statistics are exact:
    of all frames and positions at once, whatever their order.

    Args:
        model: its weights stay; target networks follow.
        observations: (n, *observation), as its buffer would hold them, in one part or several by name.

    Returns:
        By trunk copy: how many layers, and by how many of their old standard deviations channels moved on average.
    """
    frames = torch.as_tensor(of_perceived(observations, perceived_key(model.observation_space)))
    told = {}
    for number, site in enumerate(site for site in trunk_sites(model) if site.role == "online"):
        shifts = [_adapt_layer(site.trunk, stop, layer, frames) for stop, layer in _layers(site.trunk)]
        told["trunk" if number == 0 else site.path] = {
            "layers": len(shifts),
            "shift": sum(shifts) / len(shifts),
        }
    follow(model)
    return told


def _layers(trunk: Trunk) -> list[tuple[int, _BatchNorm]]:
    """(number of stages up to the layer's own, layer) for every layer with running statistics, in order."""
    return [
        (number, layer)
        for number, name in enumerate(trunk.stage_names, start=1)
        for layer in trunk.stages[name].modules()
        if isinstance(layer, _BatchNorm) and layer.running_mean is not None
    ]


def _adapt_layer(trunk: Trunk, stop: int, layer: _BatchNorm, frames: Tensor) -> float:
    """Take one layer's statistics anew; returns the mean shift of its channels in old standard deviations."""
    mean, variance = layer.running_mean, layer.running_var
    assert mean is not None
    assert variance is not None
    sums = torch.zeros(3, layer.num_features, dtype=torch.float64, device=mean.device)

    def gather(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        values = inputs[0].transpose(0, 1).flatten(1).double()
        sums.add_(torch.stack([torch.full_like(sums[0], values.shape[1]), values.sum(1), (values**2).sum(1)]))

    keeps, trunk.keeps_copy = trunk.keeps_copy, False  # copies for acting are other modules, which the hook is not on
    hook = layer.register_forward_pre_hook(gather)
    try:
        with evaluating(trunk.stages):
            for part in torch.split(frames, _CHUNK):
                trunk(part.to(trunk.device), 0, stop)
    finally:
        hook.remove()
        trunk.keeps_copy = keeps
    count, total, squares = sums
    found = total / count
    shift = ((found - mean).abs() / (variance + layer.eps).sqrt()).mean()
    mean.copy_(found)
    variance.copy_((squares / count - found**2).clamp_min(0) * count / (count - 1))
    return float(shift)
