"""Targets that list several sizes of data: one target each, told where the list stands."""

import jsonschema
import pytest

from rltransfer.config import parse_experiment
from rltransfer.config.resolved import resolved_yaml
from rltransfer.config.schema import json_schema
from rltransfer.config.yaml_reading import parse_document
from rltransfer.errors import ConfigError

HEAD = """\
kind: images
experiment: sizes
seeds: 2
size: 36
source: {data: mnist, budget: 1024}
methods: [finetune]
budget: 512
"""
TARGETS = """\
targets:
  few: {data: digits, per_class: [1, 5, 2e1, all]}
  same: {per_class: 3}
"""


def test_a_target_of_several_sizes_is_one_of_each():
    config = parse_experiment(HEAD + TARGETS)
    assert list(config.targets) == ["few-1", "few-5", "few-20", "few-all", "same"]
    assert [config.task(name).family.per_class for name in config.targets] == [1, 5, 20, "all", 3]
    apart = "".join(f"  few-{size}: {{data: digits, per_class: {size}}}\n" for size in (1, 5, 20, "all"))
    assert config == parse_experiment(HEAD + "targets:\n" + apart + "  same: {per_class: 3}\n")
    assert parse_experiment(resolved_yaml(config)) == config


def test_lists_of_sizes_pass_the_schema():
    validator = jsonschema.Draft7Validator(json_schema())
    data = parse_document(HEAD + TARGETS, "x").data
    validator.validate(data)
    for broken in ([], [0], [1, 1], ["some"]):
        data["targets"]["few"]["per_class"] = broken
        assert not validator.is_valid(data)


@pytest.mark.parametrize(
    ("targets", "place", "told"),
    [
        ("{a: {data: digits, per_class: []}}", "targets.a.per_class", "0 entries"),
        ("{a: {data: digits, per_class: [1, 0]}}", "targets.a.per_class.1", "from 1, or all, not 0"),
        ("{a: {data: digits, per_class: [1, some]}}", "targets.a.per_class.1", "not 'some'"),
        ("{a: {data: digits, per_class: [5, all, 5]}}", "targets.a.per_class.2", "stands twice"),
        ("{a: {data: digit, per_class: [5, all]}}", "8:15: targets.a.data", "unknown"),
        ("{a: {data: digits, per_clas: 5, per_class: [5]}}", "targets.a.per_clas", "unknown"),
        ("{a: {per_class: [5, all]}}", "targets.a", "it is the source"),
        (
            "{a-5: {data: digits}, a: {data: digits, per_class: [1, 5]}}",
            "targets.a.per_class.1",
            "a name that another has",
        ),
        ("{a: {data: digits, per_class: [1, 5]}, a-5: {data: digits}}", "targets.a-5", "a name that another has"),
    ],
)
def test_what_does_not_hold_is_told_where_it_stands(targets, place, told):
    with pytest.raises(ConfigError) as error:
        parse_experiment(HEAD + f"targets: {targets}\n")
    lines = str(error.value).splitlines()
    assert len(lines) == 1, "an entry of the file is told of once, though it stands for several targets"
    assert place in lines[0]
    assert told in lines[0]
