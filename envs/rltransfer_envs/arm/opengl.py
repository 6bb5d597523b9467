"""Frames of the arm by MuJoCo's own renderer."""

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer_envs.arm.simulation import RENDER_SIZE, Simulation
from rltransfer_envs.offscreen import Offscreen


class View:
    """A camera above the table, for the copies of one simulation.

    Args:
        simulation: whose copies are drawn.

    Raises:
        OpenGLError: there is no OpenGL on this machine.
    """

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._offscreen = Offscreen(RENDER_SIZE)
        self._model = mujoco.MjModel.from_xml_string(simulation.xml)
        self._data = mujoco.MjData(self._model)

    def frame(self, copy: int) -> npt.NDArray[np.uint8]:
        """What the camera sees of one copy now, (384, 384, 3)."""
        model, data, record = self._model, self._data, self._simulation.copies[copy]
        model.site("goal").pos[:2] = record["goal"]
        if self._simulation.has_hazard:
            model.site("hazard").pos[:2] = record["hazard"]
        self._simulation.batch.get_data(copy, data)
        mujoco.mj_forward(model, data)
        return self._offscreen.frame(model, data, "above")

    def close(self) -> None:
        """Free what OpenGL holds."""
        self._offscreen.close()
