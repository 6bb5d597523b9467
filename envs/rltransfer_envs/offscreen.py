"""Frames by MuJoCo's own renderer, in three dimensions and without a screen, where the machine has OpenGL."""

from __future__ import annotations

import importlib
import os
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer.errors import RLTransferError

BACKENDS = ("egl", "osmesa")
"""Those that need no screen; the one named by MUJOCO_GL is tried alone."""


class OpenGLError(RLTransferError):
    """No OpenGL without a screen on this machine."""


class Offscreen:
    """Draws square frames of models, one after another.

    Args:
        size: pixels a side.

    Raises:
        OpenGLError: there is no OpenGL on this machine.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._gl = _context(size)
        self._option = mujoco.MjvOption()
        self._viewport = mujoco.MjrRect(0, 0, size, size)
        self._model: mujoco.MjModel | None = None
        self._scene: Any = None
        self._context: Any = None

    def frame(self, model: mujoco.MjModel, data: mujoco.MjData, camera: str) -> npt.NDArray[np.uint8]:
        """What a camera sees, (size, size, 3).

        Args:
            model: prepared again only where it is another one than that of the last frame.
            data: of the model, its kinematics computed.
            camera: one of the model's; MuJoCo's free camera where it has none of that name.
        """
        self._gl.make_current()
        if model is not self._model:
            self._prepare(model)
        view = mujoco.MjvCamera()
        number = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, camera)
        if number < 0:
            mujoco.mjv_defaultFreeCamera(model, view)
        else:
            view.type, view.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, number
        mujoco.mjv_updateScene(model, data, self._option, None, view, mujoco.mjtCatBit.mjCAT_ALL.value, self._scene)
        mujoco.mjr_render(self._viewport, self._scene, self._context)
        pixels = np.zeros((self._size, self._size, 3), np.uint8)
        mujoco.mjr_readPixels(pixels, None, self._viewport, self._context)
        return pixels[::-1].copy()

    def close(self) -> None:
        """Free what OpenGL holds."""
        self._gl.make_current()
        self._forget()
        self._gl.free()

    def _prepare(self, model: mujoco.MjModel) -> None:
        self._forget()
        model.vis.global_.offwidth = max(model.vis.global_.offwidth, self._size)
        model.vis.global_.offheight = max(model.vis.global_.offheight, self._size)
        self._scene = mujoco.MjvScene(model, maxgeom=1000)
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._context)
        self._model = model

    def _forget(self) -> None:
        if self._context is not None:
            self._context.free()
        self._model = self._scene = self._context = None


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
