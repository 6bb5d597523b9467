"""Where the bodies of a Box2D world are, by which its states are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt


def poses(bodies: Iterable[Any], ground: Iterable[npt.ArrayLike]) -> npt.NDArray[np.float64]:
    """(6 bodies + 1,) place, angle and their velocities of each body; and the ground's polygons, summed up."""
    rows = [(*body.position, body.angle, *body.linearVelocity, body.angularVelocity) for body in bodies]
    return np.append(np.array(rows, np.float64).ravel(), sum(np.sum(polygon) for polygon in ground))
