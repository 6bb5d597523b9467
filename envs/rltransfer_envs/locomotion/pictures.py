"""Pictures without OpenGL: capsules, spheres and boxes seen by a parallel camera that follows the torso.

A capsule seen in parallel is a capsule, a sphere a disc and a tile of the floor a rectangle, so the shapes of
``drawing`` are exact; other geoms are drawn as the rectangle around them.
"""

from __future__ import annotations

import math

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer_envs.drawing.camera import make_camera
from rltransfer_envs.drawing.shapes import BOX, CAPSULE, DISC, draw
from rltransfer_envs.locomotion.bodies import Body
from rltransfer_envs.locomotion.models import Setting

SIZE = 384
"""Pixels a side."""
SKY, TILES, EDGE = (214.0, 229.0, 240.0), ((186.0, 196.0, 180.0), (164.0, 176.0, 160.0)), 0.45
"""Colours of the sky and of the floor's tiles; brightness of a geom's outline relative to the geom."""
DEPTH = 10
"""Tiles of the floor before and behind the robot, a metre each."""

Floats = npt.NDArray[np.float64]


class SidePictures:
    """Draws a robot from the side, looking down by the body's ``elevation``; x is to the right.

    Args:
        body: whose ``view`` and ``elevation`` the camera has.
    """

    def __init__(self, body: Body) -> None:
        self._view = body.view
        self._down = math.radians(body.elevation)
        self._gain = np.ones((SIZE, SIZE), np.float32)

    def draw(self, setting: Setting, qpos: Floats) -> npt.NDArray[np.uint8]:
        """A (384, 384, 3) frame of a robot at the positions ``qpos``, (nq,), on the slope of its setting."""
        model = setting.model
        data = mujoco.MjData(model)
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model, data)
        torso = data.xpos[1]
        middle = (float(torso[0]), self._height(torso) - 0.08 * self._view)
        floor = [geom for geom in range(model.ngeom) if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_PLANE]
        solid = [geom for geom in range(model.ngeom) if geom not in floor]
        parts, colours = [], [*TILES]
        if floor:
            parts += self._tiles(middle, float(data.geom_xpos[floor[0], 2]))
        for geom in sorted(solid, key=lambda g: self._nearness(data.geom_xpos[g])):
            shade = 255.0 * np.minimum(model.geom_rgba[geom, :3], 1.0)
            parts += self._geom(model, data, geom, len(colours))
            colours += [tuple(EDGE * shade), tuple(shade)]
        frame = np.empty((SIZE, SIZE, 3), np.uint8)
        frame[:] = SKY
        # the camera turns against the slope, so that gravity points down in the picture
        camera = make_camera(x=middle[0], y=middle[1], rotation=-setting.slope, field=self._view)
        draw(frame, self._gain, camera, np.array(colours), np.array(parts, np.float64), 0.0, 0.0, 0.0, 1.0, 1.0)
        return frame

    def _height(self, point: Floats) -> float:
        """Metres upwards in the picture."""
        return float(point[2] * math.cos(self._down) + point[1] * math.sin(self._down))

    def _nearness(self, point: Floats) -> float:
        """What is nearer to the camera is drawn later."""
        return float(point[2] * math.sin(self._down) - point[1] * math.cos(self._down))

    def _tiles(self, middle: tuple[float, float], ground: float) -> list[list[float]]:
        """The floor as one rectangle, and every other tile over it; a metre each, at fixed places of the world."""
        deep = math.sin(self._down)
        base = ground * math.cos(self._down)
        first = math.floor(middle[0] - self._view)
        count = math.ceil(2 * self._view) + 2
        # down to below the frame: what is nearer than the last row of tiles
        near = base - DEPTH * deep - 2 * self._view
        far = base + DEPTH * deep
        parts = [[BOX, middle[0], (near + far) / 2, 0.0, 3 * self._view, (far - near) / 2, 0, 1.0]]
        for row in range(-DEPTH, DEPTH):
            for column in range(first, first + count):
                if (row + column) % 2 == 0:
                    parts.append([BOX, column + 0.5, base + (row + 0.5) * deep, 0.0, 0.5, deep / 2, 1, 1.0])
        return parts

    def _geom(self, model: mujoco.MjModel, data: mujoco.MjData, geom: int, colour: int) -> list[list[float]]:
        """Rows of ``drawing.shapes.draw`` for a geom's outline and inside; colours ``colour`` and ``colour + 1``."""
        place, turn = data.geom_xpos[geom], data.geom_xmat[geom].reshape(3, 3)
        size = model.geom_size[geom]
        x, y = float(place[0]), self._height(place)
        rim = 0.004 * self._view
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_SPHERE:
            return [[DISC, x, y, 0.0, size[0] - d, 0.0, colour + k, 1.0] for k, d in enumerate((0.0, rim))]
        if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE:
            across, up = turn[0, 2] * size[1], self._height(turn[:, 2]) * size[1]
            length, angle = math.hypot(across, up), math.atan2(up, across)
            return [[CAPSULE, x, y, angle, length, size[0] - d, colour + k, 1.0] for k, d in enumerate((0.0, rim))]
        middle = place + turn @ model.geom_aabb[geom, :3]
        half = np.abs(turn) @ model.geom_aabb[geom, 3:]
        high = half[2] * math.cos(self._down) + half[1] * math.sin(self._down)
        return [
            [BOX, float(middle[0]), self._height(middle), 0.0, half[0] - d, high - d, colour + k, 1.0]
            for k, d in enumerate((0.0, rim))
        ]
