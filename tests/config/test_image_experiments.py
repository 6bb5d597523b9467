"""Experiments of kind ``images``: shorter words for tasks with data, told apart from environments."""

import pytest

from rltransfer.config import DataFamily, PublishedFamily, parse_experiment
from rltransfer.config.resolved import resolved_yaml
from rltransfer.config.size import size_of
from rltransfer.errors import ConfigError

HEAD = """\
kind: images
experiment: numerals
seeds: 2
budget: 512
methods: [finetune]
"""
TASKS = """\
size: 36
source: {data: mnist, budget: 1024}
targets:
  few: {data: digits, per_class: 5}
  same: {per_class: 1}
"""


def test_targets_keep_what_they_do_not_name():
    config = parse_experiment(HEAD + TASKS)
    assert config.agent.name == "classifier"
    families = [config.task(name).family for name in ("source", "few", "same")]
    assert all(isinstance(family, DataFamily) for family in families)
    names = [type(family.data).__name__.lower() for family in families]
    assert names[0] == names[2] != names[1]
    assert [(family.per_class, family.size) for family in families] == [("all", 36), (5, 36), (1, 36)]
    assert "6,144 examples: 2,048 source, 4,096 target" in str(size_of(config))
    again = parse_experiment(resolved_yaml(config))
    assert again == config


def test_settings_of_the_learner_need_not_name_it():
    config = parse_experiment(HEAD + TASKS + "agent: {num_envs: 8, optimizer_name: sgd}\n")
    assert (config.agent.name, config.agent.num_envs, config.agent.optimizer_name) == ("classifier", 8, "sgd")


def test_published_weights_are_a_source_without_a_budget():
    text = HEAD + "trunk: efficientnet_lite0\nsource: {published: imagenet}\ntargets: {few: {data: digits}}\n"
    config = parse_experiment(text)
    assert isinstance(config.source.family, PublishedFamily)
    assert not config.source.is_trained
    assert size_of(config).num_source_agents == 0
    assert parse_experiment(resolved_yaml(config)) == config


ACROSS = """\
experiment: across
seeds: 2
budget: 1024
"""


def test_a_source_of_labels_for_agents_has_a_classifier_of_its_own():
    source = "source: {data: mnist, size: 64, budget: 2048}\n"
    targets = "targets: {rover: {family: rover}}\nmethods: [frozen]\n"
    config = parse_experiment(ACROSS + source + targets)
    assert (config.kind, config.source_kind) == ("agents", "images")
    assert (config.agent.name, config.learner("source").name, config.learner("rover").name) == (
        "ppo",
        "classifier",
        "ppo",
    )
    assert config.task("source").family.size == 64
    assert "4,096 examples of the source, 4,096 environment steps of targets" in str(size_of(config))
    assert parse_experiment(resolved_yaml(config)) == config
    chosen = parse_experiment(ACROSS + source.replace("budget", "learner: {num_envs: 8}, budget") + targets)
    assert (chosen.learner("source").name, chosen.learner("source").num_envs) == ("classifier", 8)


def test_a_source_of_rewards_for_classifiers_has_an_agent_of_its_own():
    source = "source: {family: rover, task: swap, budget: 2048}\n"
    targets = "size: 64\ntargets: {few: {data: digits, per_class: 5}}\nmethods: [frozen]\n"
    config = parse_experiment("kind: images\n" + ACROSS + source + targets)
    assert (config.source_kind, config.learner("source").name, config.learner("few").name) == (
        "agents",
        "ppo",
        "classifier",
    )
    assert config.task("source").family == "rover"
    assert config.task("few").family.size == 64
    assert parse_experiment(resolved_yaml(config)) == config


def test_published_weights_are_a_source_for_agents():
    source = "trunk: efficientnet_lite0\nsource: {published: imagenet}\n"
    config = parse_experiment(ACROSS + source + "targets: {rover: {family: rover}}\nmethods: [frozen]\n")
    assert (config.agent.name, config.learner("source").name) == ("ppo", "classifier")
    assert parse_experiment(resolved_yaml(config)) == config


@pytest.mark.parametrize(
    ("tasks", "place", "told"),
    [
        (
            "source: {family: rover, budget: 9, learner: pppo}\ntargets: {a: {data: digits}}",
            "6:36: source.learner",
            "Did you mean 'ppo'",
        ),
        (
            "source: {family: rover, agent: runs/x, learner: ppo}\ntargets: {a: {data: digits}}",
            "source.learner",
            "has learned already",
        ),
        ("source: {data: mnits, budget: 9}\ntargets: {a: {data: digits}}", "6:10: source.data", "Did you mean 'mnist'"),
        ("source: {data: mnist, budget: 9}\ntargets: {a: {per_class: 0}}", "7:15: targets.a.per_class", "at least 1"),
        (
            "source: {data: mnist, budget: 9}\ntargets: {a: {per_class: 2.5}}",
            "7:15: targets.a.per_class: ",
            "needs a whole number of at least 1, or 'all', not 2.5",
        ),
        ("source: {data: mnist, budget: 9}\ntargets: {a: {per_class: al}}", "7:15: targets.a.per_class: ", "not 'al'"),
        (
            "source: {data: {format: frames, family: rovr, label: x}, budget: 9}\ntargets: {a: {data: digits}}",
            "6:33: source.data.family: ",
            "unknown family 'rovr'. Did you mean 'rover'?",
        ),
        ("source: {data: mnist, budget: 9}\ntargets: {a: {per_clas: 5}}", "7:15: targets.a.per_clas", "'per_class'"),
        (
            "source: {data: mnist, budget: 9, x: 1}\ntargets: {a: {data: digits}}",
            "source.x",
            "Known: data, per_class, size, budget, agent, learner",
        ),
        ("source: {data: mnist, budget: 9}\ntargets: {a: {}}", "7:11: targets.a", "it is the source"),
        ("source: {data: {path: x}, budget: 9}\ntargets: {a: {data: digits}}", "source.data.format", "missing"),
        ("source: {data: mnist, budget: 9, robot: omni}\ntargets: {a: {data: digits}}", "source.robot", "have none"),
        ("source: {data: mnist}\ntargets: {a: {data: digits}}", "source.budget", "missing"),
        ("source: {published: imagenet}\ntargets: {a: {data: digits}}", "source.published", "no published weights"),
        (
            "trunk: {name: efficientnet_lite0, weights: imagenet}\nsource: {published: imagenet}\n"
            "targets: {a: {data: digits}}",
            "trunk.weights",
            "the control would begin with them",
        ),
        (
            "trunk: efficientnet_lite0\nsource: {published: imagenet, budget: 9}\ntargets: {a: {data: digits}}",
            "source.budget",
            "Leave it out",
        ),
    ],
)
def test_what_does_not_hold_is_told_as_it_was_written(tasks, place, told):
    with pytest.raises(ConfigError) as error:
        parse_experiment(HEAD + tasks + "\n")
    assert any(place in line and told in line for line in str(error.value).splitlines()), error.value
