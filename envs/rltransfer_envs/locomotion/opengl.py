"""Pictures of the robots by MuJoCo's own renderer."""

from __future__ import annotations

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer_envs.locomotion.models import Setting
from rltransfer_envs.locomotion.pictures import SIZE
from rltransfer_envs.offscreen import Offscreen


class MujocoPictures:
    """Draws with the model's camera ``track``, or MuJoCo's free camera where it has none.

    Raises:
        OpenGLError: there is no OpenGL on this machine.
    """

    def __init__(self) -> None:
        self._offscreen = Offscreen(SIZE)

    def draw(self, setting: Setting, qpos: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """A (384, 384, 3) frame of a robot at the positions ``qpos``, (nq,)."""
        data = mujoco.MjData(setting.model)
        data.qpos[:] = qpos
        mujoco.mj_forward(setting.model, data)
        return self._offscreen.frame(setting.model, data, "track")

    def close(self) -> None:
        """Free what OpenGL holds."""
        self._offscreen.close()
