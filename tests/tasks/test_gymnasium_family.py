"""Any Gymnasium id as a task with changed attributes, and its mistakes told in one line."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.errors import ConfigError, MissingExtraError, SpaceMismatchError
from rltransfer.tasks.gymnasium_family import GymnasiumFamily


def doubts_of(family):
    return family.doubts(family.task())


class Inner:
    push = 1.0


class Constants(gymnasium.Env):
    """Adds up constants, some of which are read when it is made."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
    action_space = spaces.Discrete(2)
    fixed = property(lambda self: 3)

    def __init__(self, random=False):
        self.mass, self.speed, self.unused, self.late = 2.0, 3, 1.0, 0.0
        self.doubled = 2 * self.mass
        self.wind = np.zeros(2)
        self.inner = Inner()
        self.random = random

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps, self.at = 0, np.zeros(2)
        return self.at, {}

    def step(self, action):
        self.steps += 1
        self.at = self.at + self.doubled * action + self.speed + self.wind + self.inner.push
        if self.random:
            self.at = self.at + np.random.default_rng().random()
        if self.steps > 150:
            self.at = self.at + self.late
        return self.at, 0.0, self.steps == 180, False, {}


@pytest.fixture(autouse=True)
def registered():
    gymnasium.register("Constants-v0", entry_point=Constants, disable_env_checker=True)
    yield
    del gymnasium.registry["Constants-v0"]


