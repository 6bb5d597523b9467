"""Pictures of a race: pixel for pixel Gymnasium's, but for the time they take.

``CarRacing`` turns some 700 polygons a frame corner by corner in Python, and most of them are out of sight. Here all
corners are turned at once, by the same products and sums, and what is out of sight is not drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pygame
from gymnasium.envs.box2d import car_racing
from gymnasium.envs.box2d.car_racing import WINDOW_H, WINDOW_W
from numpy.typing import NDArray
from pygame import gfxdraw

Corners = NDArray[np.float64]
"""(polygons, 4, 2): places in the world, or in the picture"""
EDGE = 4
"""Pixels around the picture in which antialiasing could still reach it."""
FIELD = car_racing.PLAYFIELD
TEXT_MIDDLE = (60, WINDOW_H - WINDOW_H * 2.5 / 40.0)


def grass_corners() -> Corners:
    """The squares of brighter grass, in Gymnasium's order."""
    side = car_racing.GRASS_DIM
    corners = ((side, 0.0), (0.0, 0.0), (0.0, side), (side, side))
    columns = [(side * x, side * y) for x in range(-20, 20, 2) for y in range(-20, 20, 2)]
    return np.array([[(x + dx, y + dy) for dx, dy in corners] for x, y in columns])


class Polygons:
    """Shapes that stay where they are in the world.

    Args:
        corners: of each.
    """

    def __init__(self, corners: Corners) -> None:
        self.corners = corners
        self.middles: NDArray[np.float64] = corners.mean(axis=1)
        spread = corners - self.middles[:, None]
        self.radius = float(np.sqrt((spread * spread).sum(axis=-1)).max())
        """Metres from the middle to the farthest corner, of the largest of them."""


class View:
    """Where the camera of one frame is: turned by ``angle``, then ``zoom`` pixels a metre, then moved.

    Args:
        zoom: pixels a metre.
        moved: pixels, after turning.
        angle: radians.
        reach: how far out of the picture, in pixels, a corner may be for Gymnasium to draw its polygon.
    """

    def __init__(self, zoom: float, moved: tuple[float, float], angle: float, reach: float) -> None:
        self.zoom, self.moved, self.reach = zoom, moved, reach
        self.cos, self.sin = pygame.math.Vector2(1, 0).rotate_rad(angle)

    def turned(self, corners: Corners) -> Corners:
        """Places in the world -> places in the picture, of the same shape."""
        x, y = corners[..., 0], corners[..., 1]
        turned = np.empty_like(corners)
        turned[..., 0] = (self.cos * x - self.sin * y) * self.zoom + self.moved[0]
        turned[..., 1] = (self.sin * x + self.cos * y) * self.zoom + self.moved[1]
        return turned

    def seen(self, polygons: Polygons) -> Iterator[tuple[int, list[list[float]]]]:
        """Number and corners in the picture of each polygon that Gymnasium draws and that leaves a mark."""
        middle = self.place(WINDOW_W / 2, WINDOW_H / 2)
        sight = math.hypot(WINDOW_W / 2 + EDGE, WINDOW_H / 2 + EDGE) / self.zoom + polygons.radius
        apart = polygons.middles - middle
        near = np.flatnonzero((apart * apart).sum(axis=1) < sight * sight)
        corners = self.turned(polygons.corners[near])
        x, y = corners[..., 0], corners[..., 1]
        is_near = (
            (-self.reach <= x) & (x <= WINDOW_W + self.reach) & (-self.reach <= y) & (y <= WINDOW_H + self.reach)
        ).any(axis=1)
        low, high = corners.min(axis=1), corners.max(axis=1)
        marks = (high > -EDGE).all(axis=1) & (low < (WINDOW_W + EDGE, WINDOW_H + EDGE)).all(axis=1)
        for k in np.flatnonzero(is_near & marks):
            yield near[k], corners[k].tolist()

    def place(self, column: float, row: float) -> tuple[float, float]:
        """The place in the world that a place in the picture shows."""
        x, y = (column - self.moved[0]) / self.zoom, (row - self.moved[1]) / self.zoom
        return self.cos * x + self.sin * y, self.cos * y - self.sin * x

    def is_inside(self, bound: float) -> bool:
        """Whether the whole picture shows places within ``bound`` metres of the world's middle along each axis."""
        width, height = WINDOW_W + EDGE, WINDOW_H + EDGE
        for column, row in ((-EDGE, -EDGE), (width, -EDGE), (-EDGE, height), (width, height)):
            if max(map(abs, self.place(column, row))) >= bound:
                return False
        return True


class Ground:
    """The field, its grass and the road of one track, drawn in a moment.

    Args:
        road: corners and colour of each piece, colours being read when they are drawn.
    """

    _GRASS = Polygons(grass_corners())

    def __init__(self, road: list[tuple[Any, Any]]) -> None:
        self._road = Polygons(np.array([corners for corners, _ in road]))
        self._colours = [colour for _, colour in road]

    def draw(self, surface: pygame.Surface, view: View, background: Any, grass: Any) -> None:
        """Fill ``surface``."""
        if view.is_inside(FIELD):
            surface.fill(background)
        else:
            surface.fill((0, 0, 0))
            field = np.array([[(FIELD, FIELD), (FIELD, -FIELD), (-FIELD, -FIELD), (-FIELD, FIELD)]])
            _draw(surface, view.turned(field)[0].tolist(), background)
        for _, corners in view.seen(self._GRASS):
            _draw(surface, corners, grass)
        for k, corners in view.seen(self._road):
            _draw(surface, corners, [int(level) for level in self._colours[k]])


class Score:
    """The number in the picture's corner; drawing letters anew would take a tenth of a frame's time."""

    def __init__(self) -> None:
        pygame.font.init()
        self._font = pygame.font.Font(pygame.font.get_default_font(), 42)
        self._text = ""
        self._letters = pygame.Surface((0, 0))

    def draw(self, surface: pygame.Surface, reward: float) -> None:
        """Write ``reward`` without decimals."""
        text = f"{reward:04.0f}"
        if text != self._text:
            self._text, self._letters = text, self._font.render(text, True, (255, 255, 255), (0, 0, 0))
        place = self._letters.get_rect()
        place.center = TEXT_MIDDLE
        surface.blit(self._letters, place)


def _draw(surface: pygame.Surface, corners: list[list[float]], colour: Any) -> None:
    gfxdraw.aapolygon(surface, corners, colour)
    gfxdraw.filled_polygon(surface, corners, colour)


def scaled(surface: pygame.Surface, size: tuple[int, int]) -> NDArray[np.uint8]:
    """``surface`` at a size of (width, height), as a (height, width, 3) array."""
    small = pygame.transform.smoothscale(surface, size)
    return np.ascontiguousarray(pygame.surfarray.pixels3d(small).transpose(1, 0, 2))
