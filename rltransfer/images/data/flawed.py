"""Files and rows that do not hold: named, counted, and refused or skipped as the user chose."""

from __future__ import annotations

import warnings
from typing import Literal

from rltransfer.errors import DataError, SkippedDataWarning

OnError = Literal["refuse", "skip"]
"""What happens to a file or row that does not hold: nothing is loaded, or everything else is."""

SHOWN = 3
"""How many of them a message names."""


class Flawed:
    """Collects what does not hold while data is read.

    Args:
        on_error: ``refuse`` raises at the end, ``skip`` warns; both name the first and count all.
    """

    def __init__(self, on_error: OnError) -> None:
        self.on_error = on_error
        self.lines: list[str] = []

    def add(self, where: object, why: str) -> None:
        """Note that what is at ``where`` does not hold."""
        self.lines.append(f"{where}: {why}")

    def tell(self, read: int, things: str) -> tuple[str, ...]:
        """Say what was found, if anything.

        Args:
            read: how many there were, sound or not.
            things: what they are, ``"files"`` or ``"rows"``.

        Returns:
            A line for each that is skipped.

        Raises:
            DataError: there are such, and ``on_error`` is ``refuse``; or not one sound is left.
        """
        if not self.lines:
            return ()
        first = "; ".join(self.lines[:SHOWN])
        more = f"; and {len(self.lines) - SHOWN} more" if len(self.lines) > SHOWN else ""
        told = f"{len(self.lines)} of {read} {things} cannot be used: {first}{more}"
        if self.on_error == "refuse" or len(self.lines) >= read:
            is_refused = self.on_error == "refuse"
            raise DataError(
                f"{told}. " + ("Mend them, or leave them out with on_error: skip" if is_refused else "None is left.")
            )
        warnings.warn(f"{told}. They are left out.", SkippedDataWarning, stacklevel=3)
        return tuple(self.lines)
