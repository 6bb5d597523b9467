"""Images as a trunk takes them: scaled, cropped, of its channels, (channels, height, width) uint8."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.sets import Image

Pixels = npt.NDArray[np.uint8]


class Prepares(Protocol):
    """How a picture is scaled and cropped: ``rltransfer.trunks.preprocessing.Preprocessing``, or the like of it."""

    size: int | None

    def apply(self, picture: Any) -> Pixels:
        """A PIL image -> (3, size, size) uint8."""


@dataclasses.dataclass(frozen=True)
class InputFit:
    """Brings images to the shape that a trunk was built for.

    Args:
        shape: (channels, height, width) of the trunk's input.
        preprocessing: what photographs go through, at the size of ``shape``. Where None, or where it names no size,
            images of another size are scaled to the whole of ``shape`` (bilinear), and those of that size stay as
            they are.
    """

    shape: tuple[int, int, int]
    preprocessing: Prepares | None = None

    def __post_init__(self) -> None:
        _, height, width = self.shape
        given: Any = self.preprocessing
        if given is None or given.size is None or not dataclasses.is_dataclass(given):
            return
        if height == width and not isinstance(given, type):
            object.__setattr__(self, "preprocessing", dataclasses.replace(given, size=height))

    def described(self) -> str:
        """All that it does, as JSON: a part of the key under which codes are kept."""
        given: Any = self.preprocessing
        is_named = given is not None and dataclasses.is_dataclass(given) and not isinstance(given, type)
        values = dataclasses.asdict(given) if is_named else repr(given)
        return json.dumps({"shape": list(self.shape), "preprocessing": values}, sort_keys=True)

    def __call__(self, image: Image) -> Pixels:
        """(height, width, channels) uint8 -> ``shape`` uint8.

        Raises:
            DataError: channels that cannot become the trunk's.
        """
        channels, height, width = self.shape
        keeps_size = self.preprocessing is None or self.preprocessing.size is None
        if keeps_size and image.shape == (height, width, channels):
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
        if self.preprocessing is not None and self.preprocessing.size is not None and height == width:
            pixels = self.preprocessing.apply(picture)
            if channels == 1:
                gray = Pillow.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))).convert("L")
                return np.asarray(gray, np.uint8)[None]
            return pixels
        picture = picture.convert("L" if channels == 1 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Pillow.Resampling.BILINEAR)
        return np.asarray(picture, np.uint8).reshape(height, width, channels).transpose(2, 0, 1)
