"""Pictures of any size as examples of one size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rltransfer.errors import ConfigError
from rltransfer.tasks.labelled import Examples

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Labelled(Protocol):
    """What is asked of a set of data, whatever it is read from."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """(n,) places in ``class_names``."""

    @property
    def class_names(self) -> tuple[str, ...]:
        """Of each class."""

    @property
    def examples(self) -> Any:
        """(n, height, width, channels) uint8, one such array each, or (n, features) numbers."""


class Preparing(Protocol):
    """What is asked of a trunk's preprocessing."""

    @property
    def size(self) -> int | None:
        """Pixels a side that pictures are brought to; None where they stay as they are."""

    def apply(self, picture: Any) -> NDArray[np.uint8]:
        """A PIL image as (channels, size, size)."""


def examples_of(data: Labelled, wanted: Preparing) -> Examples:
    """``data`` as learners see it: pictures brought to one size, or rows of numbers as they are.

    Raises:
        ConfigError: texts, which no trunk reads; or pictures of several sizes, and no size to bring them to.
    """
    inputs = data.examples
    if isinstance(inputs, np.ndarray) and inputs.ndim == 2 and inputs.dtype.kind == "f":
        return Examples(inputs=inputs.astype(np.float32), labels=data.labels, classes=data.class_names)
    if len(inputs) and isinstance(inputs[0], str):
        raise ConfigError("trunks read pictures and rows of numbers, and these data are texts")
    if wanted.size is not None:
        inputs = np.stack([_prepared(picture, wanted) for picture in inputs])
    if not isinstance(inputs, np.ndarray):
        shapes = sorted({picture.shape[:2] for picture in inputs})
        raise ConfigError(
            f"the pictures have {len(shapes)} sizes, such as {shapes[0]} and {shapes[-1]}. Give size: pixels a side to "
            "bring them to, or a trunk whose weights say it"
        )
    return Examples(inputs=inputs, labels=data.labels, classes=data.class_names)


def _prepared(picture: NDArray[np.uint8], wanted: Preparing) -> NDArray[np.uint8]:
    from PIL import Image

    pixels = picture[..., 0] if picture.shape[2] == 1 else picture
    return np.moveaxis(wanted.apply(Image.fromarray(pixels)), 0, -1)
