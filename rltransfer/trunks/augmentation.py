"""Changes to images that leave what they show as it is."""

from __future__ import annotations

import torch
from torch import Tensor


def random_shift(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each image moved by up to ``most`` pixels in each direction; what moves in repeats the edge.

    Padding by the edge and then cropping at random, without the padded copy.

    Args:
        images: (batch, channels, height, width), of any dtype; all channels of an image move together.
        most: pixels; 0 changes nothing.
        generator: on the CPU; draws a movement for each image.

    Source: Kostrikov, Yarats and Fergus 2020, "Image Augmentation Is All You Need" (DrQ).
    """
    batch, _, height, width = images.shape
    moved = torch.randint(-most, most + 1, (2, batch, 1), generator=generator)
    rows = (torch.arange(height) + moved[0]).clamp(0, height - 1).to(images.device)
    columns = (torch.arange(width) + moved[1]).clamp(0, width - 1).to(images.device)
    each = torch.arange(batch, device=images.device)[:, None, None]
    # of (batch, height, width, channels), as convolutions read them
    shifted = images.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]]
    return shifted.permute(0, 3, 1, 2)
