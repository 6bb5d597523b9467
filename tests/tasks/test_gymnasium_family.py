"""Any Gymnasium id as a task, its wrappers held against arithmetic, and its mistakes told in one line."""

import sys

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.config import resolved_yaml
from rltransfer.config.load import parse_experiment
from rltransfer.errors import (
    ConfigError,
    MissingExtraError,
    NoEffectWarning,
    RLTransferError,
    SpaceMismatchError,
)
from rltransfer.experiment import check_parts, with_usual_trunk
from rltransfer.tasks.gymnasium_family import GymnasiumFamily
from rltransfer.tasks.images import ResizeImage
from rltransfer.trunks.specs import MLP


def doubts_of(family):
    return family.doubts(family.task())


class Picture(gymnasium.Env):
    """Random pictures; the reward is the action as it arrives; it ends by itself after ``length`` steps."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012
    action_space = spaces.Box(-4.0, 2.0, (1,), np.float64)

    def __init__(self, *, size=16, length=1000, render_mode=None):
        self.render_mode, self.length = render_mode, length
        self.observation_space = spaces.Box(0, 255, (size, size, 3), np.uint8)

    def picture(self):
        self.seen = self.np_random.integers(0, 256, self.observation_space.shape, np.uint8)
        return self.seen

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.picture(), {}

    def step(self, action):
        self.steps += 1
        return self.picture(), float(action[0]), self.steps >= self.length, False, {}

    def render(self):
        return np.repeat(np.repeat(self.seen[:8, :8], 2, axis=0), 2, axis=1)


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
    gymnasium.register("Picture-v0", entry_point=Picture, disable_env_checker=True)
    gymnasium.register("Constants-v0", entry_point=Constants, disable_env_checker=True)
    yield
    del gymnasium.registry["Picture-v0"], gymnasium.registry["Constants-v0"]


def make(*wrappers, num_envs=2, env_id="Picture-v0", **kwargs):
    env = rlt.make_env({"id": env_id, "kwargs": kwargs, "wrappers": list(wrappers)}, num_envs=num_envs, seed=5)
    return env, env.reset()


def acted(env, *values):
    return env.step(np.array([[value] for value in values]))


def test_resize_averages_over_areas_by_hand():
    image = np.array([[0, 0, 90], [0, 0, 90], [30, 30, 120]], np.uint8)[..., None]
    env = Picture(size=3)
    env.observation_space = spaces.Box(0, 255, (3, 3, 1), np.uint8)
    resized = ResizeImage(env, height=2, width=2).observation(image)
    # Each new pixel covers 1.5 x 1.5 old ones: weights 1 and 1/2, of 3/2, in both directions.
    assert resized[..., 0].tolist() == [[0, 60], [20, 80]]


def test_resize_to_half_is_the_mean_of_blocks_for_every_channel():
    raw, before = make()
    env, after = make({"resize": {"height": 8, "width": 8}})
    blocks = before.reshape(2, 3, 8, 2, 8, 2).mean(axis=(3, 5))
    assert env.observation_space == spaces.Box(0, 255, (3, 8, 8), np.uint8)
    assert np.abs(after - blocks).max() <= 0.5
    assert raw.observation_space.shape == (3, 16, 16)


def test_resize_keeps_a_line_of_one_pixel_visible():
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, 17] = 255
    for size in (8, 9, 21, 33, 63):
        small = ResizeImage(Picture(size=64), height=size, width=size).observation(image)
        share = size / 64
        assert small[size // 2].sum(axis=0) == pytest.approx([255 * share] * 3, abs=size / 2)
        assert (small.max(axis=(1, 2)) > 0).all()


def test_enlarging_and_shrinking_by_whole_numbers_gives_the_picture_back():
    image = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    large = ResizeImage(Picture(), height=48, width=32).observation(image)
    assert np.array_equal(large, image.repeat(3, axis=0).repeat(2, axis=1))


def test_grayscale_is_luminance():
    _, colour = make()
    env, gray = make("grayscale")
    assert env.observation_space.shape == (1, 16, 16)
    luminance = np.tensordot([0.2125, 0.7154, 0.0721], colour.astype(float), axes=(0, 1))
    assert np.abs(gray[:, 0] - luminance).max() <= 1


def test_frame_stack_holds_the_last_frames_oldest_first():
    single, frame = make(length=5)
    stacked, stack = make({"frame_stack": {"frames": 3}}, length=5)
    assert stacked.observation_space == spaces.Box(0, 255, (9, 16, 16), np.uint8)
    frames = [frame] * 3  # after a reset the first frame fills the stack
    for number in range(1, 12):
        assert np.array_equal(stack, np.concatenate(frames[-3:], axis=1))
        frame, _, ended, infos = acted(single, 0, 0)
        stack, _, _, stack_infos = acted(stacked, 0, 0)
        assert ended.all() == (number % 5 == 0)
        if ended.all():
            last = np.stack([info["terminal_observation"] for info in infos])
            stack_last = np.stack([info["terminal_observation"] for info in stack_infos])
            assert np.array_equal(stack_last, np.concatenate([*frames[-2:], last], axis=1))
            frames = [frame] * 3  # nothing of the former episode is left in it
        else:
            frames.append(frame)


def test_frame_stack_of_vectors_lengthens_them():
    env, first = make({"frame_stack": {"frames": 4}}, env_id="CartPole-v1")
    assert env.observation_space.shape == (16,)
    assert np.array_equal(first[:, :4], first[:, 12:])
    second = env.step(np.array([0, 1]))[0]
    assert np.array_equal(second[:, :12], first[:, 4:])
    assert not np.array_equal(second[:, 12:], first[:, 12:])


def test_pixels_are_the_rendered_frame_scaled():
    _, raw = make()
    env, pixels = make({"pixels": {"height": 8, "width": 8}})
    assert env.observation_space == spaces.Box(0, 255, (3, 8, 8), np.uint8)
    assert np.array_equal(pixels, raw[:, :, :8, :8])  # rendered at twice the size, scaled to half


def test_pixels_show_a_classic_environment():
    pytest.importorskip("pygame")
    env, first = make({"pixels": {"height": 32, "width": 48}}, "grayscale", env_id="CartPole-v1")
    assert env.observation_space.shape == (1, 32, 48)
    for _ in range(9):
        pixels, *_ = env.step(np.array([1, 1]))
    assert (first != pixels).any()
    assert first.std() > 5


def test_time_limit_truncates():
    env, _ = make({"time_limit": {"steps": 3}})
    ends = [acted(env, 0, 0)[2:] for _ in range(7)]
    assert [bool(ended.all()) for ended, _ in ends] == [False, False, True, False, False, True, False]
    assert all(info["TimeLimit.truncated"] and info["episode"]["l"] == 3 for info in ends[2][1])


def test_rescale_action_maps_onto_the_environments_bounds():
    env, _ = make({"rescale_action": {"low": -1.0, "high": 1.0}})
    assert (env.action_space.low, env.action_space.high) == (-1, 1)
    assert acted(env, -1, 1)[1].tolist() == [-4, 2]
    assert acted(env, 0, 0.5)[1].tolist() == [-1, 0.5]


def test_clip_reward_holds_rewards_within_bounds():
    env, _ = make({"clip_reward": {"low": -0.5, "high": 1.5}})
    assert acted(env, -4, 2)[1].tolist() == [-0.5, 1.5]
    assert acted(env, 0.25, 1)[1].tolist() == [0.25, 1]


def test_wrappers_apply_innermost_first():
    gray_first, _ = make("grayscale", {"frame_stack": {"frames": 2}})
    assert gray_first.observation_space.shape == (2, 16, 16)
    with pytest.raises(RLTransferError):
        make({"frame_stack": {"frames": 2}}, "grayscale")


def test_keyword_arguments_reach_the_environment():
    assert make(size=24)[0].observation_space.shape == (3, 24, 24)


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
        ({"id": "Picture-v0", "wrappers": [{"clip_reward": {"low": 1, "high": 0}}]}, ConfigError, "wrapper ClipReward"),
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


def test_an_experiment_warns_once_of_what_changes_nothing_and_names_the_task():
    config = parse_experiment("""\
