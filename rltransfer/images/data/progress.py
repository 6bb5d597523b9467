"""A progress bar on work that takes long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")


def tracked(items: Iterable[T], what: str, *, total: int | None = None) -> Iterator[T]:
    """``items``, with a bar on the terminal that goes when all are done; none where errors go to a file.

    Args:
        items: what is worked through.
        what: what is done with them, as it stands beside the bar.
        total: how many there are, where ``items`` cannot tell.
    """
    from rich.console import Console
    from rich.errors import LiveError
    from rich.progress import Progress

    console = Console(stderr=True)
    count = total if total is not None else len(items) if isinstance(items, Sized) else None
    progress = Progress(console=console, transient=True, disable=not console.is_terminal)
    try:
        progress.start()
    except LiveError:  # a run's own display has the terminal
        yield from items
        return
    try:
        yield from progress.track(items, total=count, description=what)
    finally:
        progress.stop()
