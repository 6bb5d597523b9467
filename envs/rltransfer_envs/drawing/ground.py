"""The ground that a scene stands on: its pattern, and copying a frame that was drawn before."""

from __future__ import annotations

import math

from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.shapes import Frame

PLAIN, CHECKER, STRIPES, NOISE = range(4)
"""Textures, in the order in which families list them."""


@compiled
def pattern(texture: int, x: float, y: float) -> float:
    """How much of the pattern's colour the ground has at a point, 0 to 1."""
    if texture == CHECKER:
        return float((math.floor(x / 0.25) + math.floor(y / 0.25)) % 2)
    if texture == STRIPES:
        return float(math.floor((x + y) / 0.16) % 2)
    if texture == NOISE:  # a hash of the 5 cm cell, in floating point
        wave = math.sin(math.floor(x / 0.05) * 12.9898 + math.floor(y / 0.05) * 78.233) * 43758.5453
        return 1.5 * (wave - math.floor(wave))
    return 0.0


@compiled
def copy_frame(source: Frame, target: Frame) -> None:
    """Source into target; over a flat view, which compiles to one memory copy."""
    flat_source, flat_target = source.reshape(source.size), target.reshape(target.size)
    for k in range(flat_source.shape[0]):
        flat_target[k] = flat_source[k]
