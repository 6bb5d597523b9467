"""Points of a family, and what differs between two of them."""

from collections.abc import Mapping

import pytest
from gymnasium import spaces

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import FAMILIES
from rltransfer.tasks import Factor, Family, Randomization, ReferenceScore, SpaceDiff, Variation
from rltransfer.tasks.gymnasium_family import GymnasiumFamily

FACTORS = {
    "palette": Factor(name="palette", kind="appearance", default="day", choices=("day", "dusk")),
    "noise": Factor(name="noise", kind="sensor", default=0.0, low=0.0, high=9.0),
    "slip": Factor(name="slip", kind="dynamics", default=0.0, low=0.0, high=1.0),
    "walls": Factor(name="walls", kind="layout", default=0, low=0, high=4),
}
MEANINGS = {"a": ("left", "right"), "b": ("left", "right"), "mirrored": ("right", "left"), "smooth": None}


class Ground(Family):
    """Four robots, two of whom take two actions in another order."""

    name = "ground"
    summary = "for these tests"
    robots = dict.fromkeys(("a", "b", "mirrored", "smooth", "tall"), "")
    tasks = dict.fromkeys(("reach", "swap"), "")
    factors = FACTORS

    def make_vec(self, task, *, num_envs, render_mode=None):
        raise AssertionError("spaces are known without an environment")

    def spaces(self, task):
        action = spaces.Box(-1, 1, (1,)) if task.robot == "smooth" else spaces.Discrete(2)
        return spaces.Box(0, 1, (4 if task.robot == "tall" else 3,)), action

    def action_meanings(self, robot):
        return MEANINGS.get(robot, ("left", "right"))


GROUND = Ground()
SCORE = ReferenceScore(random=0.0, expert=1.0, episodes=5, source="counted")


def point(**axes):
    return GROUND.task(**axes)


def test_left_out_axes_take_the_first():
    task = point()
    assert (task.robot, task.task, dict(task.environment)) == ("a", "reach", {})


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({"robot": "mirored"}, "unknown robot of family 'ground' 'mirored'. Did you mean 'mirrored'?"),
        ({"task": "swop"}, "unknown task of family 'ground' 'swop'. Did you mean 'swap'?"),
        ({"environment": {"palete": "dusk"}}, "unknown factor 'palete'. Did you mean 'palette'?"),
        ({"environment": {"zzz": 1}}, "unknown factor 'zzz'. Known: palette, noise, slip, walls."),
    ],
)
def test_an_unknown_name_suggests_the_nearest(axes, message):
    with pytest.raises(UnknownNameError) as refused:
        point(**axes)
    assert str(refused.value) == message


def test_changed_keeps_the_rest_factor_by_factor():
    source = point(robot="b", task="swap", environment={"palette": "dusk", "slip": 0.2})
    changed = source.changed(environment={"slip": 0.3, "walls": 2})
    assert (changed.robot, changed.task) == ("b", "swap")
    assert dict(changed.environment) == {"palette": "dusk", "slip": 0.3, "walls": 2}
    assert dict(source.environment) == {"palette": "dusk", "slip": 0.2}
    assert dict(source.changed(robot="a").environment) == {"palette": "dusk", "slip": 0.2}
    assert source.changed() == source
    assert dict(source.changed(environment={"palette": "day"}).environment) == {"slip": 0.2}


def test_a_tasks_text_names_every_axis_and_the_changed_factors():
    assert str(point(robot="b", environment={"slip": 0.2, "noise": 0})) == "ground: b, reach (slip=0.2)"


def test_the_empty_variation_equals_the_default_spelled_out():
    empty = Variation(FACTORS)
    spelled = Variation(FACTORS, {"palette": "day", "noise": 0, "slip": 0.0, "walls": 0.0})
    assert empty == spelled
    assert hash(empty) == hash(spelled)
    assert (len(spelled), list(spelled), "palette" in spelled) == (0, [], False)
    assert empty.full() == {"palette": "day", "noise": 0.0, "slip": 0.0, "walls": 0}


def test_variations_are_values():
    one = Variation(FACTORS, {"slip": 0.5, "palette": "dusk"})
    other = Variation(FACTORS, {"palette": "dusk", "slip": 0.5})
    assert one == other
    assert len({one, other, Variation(FACTORS, {"slip": 0.4, "palette": "dusk"}), Variation(FACTORS)}) == 3
    assert one != {"slip": 0.5, "palette": "dusk"}
    assert isinstance(one, Mapping)
    assert repr(one) == "Variation(palette='dusk', slip=0.5)"
    with pytest.raises(TypeError):
        one["slip"] = 0.1


