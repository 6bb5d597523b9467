"""Bipedal: Gymnasium's own path, and factors whose effect follows from a line of mechanics."""

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.box2d.bipedal_walker import BipedalWalkerHeuristics

from rltransfer_envs.bipedal.family import BIPEDAL, HARDCORE

FPS = 50


def made(task="forward", robot="standard", **environment):
    return BIPEDAL.make(BIPEDAL.task(robot=robot, task=task, environment=environment))


def actions(steps, seed=0):
    held = np.random.default_rng(seed).uniform(-1, 1, (steps // 4 + 1, 4)).astype(np.float32)
    return np.repeat(held, 4, axis=0)[:steps]


def walk(env, steps, seed=0, *, reset=True):
    """Rows of observation, reward and ends, up to the end of the episode."""
    if reset:
        env.reset(seed=seed)
    rows = []
    for action in actions(steps, seed):
        seen, reward, terminated, truncated, _ = env.step(action)
        rows.append([*seen, reward, terminated, truncated])
        if terminated or truncated:
            break
    return np.array(rows)


def with_heuristic(env, seed=0):
    """Play Gymnasium's scripted walker to the end of an episode."""
    seen, _ = env.reset(seed=seed)
    walker, rows = BipedalWalkerHeuristics(), []
    while True:
        seen, reward, terminated, truncated, info = env.step(walker.step_heuristic(seen).astype(np.float32))
        rows.append([*seen, float(reward), terminated, truncated])
        if terminated or truncated:
            return np.array(rows), info


@pytest.mark.parametrize(
    ("environment", "gymnasium_id"), [({}, "BipedalWalker-v3"), (HARDCORE, "BipedalWalkerHardcore-v3")]
)
def test_an_episode_is_gymnasiums_from_its_first_step_to_its_last(environment, gymnasium_id):
    for seed in (0, 1):
        ours, _ = with_heuristic(made(**environment), seed)
        theirs, _ = with_heuristic(gymnasium.make(gymnasium_id), seed)
        np.testing.assert_array_equal(ours, theirs)


def test_gymnasiums_script_walks_level_ground_to_the_far_end():
    rows, info = with_heuristic(made(roughness=0.0), seed=2)
    assert info == {"is_success": True}
    assert rows[:, 24].sum() > 300


def test_an_episode_owes_nothing_to_the_ones_before_it():
    used = made()
    for seed in range(20, 26):
        walk(used, 120, seed)
    np.testing.assert_array_equal(walk(used, 150, 7), walk(made(), 150, 7))


def test_two_side_by_side_are_as_they_are_alone():
    environments = (
        {"leg_length": 1.25, "motor_torque": 160.0, "lidar_range": 2.0},
        {"speed_hip": 2.0, "friction": 0.1},
    )
    alone = [walk(made(**environment), 60) for environment in environments]
    envs = [made(**environment) for environment in environments]
    for env in envs:
        env.reset(seed=0)
    rows = [[], []]
    for action in actions(60):
        for env, mine in zip(envs, rows, strict=True):
            seen, reward, terminated, truncated, _ = env.step(action)
            mine.append([*seen, reward, terminated, truncated])
    for mine, expected in zip(rows, alone, strict=True):
        np.testing.assert_array_equal(np.array(mine)[: len(expected)], expected)


def first_velocity(seed=0, **environment):
    """(2,) of the hull after the step within reset, in which the joints do not pull yet; and its mass."""
    env = made(**environment)
    env.reset(seed=seed)
    return np.array(env.unwrapped.hull.linearVelocity), env.unwrapped.hull.mass


@pytest.mark.parametrize("gravity", [5.0, 10.0, 15.0])
@pytest.mark.parametrize("wind", [0.0, -12.0])
def test_gravity_and_wind_accelerate_the_hull(gravity, wind):
    velocity, mass = first_velocity(gravity=gravity, wind=wind, push=0.0)
    np.testing.assert_allclose(velocity[1], -gravity / FPS, rtol=1e-3)
    np.testing.assert_allclose(velocity[0], wind / mass / FPS, rtol=0.05, atol=1e-7)  # the legs follow a little


def test_a_push_is_at_most_its_force_for_one_step():
    pushes = []
    for seed in range(12):
        velocity, mass = first_velocity(seed, push=200.0)
        pushes.append(velocity[0] * mass * FPS)
    assert 100 < max(map(abs, pushes)) <= 200
    assert min(pushes) < 0 < max(pushes)


@pytest.mark.parametrize(
    ("robot", "length", "width"), [("standard", 34, 8), ("short-legs", 24, 10), ("long-legs", 46, 8)]
)
def test_legs_weigh_their_size_times_their_density(robot, length, width):
    env = made(robot=robot, leg_length=1.25, leg_width=0.5, leg_density=3.0)
    env.reset(seed=0)
    upper, lower = env.unwrapped.legs[:2]
    mass = 3.0 * (1.25 * length / 30) * (0.5 * width / 30)
    assert upper.mass == pytest.approx(mass, rel=1e-3)
    assert lower.mass == pytest.approx(0.8 * mass, rel=1e-3)


def test_the_hulls_mass_follows_its_density():
    masses = []
    for density in (2.5, 10.0):
        env = made(hull_density=density)
        env.reset(seed=0)
        masses.append(env.unwrapped.hull.mass)
    assert masses[1] == pytest.approx(4 * masses[0], rel=1e-5)


def test_motors_turn_at_the_speeds_asked_for():
    for hip, knee in ((2.0, 3.0), (8.0, 12.0)):
        env = made(speed_hip=hip, speed_knee=knee, motor_torque=160.0)
        env.reset(seed=0)
        seen, *_ = env.step(np.array([1, -1, -1, -1], np.float32))
        joints = env.unwrapped.joints
        assert [joint.motorSpeed for joint in joints] == [hip, -knee, -hip, -knee]
        assert seen[5] == pytest.approx(joints[0].speed / hip, rel=1e-5)


def test_feet_slide_where_there_is_no_grip():
    gone = []
    for friction in (0.1, 5.0):
        env = made(task="stand", friction=friction, push=0.0, wind=15.0, roughness=0.0)
        env.reset(seed=0)
        for _ in range(200):  # legs apart, it stands
            env.step(np.array([1, 1, -1, 1], np.float32))
        gone.append(env.unwrapped.hull.position[0] - 10 * 14 / 30)
    assert gone[0] > gone[1] + 1
