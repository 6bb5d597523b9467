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
    """Draws with the model's camera ``track`` where it has one; one renderer for each model."""

    def __init__(self, body: Body) -> None:
        self._elevation = body.elevation
        self._renderers: dict[int, Any] = {}

    def draw(self, setting: Setting, qpos: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
        """A (384, 384, 3) frame of a robot at the positions ``qpos``, (nq,).

        Raises:
            ConfigError: there is no OpenGL.
        """
        model = setting.model
        if id(model) not in self._renderers:
            self._renderers[id(model)] = _renderer(model)
        renderer = self._renderers[id(model)]
        data = mujoco.MjData(model)
        data.qpos[:] = qpos
        mujoco.mj_forward(model, data)
        track = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_CAMERA, "track")
        renderer.update_scene(data, camera=track)
        frame: npt.NDArray[np.uint8] = renderer.render().copy()
        return frame

    def close(self) -> None:
        """Free the renderers."""
        for renderer in self._renderers.values():
            renderer.close()
        self._renderers.clear()


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
