"""The schema for editors says yes and no where the loader does."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from rltransfer.config.docstrings import field_descriptions, summary_of
from rltransfer.config.schema import json_schema
from rltransfer.config.schema_sharing import with_shared_parts
from rltransfer.config.yaml_reading import parse_document
from rltransfer.trunks.specs import Nature

SHIPPED = Path(__file__).parents[2] / "configs" / "schema.json"
VALID = """\
experiment: quick
seeds: [1, 2]
trunk: {precision: float32}
agent: {algorithm: dqn, buffer_size: 1000}
source: {family: rover, robot: omni, budget: 1000, environment: {slip: 0.2}}
targets:
  dusk: {environment: {palette: dusk}}
  pole: {family: {id: CartPole-v1, wrappers: [pixels, {frame_stack: {frames: 2}}]}}
methods: [direct, {finetune: {heads: reinit}}, {frozen: }]
budget: 1000
evaluation: {every: 100}
threshold: null
"""


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    schema = json_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_it_is_plain_json_and_knows_its_constraints_by_their_own_names(validator) -> None:
    text = json.dumps(validator.schema, allow_nan=False)
    assert '"ge"' not in text
    assert '"lt"' not in text
    parts = [json.dumps(part) for part in validator.schema["definitions"].values()]
    assert len(set(parts)) == len(parts)
    assert all(f'"$ref": "#/definitions/{name}"' in text for name in validator.schema["definitions"])


def test_what_is_said_twice_is_written_once() -> None:
    part = {"type": "object", "properties": {"steps": {"enum": list(range(100))}}}
    whole = {"properties": {"a": part, "b": {"anyOf": [part, {"type": "null"}]}, "properties": {"type": "string"}}}
    shared = with_shared_parts(whole)
    assert shared["definitions"] == {"1": part}
    assert shared["properties"]["a"] == {"$ref": "#/definitions/1"} == shared["properties"]["b"]["anyOf"][0]
    assert shared["properties"]["properties"] == {"type": "string"}
    for valid in ({"a": {"steps": 3}}, {"b": None}):
        jsonschema.validate(valid, shared)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"b": {"steps": 100}}, shared)


def test_valid_files_pass(validator) -> None:
    validator.validate(parse_document(VALID, "x").data)
    validator.validate(parse_document(VALID.replace("budget: 1000,", "agent: runs/a,"), "x").data)


def test_underscores_pass_though_editors_read_them_as_text(validator) -> None:
    data = parse_document(VALID, "x").data
    validator.validate({**data, "budget": "150_000"})
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**data, "budget": "150000"})


@pytest.mark.parametrize(
    ("found", "broken"),
    [
        ("experiment: quick", "experiment: a b"),
        ("seeds: [1, 2]", "seeds: [1, 1]"),
        ("seeds: [1, 2]", "seeds: 0"),
        ("precision: float32", "precision: float3"),
        ("precision: float32", "width: 3"),
        ("algorithm: dqn", "algorithm: ppo"),
        ("robot: omni", "robot: omny"),
        ("budget: 1000,", ""),
        ("budget: 1000,", "budget: 1000, agent: runs/a,"),
        ("slip: 0.2", "slip: 0.9"),
        ("slip: 0.2", "slpi: 0.2"),
        ("palette: dusk", "palette: dus"),
        ("dusk: {", "source: {"),
        ("pixels,", "pixel,"),
        ("frames: 2", "frames: 0"),
        ("heads: reinit", "heads: rinit"),
        ("[direct", "[dirct"),
        ("budget: 1000\n", ""),
        ("every: 100", "every: 0"),
        ("threshold: null", "threshold: high"),
        ("threshold: null", "treshold: 1"),
    ],
)
def test_broken_files_fail(validator, found: str, broken: str) -> None:
    assert found in VALID
    assert not validator.is_valid(parse_document(VALID.replace(found, broken), "x").data)


def test_descriptions_come_from_docstrings(validator) -> None:
    assert field_descriptions(Nature)["features"] == "width of the last layer."
    assert field_descriptions(Nature)["precision"].startswith("arithmetic of the trunk's")
    assert summary_of(Nature) == "Three convolutions and a fully connected layer."
    properties = validator.schema["properties"]
    assert all(properties[name].get("description") for name in properties)
    assert properties["budget"]["description"].startswith("environment steps of each target trial")


def test_the_shipped_schema_is_current() -> None:
    if not SHIPPED.exists():
        pytest.skip("no configs/schema.json yet")
    assert json.loads(SHIPPED.read_text()) == json_schema(), "run: rltransfer schema > configs/schema.json"


def test_shipped_experiments_pass_the_schema(validator) -> None:
    for path in sorted((SHIPPED.parent).glob("*.yaml")):
        validator.validate(parse_document(path.read_text(), path.name).data)
        assert yaml.safe_load(path.read_text())
