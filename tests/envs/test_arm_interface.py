import subprocess
import sys

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import rltransfer_envs  # noqa: F401 -- registers rltransfer/Arm-v0
from rltransfer.errors import ConfigError, RLTransferError, UnknownNameError
from rltransfer_envs import offscreen
from rltransfer_envs.arm.env import ArmEnv
from rltransfer_envs.arm.factors import PALETTES
from rltransfer_envs.arm.family import ARM
from rltransfer_envs.arm.palettes import FOREARMS, GOAL, GOAL_INNER, HAZARD, HAZARD_INNER, LINKS, PUCK, TABLE, palette
from rltransfer_envs.arm.scene import FIELD_OF_VIEW
from rltransfer_envs.arm.vector_env import ArmVectorEnv
from rltransfer_envs.drawing.camera import make_camera, to_frame


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("robot", "num_actions"), [("two-link", 2), ("three-link", 3), ("gripper", 3)])
def test_gymnasium_makes_it(robot, num_actions):
    env = gymnasium.make(
        "rltransfer/Arm-v0", robot=robot, task="push", environment={"friction": 0.5}, render_mode="rgb_array"
    )
    observation, _ = env.reset(seed=0)
    assert observation.shape == (64, 64, 3)
    assert env.action_space == gymnasium.spaces.Box(-1, 1, (num_actions,), np.float32)
    assert env.render().shape == (384, 384, 3)
    batch = gymnasium.make_vec("rltransfer/Arm-v0", num_envs=3, robot=robot)
    assert isinstance(batch.unwrapped, ArmVectorEnv)
    assert batch.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP


def test_the_family_imports_no_simulator():
    code = (
        "import sys, rltransfer_envs.arm.family as f; f.ARM.task(environment={'gravity': 1}); "
        "f.ARM.action_kind('gripper'); "
        "print([m for m in ('numpy', 'numba', 'gymnasium', 'mujoco', 'torch') if m in sys.modules])"
    )
    assert python(code) == "[]"


def test_unknown_names_and_values_out_of_bounds_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'gripper'"):
        ArmEnv(robot="griper")
    with pytest.raises(UnknownNameError, match="Did you mean 'payload'"):
        ArmVectorEnv(2, environment={"pay_load": 0.2})
    with pytest.raises(ConfigError, match="link_length"):
        ArmEnv(environment={"link_length": 2.0})
    with pytest.raises(ConfigError, match="render_mode is 'human'"):
        ArmVectorEnv(1, render_mode="human")


def test_wrong_shapes_and_numbers_are_refused():
    env = ArmVectorEnv(3)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros((3, 2)))
    with pytest.raises(gymnasium.error.ResetNeeded):
        ArmEnv().step(np.zeros(2))
    with pytest.raises(ConfigError, match="one for each"):
        env.reset(seed=[1, 2])
    env.reset(seed=0)
    with pytest.raises(ConfigError, match=r"\(3, 2\)"):
        env.step(np.zeros((3, 3)))
    with pytest.raises(ConfigError, match="finite"):
        env.step(np.full((3, 2), np.nan))
    with pytest.raises(ConfigError, match="3 copies"):
        env.set_state(ArmVectorEnv(2).get_state())
    single = ArmEnv(robot="gripper")
    single.reset(seed=0)
    with pytest.raises(ConfigError, match=r"\(3,\)"):
        single.step(np.zeros(2))


def test_actions_beyond_one_count_as_one():
    paths = []
    for action in (1.0, 7.0):
        env = ArmVectorEnv(1)
        env.reset(seed=0)
        for _ in range(5):
            env.step(np.full((1, 2), action))
        paths.append(env.get_state()["mujoco"])
    np.testing.assert_array_equal(*paths)


