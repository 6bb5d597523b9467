"""One picture decoded: sound, of the asked mode and size, or a line that says why not."""

from __future__ import annotations

import io
import warnings
from typing import Literal

import numpy as np

from rltransfer.errors import DataError
from rltransfer.images.data.sets import Image

Mode = Literal["rgb", "gray"]
"""Three channels or one."""

PIL_MODES = {"rgb": "RGB", "gray": "L"}
CONVERTED = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
"""Modes of eight bits a channel or fewer; deeper ones would be clipped."""


def decode(data: bytes, mode: Mode, *, convert: bool = True, size: tuple[int, int] | None = None) -> Image:
    """The picture in ``data``, a JPEG or PNG.

    Args:
        data: the whole file.
        mode: what it is turned into. What is transparent becomes white.
        convert: False refuses pictures that are stored in another mode.
        size: (height, width) that it must have, in pixels.

    Returns:
        (height, width, channels) uint8.

    Raises:
        DataError: why it cannot be used, without the file's name.
    """
    from PIL import Image as Pillow

    kind = PIL_MODES[mode]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)  # so large that it may fill the memory
            picture = Pillow.open(io.BytesIO(data), formats=("JPEG", "PNG"))
            stored, (width, height) = picture.mode, picture.size
            if size is not None and (height, width) != tuple(size):
                raise DataError(f"is {height} x {width} pixels, not {size[0]} x {size[1]}")
            if stored not in CONVERTED or (not convert and stored != kind):
                raise DataError(f"is of mode {stored}, not {kind}")
            if "A" in stored or "transparency" in picture.info:
                clear = picture.convert("RGBA")
                pixels = np.array(Pillow.alpha_composite(Pillow.new("RGBA", clear.size, "white"), clear).convert(kind))
            else:
                pixels = np.array(picture.convert(kind))
    except DataError:
        raise
    except Exception as error:  # decoders raise almost any kind on damaged bytes
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:100]
        reason = "is no JPEG or PNG" if "cannot identify" in reason else f"is damaged ({reason})"
        raise DataError(reason) from error
    return pixels.reshape(height, width, -1)


def stacked(images: list[Image]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]] | tuple[Image, ...]:
    """One array (n, height, width, channels) where all have one shape, else a tuple."""
    return np.stack(images) if len({image.shape for image in images}) == 1 else tuple(images)
