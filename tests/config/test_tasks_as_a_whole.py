"""What a family takes one by one and refuses together, robots in files, and which factors a context tells."""

from dataclasses import asdict
from pathlib import Path

import gymnasium
import pytest

from rltransfer.config import ConfigErrors, parse_experiment, resolved_yaml
from rltransfer.config.resolved import differing_keys
from rltransfer.experiment_tasks import task_of_experiment
from rltransfer_envs.classic_control.family import CARTPOLE

ANT = Path(gymnasium.__file__).parent / "envs" / "mujoco" / "assets" / "ant.xml"


def experiment(source, target="{task: stand}", context=""):
    return (
        f"experiment: whole\nsource: {{{source}, budget: 10}}\ntargets:\n  new: {target}\n"
        f"methods: []\nbudget: 10\ntrunk: mlp\n{context}"
    )


@pytest.mark.parametrize(
    ("source", "target", "place", "part"),
    [
        ("family: atari, task: pong, environment: {mode: 7}", "{task: breakout}",
         "2:51: source.environment.mode", "task 'pong': factor 'mode' has no value 7. Choose one of: 0, 1"),
        ("family: atari", "{task: breakout, environment: {difficulty: 1, mode: 3}}",
         "4:54: targets.new.environment.mode", "task 'breakout': factor 'mode' has no value 3"),
        ("family: minigrid", "{task: go-to-door, environment: {size: 9, layout: four-rooms}}",
         "4:50: targets.new.environment.layout", "leave out factor 'layout'"),
        ("family: minigrid, environment: {layout: four-rooms}", "{task: go-to-door}",
         "4:9: targets.new.task", "task 'go-to-door' has a world of its own"),
    ],
)  # fmt: skip
def test_what_the_family_refuses_together_is_refused_by_the_check(source, target, place, part):
    with pytest.raises(ConfigErrors) as refused:
        parse_experiment(experiment(source, target))
    assert len(refused.value.problems) == 1
    assert str(refused.value).startswith(f"experiment:{place}: ")
    assert part in str(refused.value)


def test_a_robot_in_a_file_is_reached_from_yaml_with_tasks_factors_and_randomisation(tmp_path, monkeypatch):
    (tmp_path / "my_ant.xml").write_text(ANT.read_text())
    monkeypatch.chdir(tmp_path)
    text = experiment(
        'family: locomotion, robot: "ant:my_ant.xml", randomize: [gravity]',
        "{task: stand, environment: {slope: 2.0}}",
    )
    config = parse_experiment(text)
    monkeypatch.chdir("/")
    source, target = task_of_experiment(config, "source"), task_of_experiment(config, "new")
    assert source.robot == target.robot == f"ant:{tmp_path / 'my_ant.xml'}"
    assert (target.task, dict(target.environment)) == ("stand", {"slope": 2.0})
    assert source.randomization.factors == ("gravity",)
    assert differing_keys(config, parse_experiment(resolved_yaml(config))) == []


@pytest.mark.parametrize(
    ("robot", "part"),
    [
        ("ant:gone.xml", "there is no MuJoCo model"),
        ("hopper:ant.xml", "in Hopper-v5 they begin with (slide along x, slide along z, hinge about y)"),
        ("ant.xml", "write the robot whose place the model takes before it, such as 'half-cheetah:ant.xml'"),
        ("ent:ant.xml", "unknown robot 'ent:ant.xml' of family 'locomotion'"),
    ],
)
def test_a_robot_in_a_file_that_does_not_hold_is_refused_by_the_check(robot, part, tmp_path, monkeypatch):
    (tmp_path / "ant.xml").write_text(ANT.read_text())
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigErrors) as refused:
        parse_experiment(experiment("family: locomotion", f'{{robot: "{robot}"}}'))
    assert str(refused.value).startswith("experiment:4:9: targets.new.robot: ")
    assert part in str(refused.value)
    assert "\n" not in str(refused.value)


CART = "family: cartpole, randomize: [length, gravity]"


@pytest.mark.parametrize(
    ("source", "target", "context", "told"),
    [
        (CART, "{task: swing-up}", "context: observed", ("length", "gravity")),
        (CART, "{randomize: [force]}", "context: side", ("length", "gravity")),
        (CART, "{task: swing-up}", "context: {visibility: observed, factors: [force]}", ("force",)),
        ("family: cartpole", "{randomize: [force]}", "context: observed", tuple(CARTPOLE.factors)),
        (CART, "{task: swing-up}", "", None),
    ],
)
def test_source_and_targets_tell_what_the_source_draws_where_no_factors_are_named(source, target, context, told):
    config = parse_experiment(experiment(source, target, context))
    contexts = [task_of_experiment(config, name).context for name in ("source", "new")]
    assert asdict(contexts[0]) == asdict(contexts[1])
    assert contexts[0].factors == told
