"""The one kind of object a configuration is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rltransfer.errors import ConfigError
from rltransfer.flaws import dotted, found_flaws

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:
    ModelMetaclass = type(BaseModel)


class Settings(BaseModel):
    """Frozen, named values that refuse what they do not know.

    Every part of an experiment that a YAML file can set (trunks, algorithms, transfer methods, budgets) derives
    from this, so that the file, the Python call and the JSON Schema have one definition.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, protected_namespaces=())


class _ToldInOneLine(ModelMetaclass):
    """Calling the class refuses values that do not hold by a ConfigError; pydantic's own ways in stay as they are."""

    def __call__(cls, *args: Any, **values: Any) -> Any:  # noqa: N805 -- of a metaclass, whose objects are classes
        try:
            return super().__call__(*args, **values)
        except ValidationError as error:
            raise ConfigError(f"{cls.__name__}: {_faults(error, values, cls)}") from error


class Options(Settings, metaclass=_ToldInOneLine):
    """Settings of something registered that users also make in Python: methods, trunks, algorithms, wrappers.

    Raises:
        ConfigError: every value that does not hold, on one line, with the nearest known name for an unknown one.
    """

    model_config = ConfigDict(allow_inf_nan=False)


AnyOptions = TypeVar("AnyOptions", bound=Options)


def parse(kind: type[AnyOptions], values: Mapping[str, Any]) -> AnyOptions:
    """``kind`` made from ``values``. Raises ConfigError as ``Options`` does."""
    return kind(**values)


def _faults(error: ValidationError, values: Mapping[str, Any], kind: Any) -> str:
    """Everything wrong, in one line."""
    flaws = found_flaws(error, values, kind.model_fields)
    return "; ".join(f"{dotted(flaw.path)}: {flaw.message}" if flaw.path else flaw.message for flaw in flaws)
