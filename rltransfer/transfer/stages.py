"""Settings that hold for each stage of a trunk and for the heads."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import NonNegativeFloat

from rltransfer.errors import UnknownNameError
from rltransfer.registry import nearest

HEADS = "heads"
"""The name under which the heads stand beside the stages."""
StageValue = NonNegativeFloat | dict[str, NonNegativeFloat]
"""The type of such a setting: one number, or numbers by the name of a stage, or ``heads``."""


def check_stage_names(setting: str, value: float | Mapping[str, float], stage_names: tuple[str, ...]) -> None:
    """Raise UnknownNameError for a key that is no stage."""
    known = (*stage_names, HEADS)
    for name in value if isinstance(value, Mapping) else ():
        if name not in known:
            raise UnknownNameError(f"stage in {setting}", name, known, nearest(name, known))


def is_everywhere(value: float | Mapping[str, float], number: float) -> bool:
    """Whether a value is ``number`` alone, or of each stage that it names."""
    return all(of_stage == number for of_stage in value.values()) if isinstance(value, Mapping) else value == number


def for_stages(
    value: float | Mapping[str, float], stage_names: tuple[str, ...], *, rest: float, heads: float
) -> dict[str, float]:
    """A value for each stage and the heads.

    Args:
        value: one number for all stages, or numbers by stage name.
        stage_names: of the trunk.
        rest: what a stage has that a mapping does not name.
        heads: what the heads have where they are not named.
    """
    if isinstance(value, Mapping):
        return {HEADS: heads, **dict.fromkeys(stage_names, rest), **value}
    return {HEADS: heads, **dict.fromkeys(stage_names, float(value))}
