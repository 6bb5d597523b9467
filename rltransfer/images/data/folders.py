"""Folders of pictures: one a class, below ``train`` and ``val`` or ``test`` where the data is divided."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydantic import Field

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import Flawed
from rltransfer.images.data.paths import located
from rltransfer.images.data.pictures import Mode, decode, stacked
from rltransfer.images.data.sets import ImageSet, LabelledSet
from rltransfer.images.data.specs import FileSpec
from rltransfer.progress import tracked

ENDINGS = (".jpg", ".jpeg", ".png")
HELD_OUT = ("test", "val")
"""Names of the folder beside ``train`` whose pictures are judged by; the first that is there."""


class Folders(FileSpec):
    """JPEG and PNG files in a folder a class.

    Classes are numbered in the order of their folders' names. Hidden files are passed over; anything else that is not
    a sound picture in a class's folder does not hold (``on_error``), nor does a class without one to learn from.

    Args:
        mode: ``rgb`` or ``gray``: what pictures are turned into.
        convert: false takes pictures that are stored in another mode for flawed.
        size: (height, width) in pixels that every picture must have; any where left out.
        test_folder: name of the folder beside ``train`` whose pictures are judged by; ``test`` or else ``val`` where
            left out. Others beside it are passed over.
    """

    mode: Mode = "rgb"
    convert: bool = True
    size: tuple[int, int] | None = None
    test_folder: str | None = Field(default=None, min_length=1)

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        root = located(self.path)
        if not root.is_dir():
            raise DataError(f"{root}: is a file, where a folder with a folder a class was expected.")
        held_out = self._held_out(root)
        if held_out is None:
            whole = root / "train" if _class_folders(root) == ("train",) else root
            return {"all": self._read_classes(whole, _class_folders(whole), is_learned=True)}
        classes = _class_folders(root / "train")
        unknown = sorted(set(_class_folders(root / held_out)) - set(classes))
        if unknown:
            raise DataError(f"{root / held_out}: class {unknown[0]!r} is not in {root / 'train'}. Rename or remove it.")
        return {
            "train": self._read_classes(root / "train", classes, is_learned=True),
            "test": self._read_classes(root / held_out, classes, is_learned=False),
        }

    def _held_out(self, root: Path) -> str | None:
        """The folder of test pictures; None where the data is not divided, or has nothing beside ``train``.

        Raises:
            DataError: ``train`` has classes, and none of the folders beside it is known to be for testing.
        """
        beside = [name for name in _class_folders(root) if name != "train"]
        if self.test_folder is not None:
            if self.test_folder in beside and (root / "train").is_dir():
                return self.test_folder
            raise DataError(f"{root}: has no folders 'train' and {self.test_folder!r}, as test_folder asks for.")
        if not _class_folders(root / "train") or not beside:
            return None
        found = next((name for name in HELD_OUT if name in beside), None)
        if found is None:
            raise DataError(
                f"{root}: has classes in 'train', and beside it neither 'test' nor 'val' but {', '.join(beside)}. Name "
                "the folder with the pictures to judge by: test_folder: ..."
            )
        return found

    def _read_classes(self, root: Path, classes: tuple[str, ...], *, is_learned: bool) -> ImageSet:
        flawed = Flawed(self.on_error)
        files = [(file, classes.index(kind)) for kind in classes for file in _visible(root / kind)]
        loose = [file for file in _visible(root) if file.is_file()]
        images, labels, origins = [], [], []
        wrong: list[tuple[Path, str]] = [(file, "lies in no class's folder, so it has no label") for file in loose]
        for file, label in tracked(files, f"reading {root.name}"):
            try:
                images.append(self._read_picture(file))
            except DataError as error:
                wrong.append((file, str(error)))
                continue
            labels.append(label)
            origins.append(str(file.relative_to(root)))
        if not files and not loose:
            raise DataError(f"{root}: has no pictures ({', '.join(ENDINGS)}) in a folder a class.")
        found = set(labels)
        empty = [kind for number, kind in enumerate(classes) if is_learned and number not in found]
        for where, why in [*((root / kind, "is a class without a sound picture") for kind in empty), *wrong]:
            flawed.add(where, why)
        skipped = flawed.tell(len(files) + len(loose) + len(empty), "files")
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
