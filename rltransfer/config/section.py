"""The parts of an experiment file: settings that report everything wrong with them at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)

from rltransfer.flaws import Flaw, flaw_error, found_flaws, shown
from rltransfer.settings import Settings

SLUG = r"[A-Za-z0-9][A-Za-z0-9_-]*"
SLUG_RULE = "Use letters, digits, '-' and '_', at most 64, a letter or digit first."


class Section(Settings):
    """Settings whose every flaw is found in one go, also those that several fields or a registry decide."""

    @classmethod
    def prepare(cls, data: dict[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
        """The raw fields, filled in where others decide them, and the flaws that fields alone do not show.

        ``data`` is what the user wrote, not validated yet: of any type and with any key.
        """
        return data, []

    @classmethod
    def keys_for(cls, data: Mapping[str, Any]) -> tuple[str, ...]:
        """The keys to suggest in the place of an unknown one, by what ``prepare`` made of the others."""
        return tuple(cls.model_fields)

    @model_validator(mode="wrap")
    @classmethod
    def _validate_all(cls, data: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(data, Mapping):
            return handler(data)
        prepared, flaws = cls.prepare(dict(data))
        try:
            made = handler(prepared)
        except ValidationError as error:
            named = {flaw.path for flaw in flaws}
            fields = found_flaws(error, prepared, cls.keys_for(prepared))
            flaws = [*flaws, *(flaw for flaw in fields if flaw.path not in named)]
        if flaws:
            raise flaw_error(cls.__name__, flaws)
        return made


def as_mapping(value: object) -> dict[str, Any] | None:
    """The fields of a mapping or of settings made already; None for anything else."""
    if isinstance(value, BaseModel):
        return dict(value)
    return dict(value) if isinstance(value, Mapping) else None


def whole(value: object) -> object:
    """``1e6`` is whole; true and "5" are no numbers."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool | float | str):
        raise flaw_error("number", [Flaw((), f"needs a whole number, not {shown(value)}.")])
    return value


def _real(value: object) -> object:
    if isinstance(value, bool | str):
        raise flaw_error("number", [Flaw((), f"needs a number, not {shown(value)}.")])
    return value


Whole = Annotated[int, BeforeValidator(whole)]
"""A whole number; ``1e6`` is one."""
Real = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_real)]
"""A finite number."""
Steps = Annotated[int, Field(ge=1, le=10**12), BeforeValidator(whole)]
"""A number of environment steps."""
