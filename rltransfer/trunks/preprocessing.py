"""What a picture goes through before a trunk sees it. Imports no torch, as ``rltransfer.trunks.specs``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Interpolation = Literal["bilinear", "bicubic"]


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a photograph is brought to the size that weights were trained at, and what the trunk then does to pixels.

    Scaling and cropping are for whoever reads pictures (``apply``). ``mean`` and ``std`` are applied in the trunk
    itself, which takes uint8 pixels, so nobody else may apply them.

    Args:
        size: pixels a side of the square that is cut out of the middle; None where pictures stay as they are.
        interpolation: how pictures are scaled.
        crop: ``size`` over the pixels that the picture's short side is scaled to; less cuts more off.
        mean: what is subtracted from each channel, as a fraction of 255; one number is for all channels.
        std: what each channel is divided by afterwards, likewise.
    """

    size: int | None = None
    interpolation: Interpolation = "bilinear"
    crop: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    @property
    def short_side(self) -> int | None:
        """Pixels that a picture's short side is scaled to; None where pictures stay as they are."""
        return None if self.size is None else int(self.size / self.crop)

    def apply(self, picture: Any) -> NDArray[np.uint8]:
        """``picture``, a PIL image of any mode, scaled and cropped.

        Returns:
            (3, size, size) uint8 pixels, as trunks take them; (3, height, width) where there is no size.
        """
        import numpy as np
        from PIL import Image

        picture = picture.convert("RGB")
        if self.size is not None and self.short_side is not None:
            scale = self.short_side / min(picture.size)
            width, height = (max(self.short_side, round(scale * side)) for side in picture.size)
            picture = picture.resize((width, height), Image.Resampling[self.interpolation.upper()])
            left, top = round((width - self.size) / 2), round((height - self.size) / 2)
            picture = picture.crop((left, top, left + self.size, top + self.size))
        return np.ascontiguousarray(np.asarray(picture, dtype=np.uint8).transpose(2, 0, 1))


AS_STORED = Preprocessing()
"""Pictures as they are, their pixels divided by 255."""

IMAGENET = Preprocessing(
    size=224, interpolation="bilinear", crop=0.875, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)
)
"""What ``timm`` names for VGG and ResNet: means and deviations of ImageNet's red, green and blue."""

INCEPTION = Preprocessing(size=224, interpolation="bicubic", crop=0.875, mean=(0.5,), std=(0.5,))
"""Pixels from -1 to 1, as EfficientNet-Lite0 was trained."""
