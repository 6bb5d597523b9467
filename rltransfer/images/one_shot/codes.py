"""Codes of drawings, averaged over distorted views of each."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from rltransfer.errors import ConfigError, UnfitDataError
from rltransfer.images.one_shot.distortions import Distortions, distort
from rltransfer.trunks.trunk import Trunk, evaluating


@torch.no_grad()
def view_codes(
    trunk: Trunk, images: Tensor, *, views: int = 1, distortions: Distortions | None = None, seed: int = 0
) -> Tensor:
    """Codes of length 1, in evaluation mode.

    Args:
        trunk: what makes them.
        images: (n, channels, height, width) floats.
        views: how many of each image are averaged: the image itself and ``views`` - 1 distorted ones. More make the
            code depend less on how an image happens to lie, and cost as much each.
        distortions: of the further views.
        seed: of the distortions.

    Returns:
        (n, features).

    Raises:
        UnfitDataError: images of another shape than the trunk's.
    """
    fitting_images(trunk, tuple(images.shape[1:]), "images")
    if views < 1:
        raise ConfigError(f"views is {views}. Give 1 for the image itself, more for distorted ones beside it.")
    generator = torch.Generator().manual_seed(seed)
    with evaluating(trunk):
        total = functional.normalize(trunk(images), dim=1)
        for _ in range(views - 1):
            shown = distort(images, distortions or Distortions(), generator)
            total = total + functional.normalize(trunk(shown), dim=1)
    return functional.normalize(total, dim=1)


def fitting_images(trunk: Trunk, shape: tuple[int, ...], name: str) -> None:
    """Raise UnfitDataError where images of ``shape``, (channels, height, width), are not what ``trunk`` takes."""
    if shape != trunk.input_shape:
        raise UnfitDataError(f"{name}: one is of shape {shape}, and the trunk takes {trunk.input_shape}. Resize them.")


def same_codes(support: Tensor, queries: Tensor) -> None:
    """Raise UnfitDataError where codes are not (ways, shots, features) and (queries, features) of as many features."""
    if support.dim() != 3 or queries.dim() != 2 or support.shape[2] != queries.shape[1]:
        raise UnfitDataError(
            f"support has shape {tuple(support.shape)}, queries {tuple(queries.shape)}. Give (ways, shots, features) "
            "and (queries, features), codes of one trunk."
        )
