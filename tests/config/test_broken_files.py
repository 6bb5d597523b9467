"""A hundred broken experiment files: each is refused at its line, with exit status 2 and no traceback."""

import re

import pytest
from typer.testing import CliRunner

from rltransfer.cli import app
from rltransfer.config import ConfigErrors, load_experiment

VALID = """\
experiment: quick
seeds: 3
trunk: {name: nature}
agent: {algorithm: ppo}
source: {family: rover, robot: omni, task: reach, budget: 1000}
targets:
  dusk: {environment: {palette: dusk}}
methods:
  - direct
  - finetune
budget: 1000
evaluation: {every: 100, episodes: 5}
"""
LINES = VALID.splitlines()


def with_line(number: int, text: str) -> str:
    """``VALID`` with one line replaced by ``text``, which may be several."""
    return "\n".join([*LINES[: number - 1], text, *LINES[number:]])


def without_line(number: int) -> str:
    return "\n".join([*LINES[: number - 1], *LINES[number:]])


# (line of VALID to replace, its replacement, "line:column" of the error or "" for any, a part of the message)
REPLACED = [
    (1, "experiment: quick start", "1:1", "experiment: 'quick start' is not a plain name"),
    (1, "experiment: ../up", "1:1", "not a plain name"),
    (1, "experiment:", "1:1", "experiment: nothing is not a plain name"),
    (1, "experiment: 3", "1:1", "3 is not a plain name"),
    (1, "experiment: [quick]", "1:1", "a list is not a plain name"),
    (1, f"experiment: {'x' * 65}", "1:1", "at most 64"),
    (1, "experimnt: quick", "1:1", "experimnt: unknown key. Did you mean 'experiment'?"),
    (2, "seeds: 0", "2:1", "seeds: is 0, but must be a whole number, 1 to 10000"),
    (2, "seeds: -3", "2:1", "seeds: is -3"),
    (2, "seeds: 2.5", "2:1", "seeds: is 2.5"),
    (2, "seeds: true", "2:1", "needs a number of seeds or a list of seeds, not true"),
    (2, "seeds: three", "2:1", "needs a number of seeds or a list of seeds, not 'three'"),
    (2, "seeds: {}", "2:1", "not a mapping"),
    (2, "seeds: []", "2:1", "seeds: has 0 entries, but needs at least 1"),
    (2, "seeds: [1, 2, 1]", "2:15", "seeds.2: the seed 1 stands twice"),
    (2, "seeds: [1, -2]", "2:12", "seeds.1: is -2, but must be at least 0"),
    (2, "seeds: [a]", "2:9", "seeds.0: needs a whole number, not 'a'"),
    (2, "seeds: 1000000000000", "2:1", "1 to 10000"),
    (3, "trunk: natur", "3:1", "unknown trunk 'natur'. Did you mean 'nature'?"),
    (3, "trunk: {name: zzzzzz}", "3:9", "trunk.name: unknown trunk 'zzzzzz'. Known: "),
    (3, "trunk: {name: nature, feature: 3}", "3:23", "trunk.feature: unknown key. Did you mean 'features'?"),
    (3, "trunk: {features: 0}", "3:9", "trunk.features: is 0, but must be at least 1"),
    (3, "trunk: {precision: bfloat}", "3:9", "no choice 'bfloat'. Did you mean 'bfloat16'?"),
    (3, "trunk: {name: impala, channels: [8, x]}", "3:37", "trunk.channels.1: needs a whole number, not 'x'"),
    (3, "trunk: {name: impala, channels: []}", "3:23", "trunk.channels: has 0 entries"),
    (3, "trunk: {name: impala, channels: 8}", "3:23", "trunk.channels: needs a list, not 8"),
    (3, "trunk: [nature]", "3:1", "needs the name of a trunk, not a list"),
    (3, "trunk: {name: [nature]}", "3:9", "needs the name of a trunk, not a list"),
    (3, "trunk: {name: os:system}", "3:9", "unknown trunk 'os:system'"),
    (4, "agent: dqm", "4:1", "unknown algorithm 'dqm'. Did you mean 'dqn'?"),
    (4, "agent: {algorithm: ppo, learning_rat: 1}", "4:25", "Did you mean 'learning_rate'?"),
    (4, "agent: {learning_rate: '3e-4'}", "4:9", "agent.learning_rate: needs a number, not '3e-4'"),
    (4, "agent: {learning_rate: true}", "4:9", "agent.learning_rate: needs a number, not true"),
    (4, "agent: {gamma: 1.5}", "4:9", "agent.gamma: is 1.5, but must be at most 1"),
    (4, "agent: {learning_rate: 0}", "4:9", "agent.learning_rate: is 0, but must be more than 0"),
    (4, "agent: {learning_rate: .nan}", "4:24", ".nan is not a finite number"),
    (4, "agent: {num_envs: 1.5}", "4:9", "agent.num_envs: needs a whole number, not 1.5"),
    (4, "agent: {algorithm: dqn, n_steps: 8}", "4:25", "agent.n_steps: unknown key"),
    (5, "source: rover", "5:1", "source: needs a mapping, not 'rover'"),
    (5, "source:", "5:1", "source: needs a mapping, not nothing"),
    (5, "source: {budget: 1000}", "5:1", "source.family: missing"),
    (
        5,
        "source: {family: rovr, budget: 1}",
        "5:10",
        "source.family: unknown family 'rovr'. Did you mean 'rover'?",
    ),
    (5, "source: {family: 3, budget: 1}", "5:10", "source.family: needs the name of a family"),
    (5, "source: {family: rover}", "5:1", "source.budget: missing. Give the steps"),
    (
        5,
        "source: {family: rover, budget: 1, agent: runs/x}",
        "5:36",
        "source.agent: given together with budget",
    ),
    (5, "source: {family: rover, budget: 0}", "5:25", "source.budget: is 0, but must be at least 1"),
    (5, "source: {family: rover, budget: 1e99}", "5:25", "source.budget: is "),
    (5, "source: {family: rover, budget: 1, robot: omny}", "5:36", "unknown robot 'omny' of family 'rover'"),
    (5, "source: {family: rover, budget: 1, robot: 3}", "5:36", "source.robot: needs text, not 3"),
    (5, "source: {family: rover, budget: 1, task: rech}", "5:36", "Did you mean 'reach'?"),
    (5, "source: {family: rover, budget: 1, environment: 3}", "5:36", "environment: needs a mapping, not 3"),
    (5, "source: {family: rover, budget: 1, environment: {slipp: 0.1}}", "5:50", "Did you mean 'slip'?"),
    (
        5,
        "source: {family: rover, budget: 1, environment: {slip: 7}}",
        "5:50",
        "outside its bounds 0.0 to 0.5",
    ),
    (5, "source: {family: rover, budgt: 1}", "5:25", "source.budgt: unknown key. Did you mean 'budget'?"),
    (5, "source: {family: {id: 'a:b:E-v0'}, budget: 1}", "5:19", "does not fit the pattern"),
    (5, "source: {family: {kwargs: {}}, budget: 1}", "5:10", "source.family.id: missing"),
    (5, "source: {family: {id: A-v0, wraps: []}, budget: 1}", "5:29", "Did you mean 'wrappers'?"),
    (
        5,
        "source: {family: {id: A-v0}, budget: 1, robot: omni}",
        "5:41",
        "source.robot: a Gymnasium environment",
    ),
    (5, "source: {family: {id: A-v0, wrappers: [graycale]}, budget: 1}", "5:40", "Did you mean 'grayscale'?"),
    (
        5,
        "source: {family: {id: A-v0, wrappers: [time_limit]}, budget: 1}",
        "5:40",
        "time_limit.steps: missing",
    ),
    (5, "source: {family: {id: A-v0, wrappers: [{resize: {width: 1}}]}, budget: 1}", "5:50", "at least 8"),
    (5, "source: {family: {id: A-v0, kwargs: 3}, budget: 1}", "5:29", "kwargs: needs a mapping, not 3"),
    (5, "source: {family: {id: A-v0, attributes: 3}, budget: 1}", "5:29", "attributes: needs a mapping, not 3"),
    (
        5,
        "source: {family: {id: A-v0, attributes: {gravity: {a: 1}}}, budget: 1}",
        "5:42",
        "source.family.attributes.gravity: needs ",
    ),
    (
        5,
        "source: {family: {id: A-v0, attributes: {mass: [1, x]}}, budget: 1}",
        "5:52",
        "source.family.attributes.mass.1: needs a number, not 'x'",
    ),
    (5, "source: {family: {id: A-v0, attributes: {_np_random: 1}}, budget: 1}", "5:42", "does not fit the pattern"),
    (5, "source: {family: {id: A-v0, attribute: {mass: 1}}, budget: 1}", "5:29", "Did you mean 'attributes'?"),
    (7, "  dusk: {}", "7:3", "targets.dusk: changes nothing"),
    (7, "  dusk:", "7:3", "targets.dusk: changes nothing"),
    (7, "  dusk: {robot: omni, environment: {slip: 0.0}}", "7:3", "changes nothing"),
    (7, "  dusk: {family: rover}", "7:3", "changes nothing"),
    (7, "  dusk: 3", "7:3", "targets.dusk: needs a mapping, not 3"),
    (7, "  source: {robot: differential}", "7:3", "the name 'source' is kept"),
    (7, "  a b: {robot: differential}", "7:3", "targets.'a b': not a plain name"),
    (7, "  a.b: {robot: differential}", "7:3", "targets.'a.b': not a plain name"),
    (7, "  a: {robot: differential}\n  A: {task: swap}", "8:3", "differs from 'a' only in case"),
    (
        7,
        "  dusk: {environment: {frictoin: 0.1}}",
        "7:24",
        "environment.frictoin: unknown factor of family 'rover'",
    ),
    (7, "  dusk: {environment: {palette: dus}}", "7:24", "factor 'palette' has no value 'dus'"),
    (7, "  dusk: {environment: {walls: 1.5}}", "7:24", "'walls' is a whole number (0 to 4), not 1.5"),
    (7, "  dusk: {environment: {slip: [1]}}", "7:24", "needs one value, not a list"),
    (7, "  dusk: {environment: {grayscale: yes}}", "7:24", "'grayscale' is true or false, not 'yes'"),
    (7, "  dusk: {envronment: {slip: 0.1}}", "7:10", "targets.dusk.envronment: unknown key"),
    (7, "  dusk: {budget: 3}", "7:10", "targets.dusk.budget: unknown key"),
    (
        7,
        "  dusk: {family: {id: A-v0}, task: swap}",
        "7:30",
        "targets.dusk.task: a Gymnasium environment has none",
    ),
    (8, "methods: direct\nx:", "8:1", "methods: needs a list of methods, not 'direct'"),
    (10, "  - fintune", "10:5", "methods.1: unknown method 'fintune'. Did you mean 'finetune'?"),
    (10, "  - direct", "10:5", "the method 'direct' stands twice (also item 0). Give one a 'name'"),
    (
        10,
        "  - finetune: {head: copy}",
        "10:16",
        "methods.1.finetune.head: unknown key. Did you mean 'heads'?",
    ),
    (
        10,
        "  - finetune: {learning_rate_scale: lectur}",
        "10:16",
        "needs 'lecture' or a number or a mapping, not 'lectur'",
    ),
    (10, "  - finetune: copy", "10:5", "methods.1.finetune: needs a mapping of options, not 'copy'"),
    (10, "  - {finetune: {}, frozen: {}}", "10:5", "methods.1: has 2 keys"),
    (10, "  - 3", "10:5", "needs the name of a method, not 3"),
    (10, "  - frozen: {cache: yes}", "10:14", "methods.1.frozen.cache: needs true or false, not 'yes'"),
    (10, "  - frozen: {name: scratch}", "10:5", "the name 'scratch' is kept for the control"),
    (10, "  - frozen: {name: a/b}", "10:14", "methods.1.frozen.name: 'a/b' does not fit"),
    (10, "  - soft_sharing: {strength: {fc: x}}", "10:31", "strength.fc: needs a number, not 'x'"),
    (11, "budget: many", "11:1", "budget: needs a whole number, not 'many'"),
    (11, "budget: 1000\nbudget: 2000", "12:1", "budget: given twice; first at 11:1"),
    (11, "budget: 99", "12:14", "evaluation.every: is 100, more than the budget of 99"),
    (12, "evaluation: often", "12:1", "evaluation: needs a mapping, not 'often'"),
    (12, "evaluation: {episodes: 0}", "12:14", "evaluation.episodes: is 0, but must be at least 1"),
    (12, "evaluation: {evry: 10}", "12:14", "evaluation.evry: unknown key. Did you mean 'every'?"),
    (12, "evaluation: {seed: '3'}", "12:14", "evaluation.seed: needs a whole number, not '3'"),
    (12, "threshold: high", "12:1", "threshold: needs a number, not 'high'"),
    (12, "workers: 0", "12:1", "workers: is 0, but must be at least 1"),
    (12, "threads: two", "12:1", "threads: needs a whole number, not 'two'"),
    (12, "deivce: cuda", "12:1", "deivce: unknown key"),
]
WHOLE = [
    (
        with_line(4, "agent: dqn").replace("robot: omni", "robot: hovercraft"),
        "5:25",
        "source.robot: 'hovercraft' acts by continuous actions; 'dqn' learns discrete. Choose another robot",
    ),
    (without_line(1), "1:1", "experiment: missing. Add it."),
    (without_line(11), "1:1", "budget: missing. Add it."),
    ("\n".join(LINES[:5] + LINES[7:]), "1:1", "targets: missing. Add it, or leave methods and budget out"),
    (with_line(5, "source: {family: rover, budget: 1, randomize: [slipp]}"), "5:48", "Did you mean 'slip'?"),
    (
        with_line(5, "source: {family: rover, budget: 1, randomize: {factors: [slip], splt: train}}"),
        "5:65",
        "source.randomize.splt: unknown key. Did you mean 'split'?",
    ),
    (
        with_line(5, "source: {family: rover, budget: 1, randomize: [slip, grayscale]}"),
        "5:54",
        "factor 'grayscale' has one value in split 'train', False",
    ),
    (with_line(5, "source: {family: rover, budget: 1, randomize: []}"), "5:36", "has 0 entries, but needs at least 1"),
    (with_line(7, "  dusk: {randomize: {split: train}}"), "7:10", "targets.dusk.randomize.factors: missing"),
    (with_line(7, "  dusk: {randomize: {factors: [slip], split: tran}}"), "7:39", "Did you mean 'train'?"),
    (with_line(12, "context: {visibility: observed, factors: [slipp]}"), "12:43", "Did you mean 'slip'?"),
    (with_line(12, "context: seen"), "12:1", "no choice 'seen'"),
    (
        "\n".join([*LINES[:5], "targets: {}", *LINES[7:]]),
        "6:1",
        "targets: has 0 entries, but needs at least 1",
    ),
    (
        with_line(4, "agent: dqn").replace("  dusk: {", "  dusk: {robot: hovercraft, "),
        "7:10",
        "targets.dusk.robot: 'hovercraft' acts by continuous actions; 'dqn' learns discrete",
    ),
    ("", "1:1", "the file is empty"),
    ("# nothing\n", "1:1", "the file is empty"),
    ("- a\n- b\n", "1:1", "at the top, not a list"),
    ("just text", "1:1", "at the top, not 'just text'"),
    ("experiment: [a", "1:15", "not YAML: expected ',' or ']', but got the end of the file"),
    ('experiment: "a', "1:15", "A quote is not closed."),
    ("experiment:\n\tname: a", "2:1", "a tab where YAML wants spaces"),
    ("experiment: a: b", "1:14", "Quote text that has a colon"),
    ("experiment: a\nsource\nbudget: 3", "3:1", "could not find expected ':'"),
    ("experiment: @a", "1:13", "cannot start any token"),
    ("experiment: a\n---\nexperiment: b", "2:1", "a second document"),
    (f"{VALID}x: &a 3\n", "13:4", "x: an anchor"),
    (f"{VALID}x: *a\n", "13:4", "x: an alias"),
    (f"{VALID}<<: {{a: 1}}\n", "13:1", "a merge key"),
    (
        f"{VALID}x: !!python/object/apply:os.system [echo]\n",
        "13:4",
        "x: a tag ('tag:yaml.org,2002:python/object",
    ),
    (f"{VALID}? [a, b]\n: 3\n", "13:3", "a key that is not plain text"),
    (f"{VALID}x: {'9' * 5000}\n", "13:4", "the number is too large"),
    (f"{VALID}x: 1e999\n", "13:4", "the number is too large"),
    (f"{VALID}x: {'[' * 100}{']' * 100}\n", "13:", "nested more than 32 deep"),
    (f"{VALID}x: \x01\n", "13:4", "U+0001 cannot stand in YAML"),
]
BROKEN = [(with_line(number, text), place, part) for number, text, place, part in REPLACED] + WHOLE


def test_there_are_a_hundred() -> None:
    assert len(BROKEN) >= 100


def test_what_they_are_made_from_is_valid(tmp_path) -> None:
    path = tmp_path / "valid.yaml"
    path.write_text(VALID)
    assert load_experiment(path).experiment == "quick"


@pytest.mark.parametrize(("text", "place", "part"), BROKEN, ids=[part[:40] for _, _, part in BROKEN])
def test_a_broken_file_is_refused_where_it_is_broken(tmp_path, text: str, place: str, part: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")

    result = CliRunner().invoke(app, ["check", str(path)])

    assert result.exit_code == 2
    assert not result.stdout
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert all(re.match(rf"{re.escape(str(path))}:\d+:\d+: ", line) for line in lines), lines
    assert all(len(line) < 400 + len(str(path)) for line in lines)
    found = [line for line in lines if line.startswith(f"{path}:{place}") and part in line]
    assert found, result.stderr


def test_every_error_is_told_at_once_in_the_order_of_the_file(tmp_path) -> None:
    text = with_line(1, "experiment: a b")
    for found, broken in (
        ("seeds: 3", "seeds: 0"),
        ("nature", "natur"),
        ("algorithm: ppo", "gama: 1"),
        ("task: reach", "task: rech"),
        ("palette", "pallete"),
        ("- finetune", "- finetune: {heads: cpy}"),
        ("every: 100", "every: 1e4"),
        ("episodes: 5", "episodes: x"),
    ):
        text = text.replace(found, broken)
    path = tmp_path / "several.yaml"
    path.write_text(text)

    with pytest.raises(ConfigErrors) as caught:
        load_experiment(path)

    assert [problem.place.text.partition(".yaml:")[2] for problem in caught.value.problems] == [
        "1:1", "2:1", "3:9", "4:9", "5:38", "7:24", "10:16", "12:14", "12:26",
    ]  # fmt: skip
    assert len(str(caught.value).splitlines()) == 9


def test_a_sound_field_beside_a_broken_one_is_still_checked(tmp_path) -> None:
    path = tmp_path / "both.yaml"
    path.write_text(with_line(4, "agent: {gamma: 3, learning_rate: true}"))
    with pytest.raises(ConfigErrors, match=r"agent\.gamma(?s:.*)agent\.learning_rate: needs a number, not true"):
        load_experiment(path)


def test_no_message_repeats_a_long_value(tmp_path) -> None:
    path = tmp_path / "long.yaml"
    path.write_text(with_line(1, f"experiment: {'x' * 10_000}") + f"\n{'k' * 900}: 1\n")
    with pytest.raises(ConfigErrors) as caught:
        load_experiment(path)
    assert max(len(line) for line in str(caught.value).splitlines()) < 400
