import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import rltransfer_envs  # noqa: F401 -- registers rltransfer/Rover-v0
from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.tasks import SpaceDiff
from rltransfer_envs.rover.env import RoverEnv
from rltransfer_envs.rover.family import ROVER
from rltransfer_envs.rover.vector_env import RoverVectorEnv

POINTS = [(robot, task) for robot in ROVER.robots for task in ROVER.tasks]


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("robot", "task"), POINTS)
def test_the_checkers_of_gymnasium_and_sb3_are_silent(robot, task):
    env = gymnasium.make("rltransfer/Rover-v0", robot=robot, task=task, render_mode="rgb_array")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env.unwrapped)
        check_env_sb3(env)


def test_make_vec_takes_the_native_environment():
    env = gymnasium.make_vec("rltransfer/Rover-v0", num_envs=3, robot="differential", environment={"slip": 0.1})
    assert isinstance(env.unwrapped, RoverVectorEnv)
    assert env.metadata["autoreset_mode"] == AutoresetMode.SAME_STEP
    assert env.action_space.shape == (3,)


@pytest.mark.parametrize("imports", ["import rltransfer_envs, gymnasium", "import gymnasium, rltransfer_envs"])
def test_registered_whichever_package_is_imported_first(imports):
    assert python(f"{imports}; print(gymnasium.spec('rltransfer/Rover-v0').id)") == "rltransfer/Rover-v0"


def test_gymnasium_imports_the_package_that_an_id_names():
    code = "import gymnasium; print(gymnasium.make('rltransfer_envs:rltransfer/Rover-v0').unwrapped.render_mode)"
    assert python(code) == "None"


def test_the_family_imports_no_simulator():
    code = (
        "import sys, rltransfer_envs.rover.family as f; f.ROVER.task(environment={'slip': 0.1}); "
        "print([m for m in ('numpy', 'numba', 'gymnasium', 'torch') if m in sys.modules])"
    )
    assert python(code) == "[]"


@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_spaces_are_those_of_the_environment(robot):
    task = ROVER.task(robot=robot)
    env = task.make_vec(num_envs=2)
    assert ROVER.spaces(task) == (env.single_observation_space, env.single_action_space)
    meanings = ROVER.action_meanings(robot)
    assert meanings is None or len(meanings) == env.single_action_space.n


def test_space_diff_tells_robots_and_tasks_apart():
    source = ROVER.task()
    assert SpaceDiff.between(source, source.changed(task="swap")).homogeneous
    assert not SpaceDiff.between(source, source.changed(robot="differential")).homogeneous
    assert SpaceDiff.between(source, source.changed(environment={"slip": 0.2})).dynamics_changed
    assert not SpaceDiff.between(source, source.changed(environment={"palette": "dusk"})).dynamics_changed


def test_an_unknown_factor_names_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'friction'"):
        RoverEnv(environment={"frictoin": 0.2})


@pytest.mark.parametrize("make", [lambda: RoverEnv(robot="omnibus"), lambda: RoverVectorEnv(2, task="reech")])
def test_an_unknown_robot_or_task_names_the_nearest(make):
    with pytest.raises(UnknownNameError, match="Did you mean"):
        make()


@pytest.mark.parametrize(
    "environment",
    [{"slip": 0.9}, {"walls": 1.5}, {"palette": "pink"}, {"grayscale": 1}, {"speed": float("nan")}],
)
def test_factor_values_out_of_bounds_are_refused(environment):
    with pytest.raises(ConfigError, match=next(iter(environment))):
        RoverEnv(environment=environment)


def test_wrong_shapes_are_refused():
    env = RoverVectorEnv(3)
    with pytest.raises(ConfigError, match="one for each"):
        env.reset(seed=[1, 2])
    with pytest.raises(ConfigError, match="reset_mask"):
        env.reset(options={"reset_mask": np.zeros(3, bool)})
    env.reset(seed=0)
    with pytest.raises(ConfigError, match=r"\(2,\)"):
        env.step(np.zeros(2, int))
    with pytest.raises(ConfigError, match="0 to 3"):
        env.step(np.array([0, 1, 4]))
    with pytest.raises(ConfigError, match="render_mode"):
        RoverVectorEnv(1, render_mode="human")
    with pytest.raises(ConfigError, match="3 copies"):
        env.set_state(RoverVectorEnv(2).get_state())


def test_steps_come_after_a_reset_and_take_finite_actions():
    env = RoverVectorEnv(2, robot="hovercraft")
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(np.zeros((2, 2)))
    with pytest.raises(gymnasium.error.ResetNeeded):
        RoverEnv().step(0)
    env.reset(seed=0)
    with pytest.raises(ConfigError, match="finite"):
        env.step(np.full((2, 2), np.nan))


def test_infos_have_the_structure_of_sync_vector_env():
    ours = RoverVectorEnv(4)
    theirs = SyncVectorEnv([RoverEnv] * 4, autoreset_mode=AutoresetMode.SAME_STEP)
    actions = np.random.default_rng(0).integers(0, 4, (120, 4))
    np.testing.assert_array_equal(ours.reset(seed=5)[0], theirs.reset(seed=5)[0])
    num_ended = 0
    for chosen in actions:
        own, other = ours.step(chosen), theirs.step(chosen)
        for a, b in zip(own[:4], other[:4], strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
        a, b = own[4], other[4]
        assert a.keys() == b.keys()
        if a:
            num_ended += 1
            assert a["final_obs"].dtype == b["final_obs"].dtype == object
            for x, y in zip(a["final_obs"], b["final_obs"], strict=True):
                np.testing.assert_array_equal(x, y)
            assert a["final_info"].keys() == b["final_info"].keys()
            for key in ("is_success", "_is_success"):
                np.testing.assert_array_equal(a["final_info"][key], b["final_info"][key])
            for key in ("_final_obs", "_final_info"):
                np.testing.assert_array_equal(a[key], b[key])
    assert num_ended > 5


def test_arrays_are_new_unless_copy_is_false():
    fresh, reused = RoverVectorEnv(2), RoverVectorEnv(2, copy=False)
    for env, is_same in ((fresh, False), (reused, True)):
        first = env.reset(seed=0)[0]
        second, rewards, *_ = env.step(np.array([0, 1]))
        third, later_rewards, *_ = env.step(np.array([0, 1]))
        assert (second is third) == is_same
        assert (rewards is later_rewards) == is_same
        assert np.shares_memory(first, third) == is_same


def test_render_gives_large_frames_and_moves_nothing_on():
    env = RoverVectorEnv(2, environment={"noise": 20.0, "distractors": 3}, render_mode="rgb_array")
    env.reset(seed=0)
    before = env.get_state()
    frames = env.render()
    assert [frame.shape for frame in frames] == [(384, 384, 3)] * 2
    for name, value in env.get_state().items():
        np.testing.assert_array_equal(value, before[name])
    assert RoverVectorEnv(2).render() is None


def test_the_docstring_lists_exactly_the_factors():
    rows = [line.split("|")[1:-1] for line in RoverEnv.__doc__.splitlines() if line.strip().startswith("| ")]
    table = [tuple(cell.strip() for cell in row) for row in rows if len(row) == 5][1:]
    assert table == [(f.name, f.kind, str(f.default), f.bounds, f.description) for f in ROVER.factors.values()]