def test_merged_sets_on_top_and_can_take_back():
    base = Variation(FACTORS, {"slip": 0.5, "palette": "dusk"})
    merged = base.merged({"slip": 0.0, "walls": 1})
    assert dict(merged) == {"palette": "dusk", "walls": 1}
    assert merged.full() == {"palette": "dusk", "noise": 0.0, "slip": 0.0, "walls": 1}
    assert dict(base) == {"slip": 0.5, "palette": "dusk"}
    with pytest.raises(ConfigError, match="outside its bounds"):
        base.merged({"walls": 5})


def test_equal_tasks_differ_in_nothing():
    diff = SpaceDiff.between(point(), point(environment={"slip": 0.0}))
    assert diff.homogeneous
    assert (diff.reward_changed, diff.dynamics_changed, diff.factors) == (False, False, ())
    assert str(diff) == "homogeneous; changed: nothing"


@pytest.mark.parametrize(
    ("change", "dynamics"),
    [({"palette": "dusk"}, False), ({"noise": 3.0}, False), ({"slip": 0.1}, True), ({"walls": 1}, True)],
)
def test_only_dynamics_and_layout_factors_change_the_dynamics(change, dynamics):
    diff = SpaceDiff.between(point(), point(environment=change))
    assert diff.factors == tuple(change)
    assert diff.dynamics_changed is dynamics
    assert diff.homogeneous
    assert not diff.reward_changed
    assert SpaceDiff.between(point(environment=change), point()).dynamics_changed is dynamics


def test_another_task_changes_the_reward_alone():
    diff = SpaceDiff.between(point(), point(task="swap"))
    assert (diff.reward_changed, diff.dynamics_changed, diff.homogeneous) == (True, False, True)


@pytest.mark.parametrize(
    ("robot", "observation", "action"),
    [("b", True, True), ("mirrored", True, False), ("smooth", True, False), ("tall", False, True)],
)
def test_another_robot_may_change_either_space(robot, observation, action):
    diff = SpaceDiff.between(point(), point(robot=robot))
    assert (diff.observation_equal, diff.action_equal) == (observation, action)
    assert diff.homogeneous is (observation and action)
    assert diff.dynamics_changed


def test_equal_numbers_that_mean_other_actions_are_not_equal_actions():
    diff = SpaceDiff.between(point(), point(robot="mirrored"))
    assert diff.action[0] == diff.action[1] == spaces.Discrete(2)
    assert not diff.action_equal
    assert "actions Discrete(2) -> Discrete(2)" in str(diff)


def test_unnamed_actions_of_equal_spaces_are_taken_to_agree():
    """Two Gymnasium environments name no actions; whether one's policy serves the other is theirs to measure."""
    cartpole = GymnasiumFamily("CartPole-v1").task()
    varied = GymnasiumFamily("CartPole-v1", kwargs={"sutton_barto_reward": True}).task()
    diff = SpaceDiff.between(cartpole, varied)
    assert (diff.homogeneous, diff.reward_changed, diff.dynamics_changed) == (True, True, True)
    other = SpaceDiff.between(cartpole, GymnasiumFamily("Acrobot-v1").task())
    assert (other.observation_equal, other.action_equal) == (False, False)


def test_of_two_pairs_of_spaces_the_worst_is_assumed():
    pair = (spaces.Box(0, 1, (3,)), spaces.Discrete(2))
    diff = SpaceDiff.between_spaces(pair, pair)
    assert (diff.homogeneous, diff.reward_changed, diff.dynamics_changed) == (True, True, True)


def test_rover_tells_robots_apart():
    rover = FAMILIES.get("rover")
    source = rover.task()
    assert not SpaceDiff.between(source, source.changed(robot="differential")).action_equal
    assert not SpaceDiff.between(source, source.changed(robot="hovercraft")).homogeneous
    assert SpaceDiff.between(source, source.changed(environment={"slip": 0.1, "palette": "night"})).homogeneous


@pytest.mark.parametrize(
    ("axes", "holds"),
    [
        ({}, True),
        ({"environment": {"palette": "dusk", "noise": 3.0}}, True),
        ({"environment": {"slip": 0.0}}, True),
        ({"environment": {"slip": 0.1}}, False),
        ({"environment": {"palette": "dusk", "walls": 1}}, False),
        ({"randomization": Randomization(factors=("palette",), split="full")}, True),
        ({"randomization": Randomization(factors=("palette", "walls"), split="full")}, False),
        ({"robot": "b"}, False),
        ({"task": "swap"}, False),
    ],
)
def test_reference_scores_hold_where_paths_are_the_default_environments(axes, holds, monkeypatch):
    monkeypatch.setattr(Ground, "reference_scores", {("a", "reach"): SCORE})
    assert GROUND.reference_score(point(**axes)) == (SCORE if holds else None)
