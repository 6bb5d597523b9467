"""How the copies of a system are seen: cameras, backgrounds, distractors and the noise of what is observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer.tasks.factor import FactorValue
from rltransfer_envs.classic_control import painting
from rltransfer_envs.classic_control.factors import TEXTURES
from rltransfer_envs.classic_control.painting import Flags, Frames, Look
from rltransfer_envs.classic_control.palettes import palette
from rltransfer_envs.classic_control.system import System, View
from rltransfer_envs.drawing.camera import make_camera
from rltransfer_envs.drawing.lens import make_grain
from rltransfer_envs.drawing.streams import seeded

OBSERVATION_SIZE = 64
RENDER_SIZE = 384


def make_look(factors: Mapping[str, FactorValue], view: View, *, size: int) -> Look:
    """The look of a full set of factor values, in frames of ``size`` by ``size`` pixels."""
    camera = make_camera(
        x=view.x + float(factors["camera_x"]) * view.field,
        y=view.y + float(factors["camera_y"]) * view.field,
        rotation=float(factors["camera_rotation"]),
        field=view.field / float(factors["camera_zoom"]),
    )
    return Look(
        camera=camera,
        colours=palette(str(factors["palette"]), is_grayscale=bool(factors["grayscale"])),
        gain=np.full((size, size), float(factors["brightness"]), np.float32),
        grain=make_grain(),
        x=view.x,
        y=view.y,
        field=view.field,
        texture=TEXTURES.index(str(factors["texture"])),
        distractors=int(factors["distractors"]),
        noise=float(factors["noise"]),
        blur=int(factors["blur"]),
        occlusion=float(factors["occlusion"]),
    )


class Eye:
    """Makes observations of a system's copies.

    Args:
        system: what is seen.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        factors = system.factors
        self.shows_pixels = factors["observation"] == "pixels"
        self._afterimage = bool(factors["afterimage"])
        self._scales = float(factors["observation_noise"]) * system.scales
        self._look = make_look(factors, system.view, size=OBSERVATION_SIZE) if self.shows_pixels else None
        num = system.num_envs
        self.streams = np.zeros((num, 2), np.uint64)
        self.distractors = np.zeros((num, painting.MAX_DISTRACTORS, 4))
        self.occluders = np.zeros((num, 2))
        self._backgrounds: Frames | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one copy's observation."""
        if self.shows_pixels:
            return (OBSERVATION_SIZE, OBSERVATION_SIZE, 3)
        return self.system.observation_space.shape or ()

    def begin(self, k: int, seed: int | None) -> None:
        """A new episode in copy ``k``: what only pixels show is placed anew."""
        if seed is not None:
            self.streams[k] = seeded(seed)
        if self._look is not None:
            painting.scatter(self.distractors[k], self.occluders[k], self._look, self.streams[k])
            if self.system.scenery_changes and self._backgrounds is not None:
                self._backgrounds[k] = self._painted_backgrounds(self._look, OBSERVATION_SIZE, only=k)[0]

    def drift(self) -> None:
        """One step of what moves without effect."""
        if self._look is not None and self._look.distractors:
            painting.drift(self.distractors, self._look.distractors)

    def observe(self, is_chosen: Flags, observations: npt.NDArray[Any]) -> None:
        """Write what the chosen copies show now.

        Args:
            is_chosen: (num_envs,).
            observations: (num_envs, 64, 64, 3) uint8 or (num_envs, numbers) float32, written where chosen.
        """
        system = self.system
        if self._look is None:
            observations[is_chosen] = system.observations[is_chosen]
            if self._scales.any():
                painting.jitter(observations, is_chosen, self._scales, self.streams)
                np.clip(observations, system.observation_space.low, system.observation_space.high, out=observations)
            return
        if self._backgrounds is None:
            self._backgrounds = self._painted_backgrounds(self._look, OBSERVATION_SIZE)
        parts = system.moving_parts(afterimage=self._afterimage)
        painting.paint(
            observations,
            self._backgrounds,
            is_chosen,
            self._look,
            parts,
            self.distractors,
            self.occluders,
            self.streams,
        )

    def render(self, size: int = RENDER_SIZE) -> tuple[npt.NDArray[np.uint8], ...]:
        """A (size, size, 3) frame of each copy, drawn anew at that size; no state moves on."""
        look = make_look(self.system.factors, self.system.view, size=size)
        num = self.system.num_envs
        frames = np.empty((num, size, size, 3), np.uint8)
        everything = np.ones(num, np.bool_)
        parts = self.system.moving_parts(afterimage=self._afterimage)
        backgrounds = self._painted_backgrounds(look, size)
        streams = self.streams.copy()
        painting.paint(frames, backgrounds, everything, look, parts, self.distractors, self.occluders, streams)
        return tuple(frames)

    def _painted_backgrounds(self, look: Look, size: int, only: int | None = None) -> Frames:
        """(scenes, size, size, 3) of what stands still: of all scenes, or of one."""
        scenery, ground = self.system.scenery(), self.system.ground()
        scenes = range(max(len(scenery), len(ground.heights))) if only is None else (only,)
        frames = np.empty((len(scenes), size, size, 3), np.uint8)
        for frame, k in zip(frames, scenes, strict=True):
            heights = ground.heights[k if len(ground.heights) > 1 else 0]
            things = scenery[k if len(scenery) > 1 else 0]
            painting.paint_background(frame, look, heights, ground.low, ground.high, things)
        return frames

    def get_state(self) -> dict[str, npt.NDArray[Any]]:
        """Copies of all arrays that change in time."""
        return {
            "streams": self.streams.copy(),
            "distractors": self.distractors.copy(),
            "occluders": self.occluders.copy(),
        }

    def set_state(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Put back what ``get_state`` returned."""
        self.streams[:], self.distractors[:] = state["streams"], state["distractors"]
        self.occluders[:] = state["occluders"]
        self._backgrounds = None
