"""Feature tables in text: CSV with a header, and ARFF."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rltransfer.errors import DataError
from rltransfer.images.data.arff import read_arff
from rltransfer.images.data.flawed import Flawed
from rltransfer.images.data.paths import located_file
from rltransfer.images.data.rows import feature_rows
from rltransfer.images.data.sets import LabelledSet
from rltransfer.images.data.specs import FileSpec
from rltransfer.registry import nearest

MISSING = ("", "?", "nan")
"""What stands in a cell that has no value, in small letters or large ones."""


class Table(FileSpec):
    """One row an example, one column a feature, and one column for the class; ``.csv`` or ``.arff``.

    Args:
        label: column with the class. The default is that of the defect data of Jureczko and Madeyski 2010.
        leave_out: columns that are neither features nor the class, such as names.
        positive_above: where the label is a count, such as of bugs: what is above counts as the class ``"yes"``,
            the rest as ``"no"``.
    """

    label: str = "bug"
    leave_out: tuple[str, ...] = ()
    positive_above: float | None = None

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        path = located_file(self.path)
        flawed = Flawed(self.on_error)
        sheet = _read_sheet(path, flawed)
        skipped = flawed.tell(len(sheet.rows) + len(flawed.lines), "rows")
        place = self._label_column(path, sheet)
        columns = [index for index, name in enumerate(sheet.columns) if index != place and name not in self.leave_out]
        data = feature_rows(
            _numbers(path, sheet, columns),
            self._labels(path, [row[place] for row in sheet.rows]),
            path=path,
            on_error=self.on_error,
            feature_names=[sheet.columns[index] for index in columns],
            places=[f"{path.name}:{line}" for line in sheet.lines],
        )
        return {"all": replace(data, skipped=(*skipped, *data.skipped))}

    def _label_column(self, path: Path, sheet: _Sheet) -> int:
        for wanted in (self.label, *self.leave_out):
            if wanted not in sheet.columns:
                likely = nearest(wanted, sheet.columns)
                hint = f"Did you mean {likely!r}?" if likely else f"It has: {', '.join(sheet.columns)}"
                raise DataError(f"{path}: has no column {wanted!r}. {hint}")
        kept = [name for name in sheet.columns if name not in self.leave_out]
        if twice := {name for name in kept if kept.count(name) > 1}:
            raise DataError(f"{path}: the column {min(twice)!r} is there twice. Rename one, or name it in leave_out.")
        return sheet.columns.index(self.label)

    def _labels(self, path: Path, cells: list[str]) -> npt.NDArray[np.generic]:
        """A class a row: numbers where all are, else text; "" or NaN where it is missing."""
        numbers = np.array([_number(cell) for cell in cells])
        is_text = any(math.isnan(number) and not _is_missing(cell) for number, cell in zip(numbers, cells, strict=True))
        if self.positive_above is None:
            return np.array(["" if _is_missing(cell) else cell for cell in cells]) if is_text else numbers
        if is_text:
            raise DataError(f"{path}: positive_above needs numbers in the column {self.label!r}, which holds text.")
        named = np.where(numbers > self.positive_above, "yes", "no")
        return np.where(np.isnan(numbers), "", named)


@dataclass(frozen=True)
class _Sheet:
    """Text cells: (rows, columns), with the line in the file of each row."""

    columns: list[str]
    rows: list[list[str]]
    lines: list[int]


def _read_sheet(path: Path, flawed: Flawed) -> _Sheet:
    if path.suffix.lower() not in (".csv", ".arff"):
        raise DataError(f"{path}: a table is a .csv or an .arff file, not {path.suffix or 'a file without ending'!r}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:  # as spreadsheets write it, with a mark in front
            columns, entries = read_arff(path, file) if path.suffix.lower() == ".arff" else _read_csv(path, file)
            sheet = _Sheet(columns, [], [])
            for line, cells in entries:
                if len(cells) != len(columns):
                    flawed.add(f"{path.name}:{line}", f"has {len(cells)} cells for {len(columns)} columns")
                    continue
                sheet.rows.append([cell.strip() for cell in cells])
                sheet.lines.append(line)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: is not text in UTF-8 ({error}). Save it again as UTF-8.") from error
    if not sheet.rows and not flawed.lines:
        raise DataError(f"{path}: has no rows.")
    return sheet


def _read_csv(path: Path, file: Iterator[str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    reader = csv.reader(file)
    columns = [name.strip() for name in next(reader, [])]
    if not columns:
        raise DataError(f"{path}: is empty. Its first line names the columns.")
    return columns, ((reader.line_num, cells) for cells in reader if cells)


def _numbers(path: Path, sheet: _Sheet, columns: list[int]) -> npt.NDArray[np.float64]:
    """(rows, columns) with NaN where a cell holds no number."""
    numbers = np.array([[_number(row[index]) for index in columns] for row in sheet.rows])
    numbers = numbers.reshape(len(sheet.rows), len(columns))
    for place, index in enumerate(columns):
        if len(numbers) and np.isnan(numbers[:, place]).all():
            raise DataError(
                f"{path}: the column {sheet.columns[index]!r} holds no numbers ({sheet.rows[0][index][:30]!r}). "
                "Name it in leave_out."
            )
    return numbers


def _is_missing(cell: str) -> bool:
    return cell.lower() in MISSING


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan
