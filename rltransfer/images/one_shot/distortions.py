"""Small random distortions of drawings, and turned or mirrored drawings as further classes."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from rltransfer.settings import Options

Symmetries = Literal["none", "rotations", "all"]
NODES = 5
"""Nodes a side of the net that elastic distortions move."""


class Distortions(Options):
    """How far a drawing is distorted at most; each value is drawn evenly from plus to minus it.

    Args:
        rotation: degrees.
        shear: degrees by which upright strokes lean.
        scale: of height and width, each by itself: 0.2 is from 0.8 to 1.2 times.
        shift: share of the width, and of the height.
        elastic: share of the width by which the nodes of a coarse net over the drawing move, each by itself; what lies
            between moves smoothly.

    Source: after Koch, Zemel & Salakhutdinov 2015, "Siamese Neural Networks for One-shot Image Recognition", section
    on affine distortions: rotation to 10 degrees, shear to 0.3, scale 0.8 to 1.2, shift 2 of 105 pixels; shear is
    taken as degrees here, and shift is own choice. Elastic distortions in the manner of Simard, Steinkraus & Platt
    2003, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis"; the net is own choice.
    """

    rotation: float = Field(default=10.0, ge=0, le=180)
    shear: float = Field(default=15.0, ge=0, lt=90)
    scale: float = Field(default=0.2, ge=0, lt=1)
    shift: float = Field(default=0.05, ge=0, le=1)
    elastic: float = Field(default=0.03, ge=0, le=0.5)


def distort(images: Tensor, settings: Distortions, generator: torch.Generator) -> Tensor:
    """Each of (images, channels, height, width) floats distorted in a way of its own; outside is 0 (paper)."""
    draws = 2 * torch.rand((len(images), 6), generator=generator) - 1
    angle = draws[:, 0] * math.radians(settings.rotation)
    lean = torch.tan(draws[:, 1] * math.radians(settings.shear))
    taller, wider = 1 + draws[:, 2] * settings.scale, 1 + draws[:, 3] * settings.scale
    cosine, sine = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([cosine / wider, (lean * cosine - sine) / wider, 2 * draws[:, 4] * settings.shift], dim=1),
        torch.stack([sine / taller, (lean * sine + cosine) / taller, 2 * draws[:, 5] * settings.shift], dim=1),
    ]
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    if settings.elastic:
        moves = (2 * torch.rand((len(images), 2, NODES, NODES), generator=generator) - 1) * 2 * settings.elastic
        smooth = functional.interpolate(moves, size=images.shape[2:], mode="bicubic", align_corners=True)
        grid = grid + smooth.permute(0, 2, 3, 1)
    return functional.grid_sample(images, grid, align_corners=False)


def with_symmetries(
    images: NDArray[np.generic], labels: NDArray[np.int64], groups: NDArray[np.int64], kind: Symmetries
) -> tuple[NDArray[np.generic], NDArray[np.int64], NDArray[np.int64]]:
    """Drawings turned by quarters (``rotations``), and mirrored too (``all``), each as a class of its own.

    Args:
        images: (n, size, size).
        labels: (n,) numbered from 0.
        groups: (n,) numbered from 0; each turn of an alphabet is a group of its own.
        kind: four or eight times as many classes; ``none`` changes nothing.

    Source: Santoro et al. 2016, "One-shot Learning with Memory-Augmented Neural Networks" (rotations as classes);
    mirrors are own choice.
    """
    flips = (False, True) if kind == "all" else (False,)
    turns = range(1 if kind == "none" else 4)
    pictures, kinds, families = [], [], []
    num_classes, num_groups = int(labels.max()) + 1, int(groups.max()) + 1
    for number, (flip, turn) in enumerate((flip, turn) for flip in flips for turn in turns):
        shown = images[:, :, ::-1] if flip else images
        pictures.append(np.rot90(shown, turn, axes=(1, 2)))
        kinds.append(labels + number * num_classes)
        families.append(groups + number * num_groups)
    return np.concatenate(pictures), np.concatenate(kinds), np.concatenate(families)
