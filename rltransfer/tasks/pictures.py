"""Pictures of any size as examples of one size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rltransfer.errors import ConfigError
from rltransfer.progress import tracked
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
    def origins(self) -> tuple[str, ...]:
        """Where each came from, as messages name it; (n,) or empty."""

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
        inputs = np.stack([_prepared(picture, wanted) for picture in tracked(inputs, "scaling pictures")])
    if not isinstance(inputs, np.ndarray):
        raise ConfigError(_of_several_sizes(inputs, data.origins))
    return Examples(inputs=inputs, labels=data.labels, classes=data.class_names)


def _of_several_sizes(pictures: Sequence[NDArray[np.uint8]], origins: Sequence[str]) -> str:
    """What is wrong with ``pictures``, and the first that is not as most are."""
    counts = Counter(picture.shape for picture in pictures)
    usual, number = counts.most_common(1)[0]
    odd = next(place for place, picture in enumerate(pictures) if picture.shape != usual)
    where = origins[odd] if origins else f"picture {odd}"
    return (
        f"the pictures have {len(counts)} sizes: {number} of {len(pictures)} are {usual[0]} x {usual[1]} pixels, "
        f"others not, such as {where}, {pictures[odd].shape[0]} x {pictures[odd].shape[1]}. Give size: pixels a side "
        "to bring them to, or a trunk whose weights say it"
    )


def _prepared(picture: NDArray[np.uint8], wanted: Preparing) -> NDArray[np.uint8]:
    from PIL import Image

    pixels = picture[..., 0] if picture.shape[2] == 1 else picture
    return np.moveaxis(wanted.apply(Image.fromarray(pixels)), 0, -1)
