"""Weka's ARFF: a list of attributes, then rows as in CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from rltransfer.errors import DataError


def read_arff(path: Path, file: Iterator[str]) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Names of the columns, and (line, cells) of each row.

    Args:
        path: for messages.
        file: its lines.

    Raises:
        DataError: no attributes, no data, or sparse rows.

    Source: the ARFF format of Weka (Hall et al. 2009, "The WEKA Data Mining Software: An Update").
    """
    columns: list[str] = []
    numbered = enumerate(file, start=1)
    for number, line in numbered:
        keyword = line.strip().split(maxsplit=1)
        if not keyword or keyword[0].startswith("%"):
            continue
        if keyword[0].lower() == "@data":
            break
        if keyword[0].lower() == "@attribute":
            if len(keyword) < 2:
                raise DataError(f"{path}:{number}: an attribute without a name.")
            columns.append(_name(keyword[1]))
    else:
        raise DataError(f"{path}: has no @data. It is no ARFF file, or cut short.")
    if not columns:
        raise DataError(f"{path}: has no @attribute before @data.")
    return columns, _rows(path, numbered)


def _name(declared: str) -> str:
    """The name at the start of what follows ``@attribute``, which may be quoted."""
    quote = declared[0]
    if quote in "'\"" and quote in declared[1:]:
        return declared[1 : declared.index(quote, 1)]
    return declared.split(maxsplit=1)[0]


def _rows(path: Path, numbered: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    for number, line in numbered:
        text = line.strip()
        if not text or text.startswith("%"):
            continue
        if text.startswith("{"):
            raise DataError(f"{path}:{number}: sparse rows are not read. Save the table with all cells.")
        yield number, next(csv.reader([text], quotechar="'"))
