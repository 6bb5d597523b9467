"""Retrieval sheets: queries, and what lies nearest to them in code space."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.files import require_ending, write_atomically
from rltransfer.images.codes.nearest import Indices
from rltransfer.images.codes.thumbnails import thumbnail
from rltransfer.images.data.sets import ImageSet

RIGHT = (0, 114, 178)
"""Blue of the frame around a neighbour of the query's class."""
WRONG = (213, 94, 0)
"""Orange of the frame around one of another, which is crossed at a corner, too."""
QUERY = (0, 0, 0)
FRAME = 4
"""Pixels."""
GAP = 4


def draw_retrieval(path: Path | str, queries: ImageSet, data: ImageSet, nearest: Indices, *, side: int = 96) -> None:
    """Write a PNG: a row a query, which stands on the left in black; its neighbours, nearest first.

    A neighbour of the query's class is framed blue, one of another orange with a mark in its corner.

    Args:
        path: where; ends in ``.png``.
        queries: the images asked about, (m,).
        data: the images found.
        nearest: (m, count) rows of ``data``, from ``neighbours``.
        side: pixels of a picture's side.

    Raises:
        ConfigError: ``path`` ends otherwise.
        DataError: rows that do not fit the queries or the images, or classes that differ.

    Source: colours of Okabe and Ito 2008, "Color Universal Design".
    """
    from PIL import Image as Pillow

    path = Path(path)
    require_ending(path, ".png")
    if len(nearest) != len(queries) or not len(queries):
        raise DataError(f"{len(nearest)} rows of neighbours do not fit {len(queries)} queries.")
    if queries.class_names != data.class_names:
        raise DataError("queries and data must have the same classes, in the same order.")
    if nearest.ndim != 2 or not nearest.size or not (nearest.min() >= 0 and nearest.max() < len(data)):
        raise DataError(f"neighbours must be (queries, count) rows of the {len(data)} images, from neighbours().")
    rows = []
    for image, label, found in zip(queries.images, queries.labels, nearest, strict=True):
        cells = [_framed(thumbnail(image, side), QUERY)]
        for row in found:
            is_right = data.labels[row] == label
            cells.append(_framed(thumbnail(data.images[row], side), RIGHT if is_right else WRONG, marked=not is_right))
        rows.append(np.concatenate([_spaced(cell) for cell in cells], axis=1))
    sheet = io.BytesIO()
    Pillow.fromarray(np.concatenate(rows)).save(sheet, "PNG")
    write_atomically(path, sheet.getvalue())


def _framed(
    picture: npt.NDArray[np.uint8], colour: tuple[int, int, int], *, marked: bool = False
) -> npt.NDArray[np.uint8]:
    framed = np.empty((len(picture) + 2 * FRAME, len(picture) + 2 * FRAME, 3), np.uint8)
    framed[:] = colour
    framed[FRAME:-FRAME, FRAME:-FRAME] = picture
    if marked:
        mark = len(picture) // 6
        corner = np.add.outer(np.arange(mark), np.arange(mark)) < mark
        framed[:mark, -mark:][corner[:, ::-1]] = colour
    return framed


def _spaced(cell: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.pad(cell, ((0, GAP), (0, GAP), (0, 0)), constant_values=255)
