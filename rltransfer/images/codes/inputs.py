"""Images as a trunk takes them: scaled, cropped, of its channels, (channels, height, width) uint8."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.sets import Image
from rltransfer.trunks.preprocessing import AS_STORED, Preprocessing

Pixels = npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class InputFit:
    """Brings images to the shape that a trunk was built for.

    Args:
        shape: (channels, height, width) of the trunk's input.
        preprocessing: what photographs go through, at the size of ``shape``. Where it names no size, images of another
            size are scaled to the whole of ``shape`` (bilinear), and those of that size stay as they are.
    """

    shape: tuple[int, int, int]
    preprocessing: Preprocessing = AS_STORED

    def __post_init__(self) -> None:
        if self._crops:
            object.__setattr__(self, "preprocessing", dataclasses.replace(self.preprocessing, size=self.shape[1]))

    @property
    def _crops(self) -> bool:
        """Whether pictures are scaled by their short side and cut, not to the whole of ``shape``."""
        return self.preprocessing.size is not None and self.shape[1] == self.shape[2]

    def described(self) -> str:
        """All that it does, as JSON: a part of the key under which codes are kept."""
        kind, values = type(self.preprocessing).__name__, dataclasses.asdict(self.preprocessing)
        return json.dumps({"shape": list(self.shape), "preprocessing": {kind: values}}, sort_keys=True)

    def __call__(self, image: Image) -> Pixels:
        """(height, width, channels) uint8 -> ``shape`` uint8.

        Raises:
            DataError: channels that cannot become the trunk's.
        """
        channels, height, width = self.shape
        if not self._crops and image.shape == (height, width, channels):
            return image.transpose(2, 0, 1)
        if channels not in (1, 3) or image.shape[2] not in (1, 3):
            raise DataError(
                f"images of shape {image.shape} cannot be brought to {channels} channels of {height} x {width} pixels. "
                "Only pictures of 1 or 3 channels are scaled."
            )
        return self._scaled(image)

    def _scaled(self, image: Image) -> Pixels:
        from PIL import Image as Pillow

        channels, height, width = self.shape
        picture = Pillow.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        if self._crops:
            pixels = self.preprocessing.apply(picture)
            if channels == 1:
                gray = Pillow.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).convert("L")
                return np.asarray(gray, np.uint8)[None]
            return pixels
        picture = picture.convert("L" if channels == 1 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Pillow.Resampling.BILINEAR)
        return np.asarray(picture, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
