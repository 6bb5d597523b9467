"""Shapes blended into a frame with anti-aliased edges.

Coverage of a pixel is 1 inside, 0 outside and linear in the signed distance over one pixel at the edge.
Only the shape's bounding box is visited. Source of the distance functions: I. Quilez, "2D distance
functions".
"""

# ruff: noqa: PLR0917 -- compiled functions are called by position
from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.camera import Camera, pixels_per_metre, to_frame
from rltransfer_envs.drawing.jit import compiled

DISC, BOX, DIAMOND, TRIANGLE, CAPSULE = range(5)

Frame = npt.NDArray[np.uint8]
"""(size, size, 3)"""
Gain = npt.NDArray[np.float32]
"""(size, size): brightness by which a pixel multiplies what it shows."""


@compiled
def _distance(shape: int, x: float, y: float, a: float, b: float) -> float:
    """Signed distance from (x, y) to the shape's edge, negative inside; lengths in one unit, any."""
    if shape == DISC:
        return math.sqrt(x * x + y * y) - a
    if shape == BOX:
        dx, dy = abs(x) - a, abs(y) - b
        return math.sqrt(max(dx, 0.0) ** 2 + max(dy, 0.0) ** 2) + min(max(dx, dy), 0.0)
    if shape == DIAMOND:
        return (abs(x) / a + abs(y) / b - 1.0) * a * b / math.sqrt(a * a + b * b)
    if shape == CAPSULE:  # a segment of half length a with round ends of radius b
        dx = max(abs(x) - a, 0.0)
        return math.sqrt(dx * dx + y * y) - b
    # an isosceles triangle from (-a, +-b) to (a, 0)
    side = math.sqrt(4 * a * a + b * b)
    return max(-x - a, (b * (x - a) + 2 * a * abs(y)) / side)


@compiled
def draw(
    frame: Frame,
    gain: Gain,
    camera: Camera,
    colours: npt.NDArray[np.float64],
    parts: npt.NDArray[np.float64],
    x: float,
    y: float,
    heading: float,
    stretch_x: float,
    stretch_y: float,
) -> None:
    """Blend a thing into a frame, part by part.

    Args:
        frame: (size, size, 3) uint8, changed in place.
        gain: (size, size) float32.
        camera: through which it is seen.
        colours: (num_colours, 3) in 0 to 255.
        parts: (num_parts, 8): shape, x, y, heading relative to the thing's, half length, half width, colour,
            opacity.
        x: of the thing's middle, metres.
        y: of the thing's middle, metres.
        heading: of the thing, radians.
        stretch_x: factor on all half lengths.
        stretch_y: factor on all half widths.
    """
    size = frame.shape[0]
    scale = pixels_per_metre(camera, size)
    thing_cos, thing_sin = math.cos(heading), math.sin(heading)
    for part in range(parts.shape[0]):
        shape, part_x, part_y = int(parts[part, 0]), parts[part, 1], parts[part, 2]
        column, row = to_frame(
            camera,
            size,
            x + part_x * thing_cos - part_y * thing_sin,
            y + part_x * thing_sin + part_y * thing_cos,
        )
        along, across = parts[part, 4] * stretch_x * scale, parts[part, 5] * stretch_y * scale
        angle = heading + parts[part, 3]
        # the part's axes in the frame, where rows count downwards
        cos = math.cos(angle) * camera.cos + math.sin(angle) * camera.sin
        sin = math.sin(angle) * camera.cos - math.cos(angle) * camera.sin
        if shape == BOX or shape == TRIANGLE:  # noqa: PLR1714,SIM109 -- faster in numba
            wide = abs(cos) * along + abs(sin) * across + 0.5
            high = abs(sin) * along + abs(cos) * across + 0.5
        elif shape == CAPSULE:
            wide = abs(cos) * along + across + 0.5
            high = abs(sin) * along + across + 0.5
        else:
            wide = high = max(along, across) + 0.5
        opacity = parts[part, 7]
        colour = colours[int(parts[part, 6])]
        for r in range(max(0, int(row - high)), min(size, int(row + high) + 1)):
            dy = row - (r + 0.5)
            for c in range(max(0, int(column - wide)), min(size, int(column + wide) + 1)):
                dx = (c + 0.5) - column
                distance = _distance(shape, dx * cos + dy * sin, dy * cos - dx * sin, along, across)
                cover = min(0.5 - distance, 1.0) * opacity
                if cover > 0.0:
                    for channel in range(3):
                        below = float(frame[r, c, channel])
                        lit = min(colour[channel] * gain[r, c], 255.0)
                        frame[r, c, channel] = np.uint8(below + cover * (lit - below) + 0.5)
