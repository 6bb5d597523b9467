"""What ``render`` gives: frames by the family's own rasteriser, or by MuJoCo's renderer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rltransfer_envs.arm.simulation import Simulation

if TYPE_CHECKING:
    from rltransfer_envs.arm.opengl import View

RENDER_MODES = ("rgb_array", "mujoco")


class Drawing:
    """Large frames of all copies of a simulation.

    Args:
        simulation: whose copies are drawn.
        render_mode: one of ``RENDER_MODES``, or None for no frames.

    Raises:
        OpenGLError: ``mujoco`` on a machine without OpenGL.
    """

    def __init__(self, simulation: Simulation, render_mode: str | None) -> None:
        self._simulation = simulation
        self._is_asked_for = render_mode is not None
        self._view: View | None = None
        if render_mode == "mujoco":
            from rltransfer_envs.arm.opengl import View

            self._view = View(simulation)

    def frames(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """A (384, 384, 3) frame of each copy; None without a render mode. No state moves on."""
        if not self._is_asked_for:
            return None
        view = self._view
        if view is None:
            return self._simulation.render()
        return tuple(view.frame(k) for k in range(len(self._simulation.copies)))

    def close(self) -> None:
        """Free what MuJoCo's renderer holds."""
        if self._view is not None:
            self._view.close()
            self._view = None
