"""Settings that hold for each stage of a trunk and for the heads."""

from __future__ import annotations

from collections.abc import Mapping

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest

HEADS = "heads"
"""The name under which the heads stand beside the stages."""


def check_stage_value(setting: str, value: float | Mapping[str, float], stage_names: tuple[str, ...]) -> None:
    """Raise UnknownNameError for a key that is no stage, and ConfigError for a negative value, alone or of a stage."""
    if not isinstance(value, Mapping):
        if value < 0:
            raise ConfigError(f"{setting} is {value}; it is 0 or more")
        return
    known = (*stage_names, HEADS)
    for name, of_stage in value.items():
        if name not in known:
            raise UnknownNameError(f"stage in {setting}", name, known, nearest(name, known))
        if of_stage < 0:
            raise ConfigError(f"{setting}.{name} is {of_stage}; it is 0 or more")


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