@pytest.mark.parametrize(
    ("family", "kind", "message"),
    [
        ({"id": "CartPol-v1"}, ConfigError, "environment 'CartPol-v1' cannot be made: .*Did you mean: `CartPole`"),
        ({"id": "CartPole-v9"}, ConfigError, "environment 'CartPole-v9' cannot be made: .*version `v9`"),
        ({"id": "Nobody/CartPole-v1"}, ConfigError, "Namespace Nobody not found"),
        ({"id": "CartPole-v1", "kwargs": {"gravity": 3}}, ConfigError, "unexpected keyword argument 'gravity'"),
        ({"id": "FrozenLake-v1", "kwargs": {"map_name": "9x9"}}, ConfigError, "cannot be made: KeyError '9x9'"),
        ({"id": "no_such_module:Mine-v0"}, MissingExtraError, "No module named 'no_such_module'"),
        ({"id": "FrozenLake-v1"}, SpaceMismatchError, r"trunks read Box observations, not Discrete\(16\)"),
        ({"id": "CartPole-v1", "wrappers": ["resize"]}, SpaceMismatchError, "'resize' takes uint8 images"),
        ({"id": "CartPole-v1", "wrappers": ["grayscale"]}, ConfigError, "'CartPole-v1', wrapper Grayscale: "),
        ({"id": "CartPole-v1", "wrappers": ["rescale_action"]}, ConfigError, "wrapper RescaleAction: .*Discrete"),
        ({"id": "CartPole-v1", "wrappers": [{"clip_reward": {"low": 1, "high": 0}}]}, ConfigError, "r ClipReward"),
        ({"id": "CartPole-v1", "wrappers": ["resiz"]}, ConfigError, "unknown wrapper 'resiz'. Did you mean 'resize'?"),
        ({"id": "CartPole-v1", "wrappers": [{"resize": {"hight": 9}}]}, ConfigError, "Did you mean 'height'?"),
        ({"id": "CartPole-v1", "wrappers": "pixels"}, ConfigError, "wrappers is a list"),
        ({"id": "CartPole-v1", "wrappers": [{"pixels": {}, "resize": {}}]}, ConfigError, "wrappers is a list"),
        ({"id": "CartPole-v1", "attributes": [1]}, ConfigError, "attributes is a mapping of names to values"),
        ({"id": "CartPole-v1", "attributes": {"gravty": 5.0}}, ConfigError,
         "'CartPole-v1': unknown attribute of CartPoleEnv 'gravty'. Did you mean 'gravity'?"),
        ({"id": "CartPole-v1", "attributes": {"zzz": 5.0}}, ConfigError, "Known: action_space, .*gravity"),
        ({"id": "CartPole-v1", "attributes": {"__class__": 5.0}}, ConfigError, "unknown attribute of CartPoleEnv"),
        ({"id": "CartPole-v1", "attributes": {"gravity.x": 5.0}}, ConfigError, "unknown attribute of float 'x'"),
        ({"id": "CartPole-v1", "attributes": {"step": 5.0}}, ConfigError, "'step' is a method, which no value"),
        ({"id": "CartPole-v1", "attributes": {"gravity": "low"}}, ConfigError, "is 9.8, and 'low' is of another kind"),
        ({"id": "CartPole-v1", "attributes": {"gravity": True}}, ConfigError, "is 9.8, and True is of another kind"),
        ({"id": "CartPole-v1", "attributes": {"unwrapped": 1}}, ConfigError, "is a CartPoleEnv, which no value"),
        ({"id": "Constants-v0", "attributes": {"wind": [1.0]}}, ConfigError, r"has the shape \(2,\); give a list"),
        ({"id": "Constants-v0", "attributes": {"fixed": 3}}, ConfigError, "attribute 'fixed' cannot be set"),
        ({"kwargs": {}}, ConfigError, "an ad-hoc family has id, kwargs, attributes and wrappers"),
        ({"id": "CartPole-v1", "wrapers": []}, ConfigError, "an ad-hoc family has id, kwargs, attributes and wrappers"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_told_in_one_line(family, kind, message):
    with pytest.raises(kind, match=message) as refused:
        rlt.make_env(family)
    assert len(str(refused.value).splitlines()) == 1


def constants(attributes, **kwargs):
    return GymnasiumFamily("Constants-v0", kwargs=kwargs, attributes=attributes)


def test_attributes_are_set_on_every_copy_in_the_kind_that_they_have():
    env = constants({"speed": 5, "wind": [1, 2.5], "inner.push": 0.0}).make().unwrapped
    assert (env.speed, env.inner.push) == (5, 0.0)
    assert env.wind.dtype == np.float64
    assert env.wind.tolist() == [1, 2.5]
    assert Inner.push == 1.0  # the class, which other environments share, is left alone
    both = rlt.make_env({"id": "Constants-v0", "attributes": {"speed": 5}}, num_envs=2)
    both.reset()
    assert both.step(np.array([0, 0]))[0].tolist() == [[6, 6], [6, 6]]  # 5 and the push of 1


def test_weaker_gravity_slows_the_fall_of_the_pole():
    """One step from rest at an angle: by the equations of Barto, Sutton and Anderson (1983), without a force."""
    pull = {}
    for gravity in (9.8, 4.9):
        env = GymnasiumFamily("CartPole-v1", attributes={"gravity": gravity}).make()
        env.reset(seed=0)
        cart = env.unwrapped
        cart.state = np.array([0, 0, 0.1, 0])
        cart.force_mag = 0.0
        env.step(0)
        pull[gravity] = cart.state[3]
    assert pull[4.9] == pytest.approx(pull[9.8] / 2)
    expected = 0.02 * 9.8 * np.sin(0.1) / (0.5 * (4 / 3 - 0.1 * np.cos(0.1) ** 2 / 1.1))
    assert pull[9.8] == pytest.approx(expected)


def test_an_object_within_can_be_reached_by_its_dotted_name():
    pytest.importorskip("mujoco")
    family = GymnasiumFamily("InvertedPendulum-v5", attributes={"model.opt.gravity": [0, 0, -5.0]})
    env = family.make()
    assert env.unwrapped.model.opt.gravity.tolist() == [0, 0, -5]
    assert doubts_of(family) == ()
    env.close()


def test_a_change_that_does_nothing_is_doubted_and_one_that_acts_is_not():
    told = doubts_of(constants({"mass": 9.0, "speed": 4, "unused": 2.0}))
    assert [doubt.split(" had no effect in 200 steps")[0] for doubt in told] == [
        "environment 'Constants-v0': attribute 'mass'",  # of which another constant was computed before
        "environment 'Constants-v0': attribute 'unused'",
    ]
    assert "be read only when the environment is made" in told[0]
    assert doubts_of(constants({"doubled": 9.0, "inner.push": 0.5, "wind": [0, 1]})) == ()
    assert doubts_of(GymnasiumFamily("CartPole-v1", attributes={"gravity": 5.0})) == ()
    assert "'masscart' had no effect" in doubts_of(GymnasiumFamily("CartPole-v1", attributes={"masscart": 5.0}))[0]


def test_an_effect_late_in_the_rollout_is_found_and_the_same_value_is_doubted():
    assert doubts_of(constants({"late": 1.0})) == ()
    assert "may have that value already" in doubts_of(constants({"speed": 3}))[0]


def test_an_environment_without_a_seed_of_its_own_cannot_show_an_effect():
    (doubt,) = doubts_of(constants({"unused": 2.0}, random=True))
    assert "the same seed gives different episodes" in doubt


def test_a_package_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "Box2D", None)
    for module in [name for name in sys.modules if name.startswith("gymnasium.envs.box2d")]:
        monkeypatch.delitem(sys.modules, module)
    with pytest.raises(MissingExtraError, match="Box2D is not installed"):
        rlt.make_env({"id": "LunarLander-v3"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "does not exist"),
        ("not a model", "XML"),
        ("<mujoco><worldbody><body><joint type='odd'/></body></worldbody></mujoco>", "invalid keyword"),
        ("<mujoco><worldbody><body><freejoint/></body></worldbody></mujoco>", "mass and inertia"),
    ],
)
def test_a_model_file_that_does_not_hold_is_one_line(tmp_path, text, message):
    pytest.importorskip("mujoco")
    path = tmp_path / "mine.xml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=f"environment 'Ant-v5' cannot be made: .*{message}") as refused:
        GymnasiumFamily("Ant-v5", kwargs={"xml_file": str(path)}).make()
    assert "\n" not in str(refused.value)


def test_what_mujoco_itself_cannot_go_on_with_is_one_line(monkeypatch):
    mujoco = pytest.importorskip("mujoco")

    def fails(*_, **__):
        raise mujoco.FatalError("stack overflow\nat: 3")

    monkeypatch.setattr(gymnasium, "make", fails)
    with pytest.raises(ConfigError, match=r"^environment 'Ant-v5' cannot be made: stack overflow$"):
        GymnasiumFamily("Ant-v5").make()
