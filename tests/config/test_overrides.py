"""``a.b=c`` on the command line."""

import pytest

from rltransfer.config import ConfigErrors, parse_experiment

TEXT = """\
experiment: quick
source: {family: rover, budget: 1000}
targets:
  dusk: {environment: {palette: dusk}}
methods: [direct, finetune]
budget: 1000
"""


def override(*overrides: str):
    return parse_experiment(TEXT, name="x.yaml", overrides=overrides)


def test_values_are_yaml_and_later_ones_win() -> None:
    config = override("budget=2_000", "seeds=[4, 7]", "budget=3e3", "evaluation.episodes=7", "threads=2")
    assert config.budget == 3000
    assert config.seeds == (4, 7)
    assert config.evaluation.episodes == 7
    assert config.evaluation.every == 300
    assert config.threads == 2


def test_list_items_are_named_by_index() -> None:
    config = override("methods.0=frozen", "methods.1={finetune: {heads: reinit}}", "methods.1.finetune.name=new")
    assert [method.label for method in config.methods] == ["scratch", "frozen", "new"]
    assert config.methods[2].heads == "reinit"


def test_mappings_on_the_way_are_made() -> None:
    config = override("targets.dusk.environment.slip=0.3", "targets.swap.task=swap", "trunk.features=64")
    assert config.targets["dusk"].environment == {"palette": "dusk", "slip": 0.3}
    assert config.targets["swap"].task == "swap"
    assert config.trunk.features == 64


def test_a_file_that_is_broken_is_mended_by_an_override() -> None:
    assert parse_experiment(TEXT.replace("1000}", "0}"), overrides=["source.budget=5"]).source.budget == 5


def test_null_takes_a_value_away() -> None:
    assert override("workers=3", "workers=null").workers is None
    assert override("workers=3", "workers=").workers is None
    assert override("source.budget=", "source.agent=runs/a/source/seed-0").source.agent == "runs/a/source/seed-0"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("budget", "override 'budget': not an override. Write key=value"),
        ("=3", "override '=3': not an override"),
        ("a..b=3", "override 'a..b=3': not an override"),
        ("budget=x", "override 'budget=x': budget: needs a whole number, not 'x'."),
        ("bugdet=3", "override 'bugdet=3': bugdet: unknown key. Did you mean 'budget'?"),
        ("budget=[1", "override 'budget=[1': budget: the value cannot be read: not YAML"),
        ("seeds=&a 3", "override 'seeds=&a 3': seeds: an anchor"),
        (
            "methods.5=direct",
            "override 'methods.5=direct': methods.5: methods is a list of 2. Name an item by 0 to 1.",
        ),
        ("methods.x=direct", "methods.x: methods is a list of 2"),
        ("budget.x=1", "budget.x: budget is 1000, which has no keys"),
        (
            "targets.dusk.environment.slpi=1",
            "targets.dusk.environment.slpi: unknown factor of family 'rover'.",
        ),
        ("evaluation.episodes=0", "evaluation.episodes: is 0, but must be at least 1."),
    ],
)
def test_a_broken_override_is_named(given: str, message: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        override(given)
    assert str(caught.value).startswith(f"override '{given}': ")
    assert message in str(caught.value)
    assert len(caught.value.problems) == 1


def test_errors_of_the_file_come_first_then_overrides_in_their_order() -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse_experiment(TEXT.replace("quick", "a b"), name="x.yaml", overrides=["threads=0", "b", "budget=0"])
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        "x.yaml:1:1", "override 'threads=0'", "override 'b'", "override 'budget=0'",
    ]  # fmt: skip