experiment: poles
trunk: mlp
agent: {algorithm: ppo, num_envs: 4, n_steps: 16}
source: {family: {id: CartPole-v1, attributes: {masscart: 5.0}}, budget: 128}
targets:
  same: {family: {id: CartPole-v1, attributes: {masscart: 5.0}, wrappers: [{time_limit: {steps: 9}}]}}
  moon: {family: {id: CartPole-v1, attributes: {gravity: 1.6, masspole: 0.1}}}
methods: [direct]
budget: 128
""")
    with pytest.warns(NoEffectWarning) as told:
        check_parts(config)
    assert [str(warning.message).split(" had no effect")[0] for warning in told] == [
        "source: environment 'CartPole-v1': attribute 'masscart'",
        "targets.moon: environment 'CartPole-v1': attribute 'masspole'",
    ]


POLES = """\
experiment: poles
agent: {algorithm: ppo, num_envs: 4, n_steps: 16}
source: {family: {id: CartPole-v1}, budget: 128}
targets: {moon: {family: {id: CartPole-v1, attributes: {gravity: 1.6}}}}
methods: [METHOD]
budget: 128
"""


def test_vectors_are_read_by_mlp_where_an_experiment_names_no_trunk():
    config = with_usual_trunk(parse_experiment(POLES.replace("METHOD", "finetune")))
    assert config.trunk == MLP()
    assert check_parts(config)["precision"] == "float32"
    assert parse_experiment(resolved_yaml(config)).trunk == MLP()
    named = parse_experiment(POLES.replace("METHOD", "finetune") + "trunk: nature\n")
    with pytest.raises(ConfigError, match=r"^source: trunk 'nature' reads images.*Use trunk 'mlp' for vectors"):
        check_parts(with_usual_trunk(named))


def test_stages_of_the_trunk_that_an_experiment_does_not_name_must_be_there():
    with pytest.raises(ConfigError, match="unknown stage 'conv3'"):
        with_usual_trunk(parse_experiment(POLES.replace("METHOD", "frozen: {at: conv3}")))
    with_usual_trunk(parse_experiment(POLES.replace("METHOD", "frozen: {at: fc1}")))
    with pytest.raises(ConfigError, match="unknown stage 'fc1'"):
        with_usual_trunk(parse_experiment(POLES.replace("METHOD", "frozen: {at: fc1}") + "trunk: nature\n"))


def test_an_experiment_refuses_an_attribute_that_is_not_there_and_names_the_task():
    config = parse_experiment("""\
experiment: poles
trunk: mlp
source: {family: {id: CartPole-v1}, budget: 20_000}
targets: {moon: {family: {id: CartPole-v1, attributes: {gravty: 1.6}}}}
methods: [direct]
budget: 20_000
""")
    with pytest.raises(ConfigError, match=r"^targets.moon: environment 'CartPole-v1': .*Did you mean 'gravity'\?$"):
        check_parts(config)


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
