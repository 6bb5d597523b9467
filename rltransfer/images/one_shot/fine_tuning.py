"""Fine-tuning on the support set."""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import UnfitDataError
from rltransfer.images.one_shot.codes import fitting_images
from rltransfer.settings import Options
from rltransfer.trunks.trunk import Trunk


class FineTuning(Options):
    """How a classifier learns from a support set.

    Args:
        learns: ``head`` leaves the trunk as it is; ``all`` changes a copy of it as well.
        steps: gradient steps on the whole support set. More fit it closer.
        learning_rate: of Adam, for the head.
        trunk_rate: of Adam, for the trunk where it learns: a tenth, so that few examples do not undo it.
        scale: what cosines between codes and class weights are multiplied by.

    Source: Chen et al. 2019, "A Closer Look at Few-shot Classification" (the cosine head, Baseline++); class weights
    start at the support set's mean codes as in Qi, Brown & Lowe 2018, "Low-Shot Learning with Imprinted Weights";
    numbers are own choice.
    """

    learns: Literal["head", "all"] = "head"
    steps: int = Field(default=50, ge=0, le=100_000)
    learning_rate: float = Field(default=1e-2, gt=0)
    trunk_rate: float = Field(default=1e-3, gt=0)
    scale: float = Field(default=10.0, gt=0)


def fine_tune(trunk: Trunk, support: Tensor, queries: Tensor, *, settings: FineTuning | None = None) -> Tensor:
    """Learn the classes of ``support`` and score ``queries``.

    The trunk that is given stays bit for bit; batch-norm statistics of the copy stay, too. No random number is drawn.

    Args:
        trunk: makes codes of images.
        support: (ways, shots, channels, height, width) images, row w of class w.
        queries: (queries, channels, height, width).
        settings: see there.

    Returns:
        (queries, ways) logits.

    Raises:
        UnfitDataError: images of another shape than the trunk's, or one way only.
    """
    settings = settings or FineTuning()
    if support.dim() != 5 or len(support) < 2:
        raise UnfitDataError(f"support has shape {tuple(support.shape)}. Give (ways, shots, channels, height, width).")
    fitting_images(trunk, tuple(support.shape[2:]), "support")
    fitting_images(trunk, tuple(queries.shape[1:]), "queries")
    ways, shots = support.shape[:2]
    images, labels = support.flatten(0, 1), torch.arange(ways).repeat_interleave(shots)
    network = trunk.clone().eval()
    network.requires_grad_(settings.learns == "all")
    with torch.no_grad():
        codes = network(images)
        weights = nn.Parameter(functional.normalize(codes, dim=1).reshape(ways, shots, -1).mean(dim=1))
    groups = [{"params": [weights], "lr": settings.learning_rate}]
    if settings.learns == "all":
        groups.append({"params": list(network.parameters()), "lr": settings.trunk_rate})
    optimizer = torch.optim.Adam(groups)
    for _ in range(settings.steps):
        if settings.learns == "all":
            codes = network(images)
        loss = functional.cross_entropy(_cosines(codes, weights) * settings.scale, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return _cosines(network(queries), weights) * settings.scale


def _cosines(codes: Tensor, weights: Tensor) -> Tensor:
    return functional.normalize(codes, dim=1) @ functional.normalize(weights, dim=1).T
