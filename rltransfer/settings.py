"""The one kind of object a configuration is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from rltransfer.errors import ConfigError
from rltransfer.registry import nearest


class Settings(BaseModel):
    """Frozen, named values that refuse what they do not know.

    Every part of an experiment that a YAML file can set (trunks, algorithms, transfer methods, budgets) derives
    from this, so that the file, the Python call and the JSON Schema have one definition.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, protected_namespaces=())


AnySettings = TypeVar("AnySettings", bound=Settings)


def parse(kind: type[AnySettings], values: Mapping[str, Any]) -> AnySettings:
    """``kind`` made from ``values``.

    Raises:
        ConfigError: every value that does not hold, on one line, with the nearest known name for an unknown one.
    """
    try:
        return kind(**values)
    except ValidationError as error:
        faults = []
        for fault in error.errors(include_url=False, include_input=False):
            key = ".".join(str(part) for part in fault["loc"])
            if fault["type"] == "extra_forbidden":
                near = nearest(key, kind.model_fields)
                hint = f"Did you mean {near!r}?" if near else f"Known: {', '.join(kind.model_fields)}."
                faults.append(f"{key}: unknown setting. {hint}")
            else:
                faults.append(f"{key}: {fault['msg']}")
        raise ConfigError(f"{kind.__name__}: " + "; ".join(faults)) from error