@pytest.mark.parametrize("task", ["avoid", "follow"])
def test_infos_have_the_structure_of_sync_vector_env(task):
    ours = ArmVectorEnv(3, task=task)
    theirs = SyncVectorEnv([lambda: ArmEnv(task=task)] * 3, autoreset_mode=AutoresetMode.SAME_STEP)
    np.testing.assert_array_equal(ours.reset(seed=5)[0], theirs.reset(seed=5)[0])
    ours.action_space.seed(0)
    num_ended = 0
    for _ in range(165):
        actions = ours.action_space.sample()
        own, other = ours.step(actions), theirs.step(actions)
        for a, b in zip(own[:4], other[:4], strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        a, b = own[4], other[4]
        assert a.keys() == b.keys()
        if a:
            num_ended += 1
            for x, y in zip(a["final_obs"], b["final_obs"], strict=True):
                np.testing.assert_array_equal(x, y)
            for key in ("is_success", "_is_success"):
                np.testing.assert_array_equal(a["final_info"][key], b["final_info"][key])
            for key in ("_final_obs", "_final_info"):
                np.testing.assert_array_equal(a[key], b[key])
    assert num_ended >= 2


def test_arrays_are_new_unless_copy_is_false():
    for env, is_same in ((ArmVectorEnv(2), False), (ArmVectorEnv(2, copy=False), True)):
        env.reset(seed=0)
        second, rewards, *_ = env.step(np.zeros((2, 2)))
        third, later, *_ = env.step(np.zeros((2, 2)))
        assert (second is third) == is_same
        assert (rewards is later) == is_same


def test_the_docstring_lists_exactly_the_factors():
    rows = [line.split("|")[1:-1] for line in ArmEnv.__doc__.splitlines() if line.strip().startswith("| ")]
    table = [tuple(cell.strip() for cell in row) for row in rows if len(row) == 5][1:]
    assert table == [(f.name, f.kind, str(f.default), f.bounds, f.description) for f in ARM.factors.values()]


@pytest.mark.parametrize("rotation", [0.0, 90.0])
def test_pixels_show_tip_and_goal_where_they_are(rotation):
    env = ArmVectorEnv(20, environment={"camera_rotation": rotation, "camera_x": 0.1})
    observations, _ = env.reset(seed=0)
    camera = make_camera(x=0.1, y=0.0, rotation=rotation, field=FIELD_OF_VIEW)
    ground, found = np.array(palette("day")[TABLE]), 0
    for k in range(20):
        x, y = env.simulation.copies["goal"][k]
        column, row = to_frame(camera, 64, x, y)
        if not (3 < column < 61 and 3 < row < 61):
            continue
        patch = observations[k, int(row) - 2 : int(row) + 3, int(column) - 2 : int(column) + 3].astype(int)
        found += int((np.abs(patch - ground).max(-1) > 25).mean() > 0.5)
    assert found >= 15


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("is_grayscale", [False, True])
def test_no_palette_hides_anything(name, is_grayscale):
    colours = palette(name, is_grayscale=is_grayscale)
    for thing in (GOAL, HAZARD, PUCK, *range(LINKS, LINKS + 3), *range(FOREARMS, FOREARMS + 3)):
        assert np.abs(colours[thing] - colours[TABLE]).max() > 30
    assert np.abs(colours[GOAL] - colours[HAZARD]).max() > 30
    assert np.abs(colours[GOAL_INNER] - colours[HAZARD_INNER]).max() > 60


def test_without_opengl_one_line_says_what_to_do(monkeypatch):
    monkeypatch.setattr(offscreen, "BACKENDS", ("nowhere",))
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    with pytest.raises(RLTransferError, match=r"needs OpenGL.*use render_mode='rgb_array'") as caught:
        ArmVectorEnv(1, render_mode="mujoco")
    assert "\n" not in str(caught.value)


def test_mujoco_renders_where_there_is_opengl():
    try:
        env = ArmVectorEnv(2, task="avoid", render_mode="mujoco")
    except offscreen.OpenGLError as error:
        pytest.skip(str(error))
    env.reset(seed=0)
    before = env.get_state()
    first = env.render()
    assert [frame.shape for frame in first] == [(384, 384, 3)] * 2
    x, y = env.simulation.copies["goal"][0]
    column, row = (round(192 + 192 * side) for side in (x / 0.95, -y / 0.95))
    red, green, blue = first[0][row, column].astype(int)
    assert green > red + 30
    assert green > blue + 30
    for name, value in env.get_state().items():
        np.testing.assert_array_equal(value, before[name])
    env.step(np.ones((2, 2)))
    assert not np.array_equal(first[0], env.render()[0])
    env.close()
