"""Small pictures of a set's images, all of one size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rltransfer.images.data.sets import Image


def thumbnail(image: Image, side: int) -> npt.NDArray[np.uint8]:
    """(height, width, channels) -> (side, side, 3), the whole image in the middle of a white square.

    Of frames one after another the last is shown: its last three channels, or its last.
    """
    from PIL import Image as Pillow

    channels = image.shape[2]
    shown = image[..., -3:] if channels % 3 == 0 else image[..., -1]
    picture = Pillow.fromarray(np.ascontiguousarray(shown)).convert("RGB")
    scale = side / max(picture.size)
    size = tuple(max(1, round(scale * length)) for length in picture.size)
    is_small = max(picture.size) * 2 <= side
    picture = picture.resize((size[0], size[1]), Pillow.Resampling.NEAREST if is_small else Pillow.Resampling.BILINEAR)
    square = Pillow.new("RGB", (side, side), "white")
    square.paste(picture, ((side - size[0]) // 2, (side - size[1]) // 2))
    return np.asarray(square, np.uint8)
