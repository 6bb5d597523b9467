"""Tasks can be solved, success says so, and bad input gets a line that says how to mend it."""

import subprocess
import sys

import numpy as np
import pytest
from gymnasium.envs.box2d.lunar_lander import heuristic

from rltransfer.errors import ConfigError, MissingExtraError
from rltransfer_envs.classic_control.family import ACROBOT, ALL, CARTPOLE, LUNAR_LANDER, MOUNTAIN_CAR, PENDULUM
from rltransfer_envs.classic_control.generators import from_words, to_words
from rltransfer_envs.own_constants import rebound


def successes(task, policy, *, num=4, prepare=None):
    """(num,) whether the first episode of each copy ended in success."""
    env = task.make_vec(num_envs=num)
    seen, _ = env.reset(seed=0)
    if prepare is not None:
        prepare(env)
        seen = env.system.observations.copy()
    result = np.full(num, None, dtype=object)
    for _ in range(env.time_limit + 1):
        action = np.asarray(policy(seen), env.single_action_space.dtype)
        seen, _, terminated, truncated, infos = env.step(action)
        for k in np.flatnonzero(terminated | truncated):
            result[k] = bool(infos["final_info"]["is_success"][k]) if result[k] is None else result[k]
        if all(r is not None for r in result):
            break
    return result.astype(bool)


def lean(seen):
    """A linear controller of cart and pole."""
    return 0.3 * seen[:, 0] + 0.6 * seen[:, 1] + 8.0 * seen[:, 2] + 1.5 * seen[:, 3]


def test_a_balanced_pole_is_a_success_and_a_fallen_one_is_not():
    assert successes(CARTPOLE.task(), lambda seen: lean(seen) > 0).all()
    assert not successes(CARTPOLE.task(), lambda seen: np.ones(len(seen))).any()
    continuous = CARTPOLE.task(robot="continuous")
    assert successes(continuous, lambda seen: lean(seen)[:, None]).all()


def test_a_pole_held_up_is_a_swing_up():
    def raise_poles(env):
        env.set_state({**env.get_state(), "states": np.full((4, 4), 0.02)})

    task = CARTPOLE.task(task="swing-up")
    assert successes(task, lambda seen: lean(seen) > 0, prepare=raise_poles).all()
    assert not successes(task, lambda seen: lean(seen) > 0).any()


@pytest.mark.parametrize("robot", ["discrete", "continuous"])
@pytest.mark.parametrize("task", ["reach", "reach-left"])
def test_rocking_the_car_reaches_either_flag(robot, task):
    def rock(seen):
        ahead = (seen[:, 1] > 0) & ((seen[:, 0] < 0.2) | (task == "reach"))  # not over the crest, away from the flag
        return 2 * ahead if robot == "discrete" else np.where(ahead, 1.0, -1.0)[:, None]

    point = MOUNTAIN_CAR.task(robot=robot, task=task)
    assert successes(point, rock).all()
    assert not successes(point, lambda seen: np.ones(len(seen)) if robot == "discrete" else 0 * rock(seen)).any()


def test_pumping_swings_the_acrobot_up():
    pump = lambda seen: 2 * (seen[:, 5] > 0)  # noqa: E731
    assert successes(ACROBOT.task(), pump).all()
    assert not successes(ACROBOT.task(), lambda seen: np.ones(len(seen))).any()


def test_braking_and_driving_the_pendulum():
    assert successes(PENDULUM.task(task="hang"), lambda seen: np.clip(-2 * seen[:, 2:], -2, 2)).all()
    assert successes(PENDULUM.task(task="spin"), lambda seen: 2 * np.sign(seen[:, 2:])).any()
    still = lambda seen: np.zeros((len(seen), 1))  # noqa: E731
    assert not successes(PENDULUM.task(task="spin", environment={"gravity": 20.0}), still).any()
    assert not successes(PENDULUM.task(), still).any()


@pytest.mark.parametrize("robot", ["discrete", "continuous"])
def test_upstreams_heuristic_lands(robot):
    task = LUNAR_LANDER.task(robot=robot)
    pilot = task.make_vec(num_envs=1).system.envs[0]
    assert successes(task, lambda seen: np.stack([heuristic(pilot, s) for s in seen])).any()
    assert not successes(task, lambda seen: np.zeros((len(seen), *task.spaces()[1].shape))).any()


def test_the_heuristic_hovers_where_the_pad_seems_higher():
    task = LUNAR_LANDER.task(robot="continuous", task="hover")
    pilot = task.make_vec(num_envs=1).system.envs[0]
    raised = np.array([0, 0.7, 0, 0, 0, 0, 0, 0], np.float32)
    assert successes(task, lambda seen: np.stack([heuristic(pilot, s - raised) for s in seen])).any()


def test_generators_go_on_from_plain_words():
    generator = np.random.default_rng(9)
    generator.integers(5, size=3, dtype=np.int32)  # leaves half a word
    other = from_words(to_words(generator))
    np.testing.assert_array_equal(
        other.integers(5, size=9, dtype=np.int32), generator.integers(5, size=9, dtype=np.int32)
    )
    np.testing.assert_array_equal(other.random(5), generator.random(5))


