"""A progress bar on work that takes long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from typing import TypeVar

T = TypeVar("T")


def tracked(items: Iterable[T], what: str, *, total: int | None = None) -> Iterator[T]:
    """``items``, with a bar on the terminal that goes when all are done; none where errors go to a file.

    Processes that another one started draw none either: the terminal is that one's.

    Args:
        items: what is worked through.
        what: what is done with them, as it stands beside the bar.
        total: how many there are, where ``items`` cannot tell.
    """
    from multiprocessing import parent_process

    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    count = total if total is not None else len(items) if isinstance(items, Sized) else None
    is_shown = console.is_terminal and parent_process() is None
    with Progress(console=console, transient=True, disable=not is_shown) as progress:
        yield from progress.track(items, total=count, description=what)
