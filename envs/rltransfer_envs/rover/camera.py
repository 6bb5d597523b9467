"""From floor to frame: the camera looks straight down on a square of floor."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.rover.jit import compiled

FIELD_OF_VIEW = 1.9
"""Metres of floor across the frame at zoom 1."""


class Camera(NamedTuple):
    """Where the camera stands and how it is turned."""

    x: float
    y: float
    cos: float
    sin: float
    zoom: float


def make_camera(factors: Mapping[str, FactorValue]) -> Camera:
    """The camera of a full set of factor values."""
    angle = math.radians(float(factors["camera_rotation"]))
    return Camera(
        x=float(factors["camera_x"]),
        y=float(factors["camera_y"]),
        cos=math.cos(angle),
        sin=math.sin(angle),
        zoom=float(factors["camera_zoom"]),
    )


@compiled
def pixels_per_metre(camera: Camera, size: int) -> float:
    """Of a frame of ``size`` by ``size`` pixels."""
    return size * camera.zoom / FIELD_OF_VIEW


@compiled
def to_frame(camera: Camera, size: int, x: float, y: float) -> tuple[float, float]:
    """Column and row, in pixels from the upper left corner, of a point on the floor."""
    scale = pixels_per_metre(camera, size)
    dx, dy = x - camera.x, y - camera.y
    return (
        size / 2 + scale * (camera.cos * dx + camera.sin * dy),
        size / 2 - scale * (camera.cos * dy - camera.sin * dx),
    )


@compiled
def to_floor(camera: Camera, size: int, column: float, row: float) -> tuple[float, float]:
    """The point on the floor, metres, that a point of the frame shows; the inverse of ``to_frame``."""
    scale = pixels_per_metre(camera, size)
    u, v = (column - size / 2) / scale, (size / 2 - row) / scale
    return camera.x + camera.cos * u - camera.sin * v, camera.y + camera.sin * u + camera.cos * v
