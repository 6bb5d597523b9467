"""Colours of ground and road."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rltransfer.tasks.factor import FactorValue


@dataclass(frozen=True, kw_only=True)
class Colours:
    """Red, green and blue of 0 to 255, (3,) each."""

    road: NDArray[np.int64]
    background: NDArray[np.int64]
    grass: NDArray[np.int64]


def from_hue(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    """Red, green and blue of 0 to 255 for a hue in degrees, a saturation of 0 to 1 and a value of 0 to 255."""
    red, green, blue = colorsys.hsv_to_rgb(hue % 360 / 360, saturation, value)
    return round(red), round(green), round(blue)


def chosen(environment: Mapping[str, FactorValue]) -> Colours:
    """The colours that the factors say; by default Gymnasium's.

    Args:
        environment: every factor of the family.
    """
    hue = float(environment["grass_hue"])
    background = np.array(from_hue(hue, 0.5, 204))
    grass = background.copy()
    grass[background == 204] += int(environment["grass_patches"])
    road = from_hue(
        float(environment["road_hue"]), float(environment["road_saturation"]), float(environment["road_brightness"])
    )
    return Colours(road=np.array(road), background=background, grass=grass)


def drawn(stream: np.random.Generator) -> Colours:
    """Random colours, of the distribution that Gymnasium's ``domain_randomize`` has."""
    road, background = stream.uniform(0, 210, size=3), stream.uniform(0, 210, size=3)
    grass = background.copy()
    grass[stream.integers(3)] += 20
    return Colours(road=road.astype(np.int64), background=background.astype(np.int64), grass=grass.astype(np.int64))
