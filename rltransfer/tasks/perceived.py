"""Observations of several parts: the one that a trunk perceives, and numbers given beside it.

An observation is an array, or a dictionary with one part for the trunk, called ``observation`` or the only image, and
vectors beside it, as the context of ``context: side``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gymnasium import spaces

from rltransfer.errors import SpaceMismatchError

MAIN = "observation"


def perceived_key(space: spaces.Space[Any]) -> str | None:
    """The key of the part that a trunk perceives; None where observations are arrays.

    Raises:
        SpaceMismatchError: no trunk can read such observations, or it cannot be told which part it should read.
    """
    if isinstance(space, spaces.Box):
        return None
    if not isinstance(space, spaces.Dict):
        raise SpaceMismatchError(f"trunks read Box observations, not {space}. Flatten or wrap the environment.")
    odd = [key for key, part in space.spaces.items() if not isinstance(part, spaces.Box)]
    if odd:
        raise SpaceMismatchError(f"the part {odd[0]!r} of the observations is no Box: {space[odd[0]]}. Wrap it.")
    images = [key for key, part in space.spaces.items() if len(part.shape or ()) == 3]
    key = MAIN if MAIN in space.spaces else images[0] if len(images) == 1 else None
    if key is None or any(image != key for image in images):
        raise SpaceMismatchError(
            f"a trunk reads one part of an observation: call it {MAIN!r} in {', '.join(space.spaces)}, "
            "with no further image beside it"
        )
    return key


def perceived(space: spaces.Space[Any]) -> spaces.Box:
    """The space of what a trunk perceives. Raises SpaceMismatchError as ``perceived_key`` does."""
    key = perceived_key(space)
    part = space if key is None else space[key]  # type: ignore[index]
    assert isinstance(part, spaces.Box)
    return part


def beside(space: spaces.Space[Any]) -> tuple[str, ...]:
    """The keys of what is given beside the trunk's part, in order; none where observations are arrays."""
    key = perceived_key(space)
    return () if key is None else tuple(other for other in space.spaces if other != key)  # type: ignore[attr-defined]


def with_perceived(space: spaces.Space[Any], part: spaces.Box) -> spaces.Space[Any]:
    """``space`` with ``part`` where the trunk's part was."""
    key = perceived_key(space)
    return part if key is None else spaces.Dict({**space.spaces, key: part})  # type: ignore[attr-defined]


def change_perceived(observations: Any, key: str | None, change: Callable[[Any], Any]) -> Any:
    """Observations with ``change`` made to the trunk's part."""
    return change(observations) if key is None else {**observations, key: change(observations[key])}


def replace_perceived(observations: Any, key: str | None, part: Any) -> Any:
    """Observations with ``part`` where the trunk's part was."""
    return change_perceived(observations, key, lambda _: part)


def of_perceived(observations: Any, key: str | None) -> Any:
    """The trunk's part of observations."""
    return observations if key is None else observations[key]
