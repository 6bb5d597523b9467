"""Experiments written out in full, and held against each other."""

from __future__ import annotations

from typing import Any

import yaml

from rltransfer.config.experiment_config import ExperimentConfig
from rltransfer.config.scalars import read_scalar


def resolved_yaml(config: ExperimentConfig) -> str:
    """``config`` as YAML with every default written out; loading it gives an equal configuration."""
    return yaml.dump(as_written(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def as_written(config: ExperimentConfig) -> dict[str, Any]:
    """``config`` as plain data, complete, in the order of the fields; nothing stands for null in tasks."""
    data = config.model_dump(mode="json")
    data["source"] = _without_nothing(data["source"])
    data["targets"] = {name: _without_nothing(target) for name, target in data["targets"].items()}
    if not data["targets"]:
        for key in ("targets", "methods", "budget"):
            del data[key]
    return data


def differing_keys(first: ExperimentConfig, second: ExperimentConfig) -> list[str]:
    """The dotted keys whose values differ, or that only one has; empty for equal experiments."""
    before, after = _flat(as_written(first)), _flat(as_written(second))
    missing = object()
    return [key for key in {**before, **after} if before.get(key, missing) != after.get(key, missing)]


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None and value != {}}


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    """``{"a": {"b": [1]}}`` as ``{"a.b.0": 1}``; empty mappings and lists stay."""
    if isinstance(value, dict) and value:
        items = list(value.items())
    elif isinstance(value, list) and value:
        items = list(enumerate(value))
    else:
        return {prefix: value}
    return {
        key: leaf
        for name, inner in items
        for key, leaf in _flat(inner, f"{prefix}.{name}" if prefix else str(name)).items()
    }


class _Dumper(yaml.SafeDumper):
    """Writes what ``rltransfer.config.yaml_reading`` reads: no aliases, and quotes around ``"1e6"``."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    try:
        style = None if read_scalar(text) == text else "'"
    except ValueError:
        style = "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
