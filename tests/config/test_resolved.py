"""Experiments written out in full."""

import pytest

from rltransfer.config import differing_keys, parse_experiment, resolved_yaml

TEXTS = {
    "rover": """\
experiment: "1e6"
seeds: [3, 1]
trunk: {name: impala, channels: [8, 16]}
agent: {algorithm: dqn, learning_rate: 1e-5}
source: {family: rover, environment: {slip: 0.2, palette: dusk}, budget: 1000}
targets: {less: {environment: {slip: 0}}, robot: {robot: differential}, "on": {family: {id: A-v0}}}
methods: [{soft_sharing: {strength: {fc: 1e-3}}}, {frozen: {at: block1, name: "007"}}]
budget: 1e6
evaluation: {every: 1000}
threshold: 0.5
workers: 2
""",
    "gymnasium": """\
experiment: poles
source:
  family:
    id: A-v0
    kwargs: {a: [1, {b: "1e3", c: null}], d: "no"}
    attributes: {gravity: 5.0, steps: 3, model.opt.gravity: [0, 0, -5], name: "1e3", windy: true}
    wrappers: [pixels]
  agent: runs/a
targets: {rover: {family: rover}}
methods: [direct]
budget: 5
""",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_loads_to_an_equal_configuration(text: str) -> None:
    config = parse_experiment(text)
    resolved = resolved_yaml(config)
    assert parse_experiment(resolved) == config
    assert resolved_yaml(parse_experiment(resolved)) == resolved


def test_every_default_is_written_out() -> None:
    config = parse_experiment(TEXTS["rover"])
    lines = [line.strip() for line in resolved_yaml(config).splitlines()]
    for expected in (
        "- scratch:",
        "gamma: 0.99",
        "robot: omni",
        "episodes: 50",
        "threads: 1",
        "experiment: '1e6'",
    ):
        assert expected in lines


def test_equal_experiments_differ_in_nothing() -> None:
    config = parse_experiment(TEXTS["rover"])
    spelled = parse_experiment(TEXTS["rover"], overrides=["source.robot=omni", "targets.robot.task=reach", "threads=1"])
    assert differing_keys(config, config) == []
    assert differing_keys(config, spelled) == []


@pytest.mark.parametrize(
    ("override", "keys"),
    [
        ("budget=2000", ["budget"]),
        ("seeds=[3]", ["seeds.1"]),
        ("trunk.channels=[8, 9]", ["trunk.channels.1"]),
        ("targets.less.environment.slip=0.3", ["targets.less.environment.slip"]),
        ("targets.new.task=swap", ["targets.new.task"]),
        ("agent.gamma=0.5", ["agent.gamma"]),
    ],
)
def test_differing_keys(override: str, keys: list[str]) -> None:
    found = differing_keys(parse_experiment(TEXTS["rover"]), parse_experiment(TEXTS["rover"], overrides=[override]))
    assert found == keys
