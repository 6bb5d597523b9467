"""What every format of data has: settings, and how they become training and test sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from rltransfer.errors import DataError
from rltransfer.images.data.flawed import OnError
from rltransfer.images.data.paths import located
from rltransfer.images.data.sets import LabelledSet, joined
from rltransfer.images.data.splits import PerClass, few_per_class, of_classes, split
from rltransfer.settings import Options

Part = Literal["all", "train", "test"]


class DataSpec(Options):
    """Labelled data of one format.

    A format registers a subclass and writes ``read``.

    Args:
        on_error: what happens to files and rows that do not hold: ``refuse`` loads nothing, ``skip`` leaves them out.
            Either way they are counted and named.
        test_fraction: share of each class that is held out, where the data has no test part of its own.
        split_seed: which examples those are.
        only: names of the classes that count, two at least; examples of others are left out. Half of the classes make
            a source for the other half. All where null.
    """

    on_error: OnError = "refuse"
    test_fraction: float = Field(default=0.2, gt=0, lt=1)
    split_seed: int = Field(default=0, ge=0)
    only: tuple[str, ...] | None = Field(default=None, min_length=2)

    def read(self) -> Mapping[str, LabelledSet]:
        """``{"all": set}``, or ``{"train": set, "test": set}`` where the data itself is so divided."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is read")

    def check_files(self) -> None:
        """Raise DataError where what it is read from is not there; what is in it is not looked at."""

    def load(self, part: Part = "all") -> LabelledSet:
        """The examples of ``part``; ``train`` and ``test`` are the data's own, or drawn by ``split_seed``.

        Raises:
            DataError: data that is missing, damaged, of another format, or of one class only.
        """
        parts = self._parts() if part == "all" else dict(zip(("train", "test"), self.train_test(), strict=True))
        return self._those_that_count(joined(list(parts.values()))) if part == "all" else parts[part]

    def train_test(self, *, per_class: PerClass = "all", seed: int = 0) -> tuple[LabelledSet, LabelledSet]:
        """Examples to learn from and to judge by.

        Args:
            per_class: how many of each class to learn from.
            seed: which those are; fewer of the same seed are among the more.

        Raises:
            DataError: as ``load``; or a class with fewer examples than are asked for.
        """
        parts = self._parts()
        if "all" in parts:
            train, test = split(parts["all"], test_fraction=self.test_fraction, seed=self.split_seed)
        else:
            train, test = parts["train"], parts["test"]
        train, test = self._those_that_count(train), self._those_that_count(test)  # the same test part, whatever counts
        return few_per_class(train, per_class, seed=seed), test

    def _parts(self) -> dict[str, LabelledSet]:
        parts = dict(self.read())
        for name, part in parts.items():
            found = [kind for kind, count in zip(part.class_names, part.counts(), strict=True) if count]
            if name != "test" and len(found) < 2:
                there = f"only the class {found[0]!r}" if found else "no example"
                raise DataError(f"{self._named()} has {there} to learn from. Two classes are needed at least.")
        return parts

    def _those_that_count(self, part: LabelledSet) -> LabelledSet:
        if self.only is None:
            return part
        try:
            return of_classes(part, self.only)
        except DataError as error:
            raise DataError(f"{self._named()}: {error}") from None

    def _named(self) -> str:
        return str(getattr(self, "path", f"data of the format {type(self).__name__}"))


class FileSpec(DataSpec):
    """Data in a file or folder.

    Args:
        path: absolute, or below the folder that the environment variable ``RLTRANSFER_DATA`` names.
    """

    path: str = Field(min_length=1)

    def check_files(self) -> None:
        """See ``DataSpec.check_files``."""
        located(self.path)