def test_declaring_imports_no_simulator():
    code = (
        "import sys; from rltransfer_envs.classic_control.family import ALL; "
        "sys.exit(any(m in sys.modules for m in ('gymnasium', 'numba', 'numpy', 'Box2D', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_without_box2d_a_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "Box2D", None)
    with pytest.raises(MissingExtraError, match=r'pip install "rltransfer\[box2d\]"'):
        LUNAR_LANDER.task().make_vec(num_envs=1)


def test_bad_input_gets_one_line():
    env = CARTPOLE.task().make_vec(num_envs=2)
    env.reset(seed=0)
    for bad in (np.array([0, 2]), np.array([0]), np.array([-1, 0])):
        with pytest.raises(ConfigError, match="actions"):
            env.step(bad)
    with pytest.raises(ConfigError, match="states"):
        env.set_state({**env.get_state(), "states": np.zeros((3, 4))})
    with pytest.raises(ConfigError, match="seeds"):
        env.reset(seed=[1])
    with pytest.raises(ConfigError, match="outside its bounds"):
        CARTPOLE.task(environment={"force": 21.0})
    lander = LUNAR_LANDER.task().make_vec(num_envs=2)
    with pytest.raises(ConfigError, match="actions differ"):
        lander.set_state({**lander.get_state(), "actions": np.zeros((2, 5), np.int64)})
    with pytest.raises(ConfigError, match="MAIN_POWER"):
        rebound(lean, {"MAIN_POWER": 1.0})


def test_every_robot_of_a_system_has_the_same_observation_space_in_every_task():
    for family in ALL:
        spaces = [family.task(robot=r, task=t).spaces()[0] for r in family.robots for t in family.tasks]
        assert all(space == spaces[0] for space in spaces)


def test_sampled_environments_keep_the_observation_space():
    for split in ("train", "extrapolation", "full"):
        assert all("observation" not in variation for variation in PENDULUM.sample(10, seed=0, split=split))


def test_a_lower_line_is_reached_sooner():
    def steps(goal_height):
        env = ACROBOT.task(environment={"goal_height": goal_height}).make_vec(num_envs=1)
        seen, _ = env.reset(seed=0)
        for step in range(500):
            seen, _, terminated, _, _ = env.step(2 * (seen[:, 5] > 0))
            if terminated[0]:
                return step
        return 500

    assert steps(0.0) < steps(1.0) < 500


@pytest.mark.parametrize("robot", list(LUNAR_LANDER.robots))
def test_a_lander_goes_on_in_copies_that_never_began(robot):
    """Over the ends of episodes, with wind: Box2D's contacts are found again by playing them."""
    task = LUNAR_LANDER.task(robot=robot, environment={"wind": 10.0, "observation": "pixels"})
    env, other = (task.make_vec(num_envs=2) for _ in range(2))
    env.reset(seed=3)
    env.action_space.seed(0)
    for _ in range(90):
        env.step(env.action_space.sample())
    other.set_state(env.get_state())
    ended = 0
    for _ in range(150):
        actions = env.action_space.sample()
        mine, theirs = env.step(actions), other.step(actions)
        for one, two in zip(mine[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(one, two)
        ended += (mine[2] | mine[3]).sum()
    assert ended >= 2


@pytest.mark.parametrize("robot", ["discrete", "continuous"])
def test_a_car_that_runs_into_the_left_wall_has_passed_the_flag_with_the_speed_before(robot):
    def run(velocity, goal_velocity, position=-1.14):
        environment = {"goal_shift": 0.08, "goal_velocity": goal_velocity}
        env = MOUNTAIN_CAR.task(robot=robot, task="reach-left", environment=environment).make_vec(num_envs=1)
        env.reset(seed=0)
        env.set_state({**env.get_state(), "states": np.array([[position, velocity]], np.float64)})
        left = np.array([0]) if robot == "discrete" else np.array([[-1.0]], np.float32)
        seen, _, terminated, _, infos = env.step(left)
        last = infos["final_obs"][0] if terminated[0] else seen[0]
        return bool(terminated[0]), last

    reached, last = run(-0.065, 0.06)  # to -1.2 in one step, where the wall stops it
    assert reached
    np.testing.assert_array_equal(last, np.array([-1.2, 0.0], np.float32))
    reached, last = run(-0.061, 0.06)  # gravity takes 0.0024 a step here, and the engine gives at most 0.0015
    assert reached == (robot == "continuous")
    assert not run(-0.05, 0.06)[0]
    assert run(-0.05, 0.04, position=-1.17)[0]
    standing, last = run(0.0, 0.0001, position=-1.2)
    assert not standing
    assert last[0] >= np.float32(-1.2)


@pytest.mark.parametrize(
    ("family", "task"), [(MOUNTAIN_CAR, "reach"), (ACROBOT, "hold"), (PENDULUM, "spin"), (CARTPOLE, "swing-up")]
)
def test_when_time_is_up_an_episode_is_truncated_and_not_terminated(family, task):
    point = family.task(task=task)
    env = point.make_vec(num_envs=2)
    env.reset(seed=0)
    still = np.zeros(env.action_space.shape, env.action_space.dtype)
    if family is CARTPOLE:  # pushed to and fro: it stays on its track
        still = np.array([0, 1])
    for step in range(1, family.time_limit(point) + 1):
        _, _, terminated, truncated, _ = env.step(still if step % 2 or family is not CARTPOLE else 1 - still)
        assert not terminated.any()
        assert truncated.all() == truncated.any() == (step == family.time_limit(point))
