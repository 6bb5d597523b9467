"""A change that changes nothing is told before anything trains."""

import pytest

from rltransfer.config import parse_experiment
from rltransfer.errors import NoEffectWarning
from rltransfer.experiment import check_parts
from rltransfer.registry import FAMILIES
from rltransfer.tasks.family import Randomization
from rltransfer.tasks.idle_factors import idle_factors


def test_what_acts_is_not_doubted():
    task = FAMILIES.get("rover").task(environment={"slip": 0.3, "palette": "dusk"})
    assert idle_factors(task) == {}


def test_what_waits_for_another_factor_is_named_with_it():
    cartpole = FAMILIES.get("cartpole")
    idle = idle_factors(cartpole.task(environment={"palette": "night", "gravity": 15.0}))
    assert list(idle) == ["palette"]
    assert idle["palette"] == "has no effect with observation=vector. It needs observation=pixels."
    assert idle_factors(cartpole.task(environment={"palette": "night", "observation": "pixels"})) == {}


def test_drawn_factors_are_looked_at_too():
    cartpole = FAMILIES.get("cartpole")
    drawn = Randomization(factors=("gravity", "palette"), split="full")
    assert list(idle_factors(cartpole.task(randomization=drawn))) == ["palette"]


def test_a_drawn_factor_may_wait_for_another_drawn_one():
    minigrid = FAMILIES.get("minigrid")
    together = Randomization(factors=("layout", "crossings"), split="train")
    assert idle_factors(minigrid.task(environment={"size": 11}, randomization=together)) == {}
    alone = Randomization(factors=("crossings",), split="train")
    assert "layout=simple-crossing" in idle_factors(minigrid.task(randomization=alone))["crossings"]


@pytest.mark.parametrize(
    ("family", "task", "environment"),
    [
        ("mountain-car", "reach", {"goal_velocity": 0.03, "max_speed": 0.05}),
        ("cartpole", "balance", {"track_limit": 3.0}),
        ("acrobot", "hold", {"goal_height": 0.5}),
        ("minigrid", "reach", {"time_limit": 2.0, "layout": "lava-crossing", "crossings": 2, "size": 11}),
        ("rover", "push", {"block_mass": 2.0, "gradient": 0.3, "gradient_angle": 90}),
    ],
)
def test_what_takes_long_to_show_is_believed(family, task, environment):
    assert idle_factors(FAMILIES.get(family).task(task=task, environment=environment)) == {}


@pytest.mark.parametrize(
    ("family", "task", "environment", "said"),
    [
        ("rover", "reach", {"block_mass": 2.0}, "has no effect in task 'reach'. It acts in: push."),
        ("cartpole", "swing-up", {"angle_limit": 6.0}, "has no effect in task 'swing-up'. It acts in: balance."),
        ("highway", "merge", {"radius": 25}, "has no effect in task 'merge'. It acts in: roundabout."),
        ("vizdoom", "basic", {"maze": True}, "has no effect in task 'basic'. It acts in: health-gathering."),
        ("rover", "reach", {"gradient_angle": 90}, "has no effect with gradient=0.0. It needs another gradient."),
        ("bipedal", "forward", {"stump_height": 2.0}, "has no effect with stumps=False. It needs stumps=True."),
    ],
)
def test_what_a_factor_declares_is_told_without_a_rollout(monkeypatch, family, task, environment, said):
    found = FAMILIES.get(family)
    monkeypatch.setattr(type(found), "make_vec", None)
    assert list(idle_factors(found.task(task=task, environment=environment)).values()) == [said]


@pytest.mark.parametrize(
    ("family", "robot", "task", "environment", "said"),
    [
        ("locomotion", "swimmer", None, {"gravity": 1.5}, ["has no effect on robot 'swimmer' without slope."]),
        ("locomotion", "swimmer", None, {"gravity": 1.5, "slope": 4.0}, []),
        ("locomotion", "swimmer", None, {"damping": 0.5}, ["has no effect on robot 'swimmer'."]),
        ("locomotion", "ant", None, {"torso_length": 1.2}, ["has no effect on robot 'ant'."]),
        ("locomotion", "hopper", None, {"gravity": 1.5, "damping": 0.5}, []),
        ("rover", "hovercraft", "reach", {"friction": 0.2}, ["has no effect on robot 'hovercraft' without push."]),
        ("rover", "hovercraft", "push", {"friction": 0.2}, []),
    ],
)
def test_what_has_no_effect_on_a_robot_is_told(family, robot, task, environment, said):
    point = FAMILIES.get(family).task(robot=robot, task=task, environment=environment)
    assert list(idle_factors(point).values()) == said


def test_a_need_that_some_episodes_meet_is_met():
    rover = FAMILIES.get("rover")
    drawn = Randomization(factors=("gradient", "gradient_angle"), split="train")
    assert idle_factors(rover.task(randomization=drawn)) == {}


EXPERIMENT = """
experiment: idle
seeds: 1
source: {family: minigrid, budget: 4096}
targets: {more-walls: {environment: {crossings: 3}}}
methods: [finetune]
budget: 4096
"""


def test_an_experiment_says_so_with_the_place():
    with pytest.warns(
        NoEffectWarning, match=r"^targets.more-walls: factor 'crossings' has no effect with layout"
    ) as told:
        check_parts(parse_experiment(EXPERIMENT))
    assert len(told) == 1
