"""Folders of pictures: one a class, below ``train`` and ``val`` or ``test`` where the data is divided."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import Flawed
from rltransfer.images.data.paths import located
from rltransfer.images.data.pictures import Mode, decode, stacked
from rltransfer.images.data.progress import tracked
from rltransfer.images.data.sets import ImageSet, LabelledSet
from rltransfer.images.data.specs import FileSpec

ENDINGS = (".jpg", ".jpeg", ".png")
HELD_OUT = ("val", "test")
"""Names of the folder beside ``train``."""


class Folders(FileSpec):
    """JPEG and PNG files in a folder a class.

    Classes are numbered in the order of their folders' names. Hidden files are passed over; anything else that is not
    a sound picture in a class's folder does not hold (``on_error``).

    Args:
        mode: ``rgb`` or ``gray``: what pictures are turned into.
        convert: false takes pictures that are stored in another mode for flawed.
        size: (height, width) in pixels that every picture must have; any where left out.
    """

    mode: Mode = "rgb"
    convert: bool = True
    size: tuple[int, int] | None = None

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        root = located(self.path)
        if not root.is_dir():
            raise DataError(f"{root}: is a file, where a folder with a folder a class was expected.")
        held_out = next((name for name in HELD_OUT if (root / name).is_dir()), None)
        if not (root / "train").is_dir() or held_out is None:
            whole = root / "train" if _class_folders(root) == ("train",) else root
            return {"all": self._read_classes(whole, _class_folders(whole))}
        classes = _class_folders(root / "train")
        unknown = sorted(set(_class_folders(root / held_out)) - set(classes))
        if unknown:
            raise DataError(f"{root / held_out}: class {unknown[0]!r} is not in {root / 'train'}. Rename or remove it.")
        return {
            "train": self._read_classes(root / "train", classes),
            "test": self._read_classes(root / held_out, classes),
        }

    def _read_classes(self, root: Path, classes: tuple[str, ...]) -> ImageSet:
        flawed = Flawed(self.on_error)
        files = [(file, classes.index(kind)) for kind in classes for file in _visible(root / kind)]
        loose = [file for file in _visible(root) if file.is_file()]
        for file in loose:
            flawed.add(file, "lies in no class's folder, so it has no label")
        images, labels, origins = [], [], []
        for file, label in tracked(files, f"reading {root.name}"):
            try:
                images.append(self._read_picture(file))
            except DataError as error:
                flawed.add(file, str(error))
                continue
            labels.append(label)
            origins.append(str(file.relative_to(root)))
        skipped = flawed.tell(len(files) + len(loose), "files")
        if not images:
            raise DataError(f"{root}: has no pictures ({', '.join(ENDINGS)}) in a folder a class.")
        return ImageSet(
            labels=np.array(labels),
            class_names=classes,
            images=stacked(images),
            origins=tuple(origins),
            skipped=skipped,
        )

    def _read_picture(self, file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        if not file.is_file() or file.suffix.lower() not in ENDINGS:
            raise DataError(f"is not a file that ends in {', '.join(ENDINGS)}")
        try:
            data = file.read_bytes()
        except OSError as error:
            raise DataError(f"cannot be read ({error.strerror})") from error
        return decode(data, self.mode, convert=self.convert, size=self.size)


def _visible(folder: Path) -> list[Path]:
    """Entries of ``folder`` that are not hidden, by name; none where there is no such folder."""
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith(".")) if folder.is_dir() else []


def _class_folders(root: Path) -> tuple[str, ...]:
    return tuple(entry.name for entry in _visible(root) if entry.is_dir())
