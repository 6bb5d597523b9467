"""Codes of drawings, averaged over distorted views of each."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

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
    """
    generator = torch.Generator().manual_seed(seed)
    with evaluating(trunk):
        total = functional.normalize(trunk(images), dim=1)
        for _ in range(views - 1):
            shown = distort(images, distortions or Distortions(), generator)
            total = total + functional.normalize(trunk(shown), dim=1)
    return functional.normalize(total, dim=1)
