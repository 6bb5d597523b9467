"""The JSON Schema of experiment files, so that editors complete and check them while they are written.

It cannot say all that the loader checks (which stages a trunk has, that a target changes something), and it
knows everything that is registered on this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rltransfer import registry
from rltransfer.config.data_sizes import PER_CLASS
from rltransfer.config.docstrings import field_descriptions, summary_of
from rltransfer.config.experiment_config import (
    MAX_SEEDS,
    SOURCE,
    EvaluationSettings,
    ExperimentConfig,
)
from rltransfer.config.method_list import COMPOSITION
from rltransfer.config.schema_sharing import Schema, with_shared_parts
from rltransfer.config.section import SLUG
from rltransfer.config.task_settings import (
    AdHocFamily,
    ContextSettings,
    DataFamily,
    ForeignAgent,
    PublishedFamily,
    RandomizeSettings,
    SourceSettings,
    TargetSettings,
)
from rltransfer.registry import Registry
from rltransfer.settings import Settings

_UNDERSCORED: Schema = {"type": "string", "pattern": r"^[-+]?[0-9]+(_[0-9]+)+$"}
"""``150_000``, which YAML 1.2 and therefore editors take for text."""


def json_schema() -> Schema:
    """The schema of a whole experiment file, draft 7, which is what YAML editors know best."""
    root = _settings_schema(ExperimentConfig)
    properties = root["properties"]
    special: dict[str, Schema] = {
        "experiment": {"type": "string", "pattern": f"^{SLUG}$", "maxLength": 64},
        "seeds": _seeds_schema(),
        "trunk": _named_by_key(registry.TRUNKS, key="name", default="nature"),
        "agent": _named_by_key(registry.ALGORITHMS, key="algorithm", default="ppo"),
        "source": _source_schema(),
        "context": _context_schema(),
        "targets": _targets_schema(),
        "methods": {"type": "array", "items": _method_schema()},
        "evaluation": _optional({**_settings_schema(EvaluationSettings), "required": []}),
    }
    for name, schema in special.items():
        properties[name] = {**schema, "description": properties[name]["description"]}
    for name, schema in _data_schema()["properties"].items():
        shared = "of tasks that do not name their own, with kind: images: "
        properties[name] = {**schema, "description": shared + schema["description"]}
    root["required"] = ["experiment", "source"]
    root["dependencies"] = {"targets": ["methods", "budget"]}
    root["title"] = "rltransfer experiment"
    return {"$schema": "http://json-schema.org/draft-07/schema#", **with_shared_parts(_with_underscores(root))}


def _settings_schema(kind: type[Settings]) -> Schema:
    """The fields of ``kind`` with the descriptions of its docstring; definitions are written in place."""
    schema = kind.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    schema.pop("title", None)
    schema["description"] = summary_of(kind)
    descriptions = field_descriptions(kind)
    for name, field in schema.get("properties", {}).items():
        field.pop("title", None)
        if name in descriptions:
            field["description"] = descriptions[name]
    return {"type": "object", "additionalProperties": False, **schema}


def _inlined(schema: Any, definitions: Mapping[str, Any], depth: int = 0) -> Any:
    """``schema`` with references replaced by what they name; a definition within itself becomes anything."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            target = definitions[schema["$ref"].rpartition("/")[2]]
            return {} if depth > 8 else _inlined(target, definitions, depth + 1)
        return {key: _inlined(value, definitions, depth) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(item, definitions, depth) for item in schema]
    return schema


def _seeds_schema() -> Schema:
    one = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
    several = {"type": "array", "items": one, "minItems": 1, "maxItems": MAX_SEEDS, "uniqueItems": True}
    return {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MAX_SEEDS}, several], "default": 5}


def _named_by_key(entries: Registry[Any], *, key: str, default: str | None) -> Schema:
    """A bare name, or a mapping whose ``key`` says which options it has."""
    choices: list[Schema] = [_names(entries)]
    for name in entries:
        schema = _settings_schema(entries.get(name))
        schema["properties"] = {key: {"const": name}, **schema.get("properties", {})}
        schema["required"] = [*([] if name == default else [key]), *schema.get("required", [])]
        choices.append(schema)
    return {"anyOf": choices} if default is None else {"anyOf": choices, "default": {key: default}}


def _named_by_mapping(entries: Registry[Any]) -> Schema:
    """A bare name, or a mapping of one name to its options."""
    choices: list[Schema] = [_names(entries)]
    for name in entries:
        options = _settings_schema(entries.get(name))
        choices.append(_object({name: _optional(options)}, required=[name], description=options["description"]))
    return {"anyOf": choices}


def _method_schema() -> Schema:
    """A method by itself, or a list of several that act together; ``compose`` gives such a list a name."""
    ways = _named_by_mapping(registry.METHODS)["anyOf"]
    alone = [way for way in ways if way.get("required") != [COMPOSITION]]
    several: Schema = {"type": "array", "items": {"anyOf": alone}, "minItems": 2}
    for way in ways:
        if way not in alone:
            way["properties"][COMPOSITION]["anyOf"][0]["properties"]["methods"].update(several)
    return {"anyOf": [*ways, several]}


def _names(entries: Registry[Any]) -> Schema:
    return {"type": "string", "enum": list(entries)}


