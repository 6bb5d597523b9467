"""Codes for TensorBoard's projector."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np

from rltransfer.errors import DataError
from rltransfer.files import write_atomically
from rltransfer.images.codes.computing import Codes
from rltransfer.images.codes.thumbnails import thumbnail
from rltransfer.images.data.sets import ImageSet

LARGEST_SPRITE = 8192
"""Pixels a side; browsers draw no larger textures."""


def write_projector(directory: Path | str, codes: Codes, data: ImageSet, *, side: int = 32) -> None:
    """Write a folder that ``tensorboard --logdir`` shows under PROJECTOR: a tensor a stage, classes, and pictures.

    ``<stage>.bytes`` are float32 numbers, ``metadata.tsv`` a class and origin a row, ``sprite.png`` the pictures.

    Args:
        directory: made where it does not exist.
        codes: of ``data``.
        data: the images.
        side: pixels of a picture's side in the sprite; less where many images would not fit in.

    Raises:
        DataError: codes of other data.
    """
    directory = Path(directory)
    if len(codes.features) != len(data):
        raise DataError(f"{len(codes.features)} codes are not of {len(data)} images.")
    across = math.ceil(math.sqrt(len(data)))
    side = max(1, min(side, LARGEST_SPRITE // across))
    for stage, values in codes.stages.items():
        write_atomically(directory / f"{stage}.bytes", np.ascontiguousarray(values, "<f4").tobytes())
    write_atomically(directory / "metadata.tsv", _metadata(data).encode())
    write_atomically(directory / "sprite.png", _sprite(data, across, side))
    tensors = [_tensor(stage, values.shape, side) for stage, values in codes.stages.items()]
    write_atomically(directory / "projector_config.pbtxt", "".join(tensors).encode())


def _tensor(stage: str, shape: tuple[int, ...], side: int) -> str:
    """One entry of the configuration; text in protocol buffers is quoted as in JSON."""
    return (
        f"embeddings {{\n  tensor_name: {json.dumps(stage)}\n  tensor_path: {json.dumps(f'{stage}.bytes')}\n"
        f'  tensor_shape: {shape[0]}\n  tensor_shape: {shape[1]}\n  metadata_path: "metadata.tsv"\n'
        f'  sprite {{\n    image_path: "sprite.png"\n    single_image_dim: {side}\n    single_image_dim: {side}\n'
        "  }\n}\n"
    )


def _metadata(data: ImageSet) -> str:
    """A line an image under a line of headings; tabs and ends of lines in names become spaces."""
    origins = data.origins or [str(row) for row in range(len(data))]
    pairs = [(data.class_names[label], origin) for label, origin in zip(data.labels, origins, strict=True)]
    return "".join(f"{' '.join(one.split())}\t{' '.join(two.split())}\n" for one, two in [("class", "origin"), *pairs])


def _sprite(data: ImageSet, across: int, side: int) -> bytes:
    from PIL import Image as Pillow

    sheet = np.full((across * side, across * side, 3), 255, np.uint8)
    for number, image in enumerate(data.images):
        top, left = side * (number // across), side * (number % across)
        sheet[top : top + side, left : left + side] = thumbnail(image, side)
    file = io.BytesIO()
    Pillow.fromarray(sheet).save(file, "PNG")
    return file.getvalue()
