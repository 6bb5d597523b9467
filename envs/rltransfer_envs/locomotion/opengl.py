"""Pictures by MuJoCo's own renderer, where the machine has OpenGL."""

from __future__ import annotations

import warnings
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError
from rltransfer_envs.locomotion.bodies import Body
from rltransfer_envs.locomotion.models import Setting
from rltransfer_envs.locomotion.pictures import SIZE


class MujocoPictures:
    """Draws with the model's camera ``track``, or MuJoCo's free camera where it has none.

    Args:
        body: not used; what ``SidePictures`` takes.
    """

    def __init__(self, body: Body) -> None:
        self._model: mujoco.MjModel | None = None
        self._renderer: Any = None

    def draw(self, setting: Setting, qpos: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """A (384, 384, 3) frame of a robot at the positions ``qpos``, (nq,).

        Raises:
            ConfigError: there is no OpenGL.
        """
        model = setting.model
        if model is not self._model:
            self.close()
            self._renderer, self._model = _renderer(model), model
        data = mujoco.MjData(model)
        data.qpos[:] = qpos
        mujoco.mj_forward(model, data)
        track = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, "track")
        self._renderer.update_scene(data, camera=track)
        frame: npt.NDArray[np.uint8] = self._renderer.render().copy()
        return frame

    def close(self) -> None:
        """Free the renderer."""
        if self._renderer is not None:
            self._renderer.close()
        self._renderer = self._model = None


def _renderer(model: mujoco.MjModel) -> Any:
    model.vis.global_.offwidth = max(model.vis.global_.offwidth, SIZE)
    model.vis.global_.offheight = max(model.vis.global_.offheight, SIZE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return mujoco.Renderer(model, SIZE, SIZE)
    except Exception as error:  # each OpenGL platform raises errors of its own
        raise ConfigError(
            "MuJoCo's renderer finds no OpenGL here. Set MUJOCO_GL=egl (graphics card) or MUJOCO_GL=osmesa (software) "
            "where that is installed, or use render_mode 'rgb_array', which needs none."
        ) from error