def _source_schema() -> Schema:
    described = field_descriptions(SourceSettings)
    ways: dict[str, Schema] = {
        "budget": {
            **ExperimentConfig.model_json_schema()["properties"]["budget"],
            "description": described["budget"],
        },
        "agent": {
            "anyOf": [{"type": "string", "minLength": 1}, _foreign_agent_schema()],
            "description": described["agent"],
        },
        "learner": {
            **_named_by_key(registry.ALGORITHMS, key="algorithm", default=None),
            "description": described["learner"],
        },
    }
    ways["budget"].pop("title", None)
    one_way = [{"required": [key]} for key in ("budget", "agent", "published")]
    tasks = [
        {**_extended(task, ways), **({"required": ["family"]} if "family" in task["properties"] else {})}
        for task in _task_schemas(described)
    ]
    published = {"properties": {"family": {"type": "object", "required": ["published"]}}, "required": ["family"]}
    return {"type": "object", "oneOf": [*one_way, published], "anyOf": tasks}


def _foreign_agent_schema() -> Schema:
    schema = _settings_schema(ForeignAgent)
    schema["properties"]["algorithm"] = {
        **_names(registry.ALGORITHMS),
        "description": schema["properties"]["algorithm"]["description"],
    }
    return schema


def _targets_schema() -> Schema:
    tasks = _task_schemas(field_descriptions(TargetSettings))
    return {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"pattern": f"^{SLUG}$", "maxLength": 64, "not": {"const": SOURCE}},
        "additionalProperties": {"type": "object", "minProperties": 1, "anyOf": [*tasks, _several_sizes(tasks[-1])]},
    }


def _several_sizes(shorter: Schema) -> Schema:
    """The short way to write a target, with a list of sizes."""
    one = shorter["properties"][PER_CLASS]
    listed = {"type": "array", "items": {"anyOf": one["anyOf"]}, "minItems": 1, "uniqueItems": True}
    described = "one target for each of these numbers of examples of each class, called after it: name-5"
    return _extended(shorter, {PER_CLASS: {**listed, "description": described}})


def _task_schemas(described: Mapping[str, str]) -> list[Schema]:
    """One schema for each registered family, and one for Gymnasium environments."""
    schemas = []
    for name in registry.FAMILIES:
        family = registry.FAMILIES.get(name)
        factors = {factor.name: _factor_schema(factor) for factor in family.factors.values()}
        properties: dict[str, Schema] = {
            "family": {"const": name, "description": family.summary},
            "robot": _optional(_robot_schema(family)),
            "task": _optional({"enum": list(family.tasks), "description": _listed(family.tasks)}),
            "environment": _optional(_object(factors, description=described["environment"])),
        }
        if factors:
            properties["randomize"] = _optional(_randomize_schema(list(factors), described["randomize"]))
        schemas.append(_object(properties))
    ad_hoc = _settings_schema(AdHocFamily)
    ad_hoc["properties"]["wrappers"]["items"] = _named_by_mapping(registry.WRAPPERS)
    data, published = _data_schema(), _settings_schema(PublishedFamily)
    shorter = _object({**data["properties"], **published["properties"]})
    return [*schemas, *(_object({"family": own}) for own in (ad_hoc, data, published)), shorter]


def _data_schema() -> Schema:
    schema = _settings_schema(DataFamily)
    named = _named_by_key(registry.IMAGE_DATA, key="format", default=None)
    schema["properties"]["data"] = {**named, "description": schema["properties"]["data"]["description"]}
    return schema


def _robot_schema(family: Any) -> Schema:
    listed: Schema = {"enum": list(family.robots), "description": _listed(family.robots)}
    if not family.other_robots:
        return listed
    others: Schema = {"type": "string", "pattern": f"^({family.other_robots})$"}
    return {"anyOf": [listed, others], "description": listed["description"]}


def _randomize_schema(factors: list[str], description: str) -> Schema:
    names: Schema = {"type": "array", "items": {"enum": factors}, "minItems": 1}
    whole = _settings_schema(RandomizeSettings)
    whole["properties"]["factors"] = {**names, "description": whole["properties"]["factors"]["description"]}
    return {"anyOf": [names, whole], "description": description}


def _context_schema() -> Schema:
    whole = _settings_schema(ContextSettings)
    return {"anyOf": [{"enum": whole["properties"]["visibility"]["enum"]}, whole]}


def _factor_schema(factor: Any) -> Schema:
    unit = f" ({factor.unit})" if factor.unit not in ("", "1") else ""
    schema: Schema = {"description": f"{factor.kind}: {factor.description}{unit}", "default": factor.default}
    if isinstance(factor.default, bool):
        return {"type": "boolean", **schema}
    if isinstance(factor.default, str):
        return {"enum": list(factor.choices), **schema}
    bounds = {"minimum": factor.low, "maximum": factor.high}
    kind = "integer" if isinstance(factor.default, int) else "number"
    return {"type": kind, **{key: bound for key, bound in bounds.items() if bound is not None}, **schema}


def _object(properties: Schema, *, required: Iterable[str] = (), description: str = "") -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = list(required)
    return {**schema, "description": description} if description else schema


def _extended(schema: Schema, properties: Schema) -> Schema:
    return {**schema, "properties": {**schema["properties"], **properties}}


def _optional(schema: Schema) -> Schema:
    """``schema``, or a key with nothing after it."""
    described = {key: schema[key] for key in ("description",) if key in schema}
    return {"anyOf": [schema, {"type": "null"}], **described}


def _listed(names: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {summary}" for name, summary in names.items())


def _with_underscores(schema: Any) -> Any:
    """``schema`` with ``150_000`` allowed wherever a whole number is."""
    if isinstance(schema, list):
        return [_with_underscores(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _with_underscores(value) for key, value in schema.items()}
    if inner.get("type") != "integer":
        return inner
    about = {key: inner.pop(key) for key in ("description", "default") if key in inner}
    return {"anyOf": [inner, _UNDERSCORED], **about}
