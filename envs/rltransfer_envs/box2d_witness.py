"""Where the bodies of a Box2D world are, by which its states are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt


def poses(bodies: Iterable[Any]) -> npt.NDArray[np.float64]:
    """(bodies, 6) place, angle and their velocities."""
    rows = [
        (*body.position, body.angle, *body.linearVelocity, body.angularVelocity) for body in bodies if body is not None
    ]
    return np.array(rows, np.float64).reshape(-1, 6)
