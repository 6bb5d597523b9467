"""Frames by MuJoCo's own renderer, in three dimensions and with OpenGL, where the machine has it."""

from __future__ import annotations

import importlib
import os
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer.errors import RLTransferError
from rltransfer_envs.arm.simulation import RENDER_SIZE, Simulation

BACKENDS = ("egl", "osmesa")
"""Those that need no screen; the one named by MUJOCO_GL is tried alone."""


class OpenGLError(RLTransferError):
    """No OpenGL without a screen on this machine."""


def _context(size: int) -> Any:
    """A current OpenGL context.

    Raises:
        OpenGLError: no backend gives one.
    """
    chosen = os.environ.get("MUJOCO_GL")
    found = []
    for backend in (chosen,) if chosen in BACKENDS else BACKENDS:
        try:
            context = importlib.import_module(f"mujoco.{backend}").GLContext(size, size)
            context.make_current()
        except Exception as error:  # PyOpenGL raises whatever a missing library leads to
            found.append(f"{backend}: {type(error).__name__}")
            continue
        return context
    raise OpenGLError(
        f"render_mode 'mujoco' needs OpenGL without a screen ({'; '.join(found)}). Install EGL or OSMesa "
        "(apt install libegl1 or libosmesa6), or use render_mode='rgb_array', which needs none."
    )


class View:
    """A camera above the table, for the copies of one simulation.

    Args:
        simulation: whose copies are drawn.
        size: pixels a side, at most 384.

    Raises:
        OpenGLError: there is no OpenGL on this machine.
    """

    def __init__(self, simulation: Simulation, size: int = RENDER_SIZE) -> None:
        self._simulation = simulation
        self._gl = _context(size)
        self._model = mujoco.MjModel.from_xml_string(simulation.xml)
        self._data = mujoco.MjData(self._model)
        self._scene = mujoco.MjvScene(self._model, maxgeom=100)
        self._camera, self._option = mujoco.MjvCamera(), mujoco.MjvOption()
        self._camera.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._camera.fixedcamid = self._model.camera("above").id
        self._context = mujoco.MjrContext(self._model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._viewport = mujoco.MjrRect(0, 0, size, size)

    def frame(self, copy: int) -> npt.NDArray[np.uint8]:
        """What the camera sees of one copy now, (size, size, 3)."""
        model, data, record = self._model, self._data, self._simulation.copies[copy]
        model.site("goal").pos[:2] = record["goal"]
        if self._simulation.has_hazard:
            model.site("hazard").pos[:2] = record["hazard"]
        self._simulation.batch.get_data(copy, data)
        mujoco.mj_forward(model, data)
        self._gl.make_current()
        mujoco.mjv_updateScene(
            model, data, self._option, None, self._camera, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene
        )
        mujoco.mjr_render(self._viewport, self._scene, self._context)
        pixels = np.zeros((self._viewport.height, self._viewport.width, 3), np.uint8)
        mujoco.mjr_readPixels(pixels, None, self._viewport, self._context)
        return pixels[::-1].copy()

    def close(self) -> None:
        """Free the context."""
        self._context.free()
        self._gl.free()
