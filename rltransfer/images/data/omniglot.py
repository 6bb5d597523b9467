"""Omniglot's background sets: handwritten characters of many alphabets, in zip files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import Flawed
from rltransfer.images.data.paths import located, located_file
from rltransfer.images.data.pictures import decode
from rltransfer.images.data.sets import ImageSet, LabelledSet
from rltransfer.images.data.specs import FileSpec
from rltransfer.images.data.zips import member, opened_zip
from rltransfer.progress import tracked

SIZE = (105, 105)
"""Height and width of every drawing, in pixels."""


class Omniglot(FileSpec):
    """Characters drawn by twenty people each; a class a character: ``Greek/character01``. Ink is 0, paper 255.

    Args:
        path: the folder with ``images_background_small1.zip`` and its like.
        sets: which of them.

    Source: Lake et al. 2015, "Human-level concept learning through probabilistic program induction".
    """

    path: str = Field(default="omniglot", min_length=1)
    sets: tuple[Literal["small1", "small2", "background", "evaluation"], ...] = Field(
        default=("small1", "small2"), min_length=1
    )

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        located(self.path)
        flawed, images, origins = Flawed(self.on_error), [], []
        kinds: list[str] = []
        for name in dict.fromkeys(self.sets):
            stem = f"images_background_{name}" if name.startswith("small") else f"images_{name}"
            path = located_file(f"{self.path}/{stem}.zip")
            with opened_zip(path) as file:
                pictures = sorted(entry for entry in file.namelist() if entry.endswith(".png"))
                for entry in tracked(pictures, f"reading {stem}"):
                    parts = entry.split("/")
                    try:
                        if len(parts) != 4:
                            raise DataError("is not at set/alphabet/character/drawing.png, so it has no label")
                        images.append(decode(member(file, entry), "gray", size=SIZE))
                    except DataError as error:
                        flawed.add(f"{path.name}: {entry}", str(error))
                        continue
                    origins.append(entry)
                    kinds.append(f"{parts[1]}/{parts[2]}")
        skipped = flawed.tell(len(images) + len(flawed.lines), "drawings")
        if not images:
            raise DataError(f"{located(self.path)}: the zip files hold no drawings.")
        classes, labels = np.unique(kinds, return_inverse=True)
        return {
            "all": ImageSet(
                labels=labels.reshape(-1),
                class_names=tuple(classes.tolist()),
                images=np.stack(images),
                origins=tuple(origins),
                skipped=skipped,
            )
        }
