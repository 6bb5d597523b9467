"""What happens between the picture of a race and the pixels that an agent gets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from rltransfer.tasks.factor import FactorValue

LUMINANCE = np.array([0.299, 0.587, 0.114])
"""Source: ITU-R BT.601."""


class Lens:
    """Grey levels, blur, a dark patch and noise.

    Noise follows from the episode and the step alone, so that a step without a picture changes no later one.

    Args:
        environment: every factor of the family.
    """

    def __init__(self, environment: Mapping[str, FactorValue]) -> None:
        self._is_gray = bool(environment["grayscale"])
        self._blur = int(environment["blur"])
        self._occlusion, self._noise = float(environment["occlusion"]), float(environment["noise"])
        self._is_drawn = bool(self._blur or self._occlusion or self._noise)
        self._seed = 0
        self._corner = np.zeros(2)
        self._grain: NDArray[np.float32] | None = None

    def begin(self, stream: np.random.Generator) -> None:
        """Begin an episode, with what is random about it."""
        self._corner = stream.uniform(size=2)
        self._seed = int(stream.integers(2**63))

    def see(self, frame: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
        """(96, 96, 3) uint8, as the camera gives it -> as the agent gets it."""
        if self._is_gray:
            frame = np.repeat(np.rint(frame @ LUMINANCE).astype(np.uint8)[..., None], 3, axis=-1)
        if self._is_drawn:
            from rltransfer_envs.drawing import lens  # compiled code, loaded where it is wanted alone

            if self._grain is None:
                self._grain = lens.make_grain()
            if self._blur:
                lens.blur(frame, self._blur)
            if self._occlusion:
                lens.occlude(frame, self._corner, self._occlusion)
            if self._noise:
                streams = np.random.SeedSequence([self._seed, step]).generate_state(2, np.uint64).astype(np.uint64)
                lens.add_noise(frame, self._grain, streams, self._noise)
        return frame
