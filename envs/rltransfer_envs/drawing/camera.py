"""From scene to frame: a camera in front of a plane, moved, turned and zoomed in it. Metres; x right, y up."""

from __future__ import annotations

import math
from typing import NamedTuple

from rltransfer_envs.drawing.jit import compiled


class Camera(NamedTuple):
    """Where the camera stands and how it is turned; ``make_camera`` makes one.

    Args:
        x: of the point in the middle of the frame, metres.
        y: of the point in the middle of the frame, metres.
        cos: of the angle by which the camera is turned counter-clockwise.
        sin: of that angle.
        field: metres across the frame.
    """

    x: float
    y: float
    cos: float
    sin: float
    field: float


def make_camera(*, x: float, y: float, rotation: float, field: float) -> Camera:
    """A camera above (x, y), turned by ``rotation`` degrees, that sees ``field`` metres across."""
    angle = math.radians(rotation)
    return Camera(x=x, y=y, cos=math.cos(angle), sin=math.sin(angle), field=field)


@compiled
def pixels_per_metre(camera: Camera, size: int) -> float:
    """Of a frame of ``size`` by ``size`` pixels."""
    return size / camera.field


@compiled
def to_frame(camera: Camera, size: int, x: float, y: float) -> tuple[float, float]:
    """Column and row, in pixels from the upper left corner, of a point of the scene."""
    scale = pixels_per_metre(camera, size)
    dx, dy = x - camera.x, y - camera.y
    return (
        size / 2 + scale * (camera.cos * dx + camera.sin * dy),
        size / 2 - scale * (camera.cos * dy - camera.sin * dx),
    )


@compiled
def to_scene(camera: Camera, size: int, column: float, row: float) -> tuple[float, float]:
    """The point of the scene, metres, that a point of the frame shows; the inverse of ``to_frame``."""
    scale = pixels_per_metre(camera, size)
    u, v = (column - size / 2) / scale, (size / 2 - row) / scale
    return camera.x + camera.cos * u - camera.sin * v, camera.y + camera.sin * u + camera.cos * v
