"""What Arm's episodes begin with, pay and end in."""

import math

import numpy as np
import pytest

from rltransfer_envs.arm.bodies import BODIES, LINK_RADIUS, POST_RADIUS, PUCK_RADIUS
from rltransfer_envs.arm.family import ARM
from rltransfer_envs.arm.kinematics import clearance, tip_of
from rltransfer_envs.arm.vector_env import ArmVectorEnv
from rltransfer_envs.arm.world import GOAL_RADIUS, HAZARD_RADIUS

POINTS = [(robot, task) for robot in ARM.robots for task in ARM.tasks]


def tips(env):
    sim = env.simulation
    return np.array([tip_of(sim.qpos[k].copy(), sim.settings.lengths)[:2] for k in range(env.num_envs)])


def pucks(env):
    return env.simulation.qpos[:, env.simulation.settings.puck :].copy()


def apart(a, b):
    return np.linalg.norm(a - b, axis=-1)


def goals(env):
    return env.simulation.copies["goal"].copy()


@pytest.mark.parametrize("length", [0.75, 1.1])
@pytest.mark.parametrize(("robot", "task"), POINTS)
def test_everything_to_reach_is_in_reach_and_nothing_is_done_already(robot, task, length):
    env = ArmVectorEnv(40, robot=robot, task=task, environment={"link_length": length})
    env.reset(seed=0)
    reach = sum(BODIES[robot].lengths) * length
    assert (apart(goals(env), 0) < 0.96 * reach).all()
    if task == "push":
        assert (apart(pucks(env), goals(env)) > 0.25).all()
        assert (apart(pucks(env), 0) < 0.96 * reach).all()
        assert (apart(tips(env), pucks(env)) > 0.25).all()
    elif task == "follow":
        circle = env.simulation.copies["circle"]
        assert (apart(circle[:, :2], 0) + circle[:, 2] < 0.94 * reach).all()
    else:
        assert (apart(tips(env), goals(env)) > 0.3).all()
    if task == "avoid":
        hazards = env.simulation.copies["hazard"]
        assert (apart(hazards, goals(env)) > GOAL_RADIUS + HAZARD_RADIUS).all()
        assert (apart(hazards, tips(env)) > HAZARD_RADIUS + 0.05).all()
        assert (np.abs(hazards) < 1).mean() > 0.95


@pytest.mark.parametrize(("robot", "task"), POINTS)
def test_posts_stand_free_and_in_reach(robot, task):
    env = ArmVectorEnv(60, robot=robot, task=task, environment={"obstacles": 3})
    env.reset(seed=0)
    posts, sim = env.simulation.copies["posts"], env.simulation
    for k in range(60):
        joints = sim.qpos[k].copy()
        for x, y in posts[k]:
            assert clearance(joints, sim.settings.lengths, x, y) > POST_RADIUS + LINK_RADIUS
    assert (apart(posts, goals(env)[:, None]) > POST_RADIUS + GOAL_RADIUS).all()
    if task == "push":
        assert (apart(posts, pucks(env)[:, None]) > POST_RADIUS + PUCK_RADIUS).all()
    assert (apart(posts, 0) < 0.8).mean() > 0.9


@pytest.mark.parametrize("robot", list(ARM.robots))
@pytest.mark.parametrize("task", ["reach", "avoid", "push"])
def test_rewards_are_the_potentials_growth_and_one_at_the_end(robot, task):
    """Recomputed here from positions alone."""
    env = ArmVectorEnv(20, robot=robot, task=task)
    env.reset(seed=3)
    env.action_space.seed(0)

    def potential():
        if task == "push":
            puck, goal = pucks(env), goals(env)
            behind = puck + (0 if robot == "gripper" else 0.105) * (puck - goal) / apart(puck, goal)[:, None]
            return -apart(puck, goal) - 0.5 * apart(tips(env), behind)
        near = np.maximum(0, 0.3 - apart(tips(env), env.simulation.copies["hazard"])) if task == "avoid" else 0
        return -apart(tips(env), goals(env)) - near

    for _ in range(30):
        before = potential()
        _, rewards, terminated, truncated, _ = env.step(env.action_space.sample())
        running = ~(terminated | truncated)
        np.testing.assert_allclose(rewards[running], (potential() - before)[running], atol=1e-12)


def test_reaching_pays_one_and_ends():
    env = ArmVectorEnv(1)
    env.reset(seed=0)
    env.simulation.copies["goal"] = tips(env)
    env.simulation.copies["potential"] = 0.0
    _, rewards, terminated, truncated, infos = env.step(np.zeros((1, 2)))
    assert rewards[0] == pytest.approx(1.0)
    assert terminated[0]
    assert not truncated[0]
    assert infos["final_info"]["is_success"][0]


def test_touching_the_hazard_costs_one_and_ends():
    env = ArmVectorEnv(2, task="avoid")
    env.reset(seed=0)
    env.simulation.copies["hazard"][0] = tips(env)[0] + (0.1, 0.0)
    _, rewards, terminated, _, infos = env.step(np.zeros((2, 2)))
    assert terminated.tolist() == [True, False]
    assert rewards[0] < -0.9
    assert not infos["final_info"]["is_success"][0]


def test_a_puck_on_the_goal_is_success_wherever_the_arm_is():
    env = ArmVectorEnv(1, task="push")
    env.reset(seed=0)
    env.simulation.copies["goal"] = pucks(env) + np.array([0.06, 0.0])
    assert env.step(np.zeros((1, 2)))[2][0]


def test_following_is_success_where_the_mean_distance_is_small():
    """The goal is held at the arm's tip, or at a distance from it, by stopping its circle."""
    for distance, is_success in ((0.05, True), (0.15, False)):
        env = ArmVectorEnv(1, task="follow")
        env.reset(seed=0)
        env.simulation.copies["circle"] = (*(tips(env)[0] - (0.2, 0.0)), 0.2 + distance, 0.0, 0.0)
        total = 0.0
        for step in range(80):
            _, rewards, terminated, truncated, infos = env.step(np.zeros((1, 2)))
            assert not terminated[0]
            assert truncated[0] == (step == 79)
            total += rewards[0] if step else 0.0
        assert infos["final_info"]["is_success"][0] == is_success
        assert total == pytest.approx(79 * 2 / 80 * (1 - distance / 0.3), abs=1e-6)


def test_the_followed_goal_moves_evenly_along_its_circle():
    env = ArmVectorEnv(20, task="follow")
    env.reset(seed=0)
    before = goals(env)
    for _ in range(10):
        env.step(np.zeros((20, 2)))
        circle = env.simulation.copies["circle"]
        np.testing.assert_allclose(apart(goals(env), circle[:, :2]), circle[:, 2])
        np.testing.assert_allclose(
            apart(goals(env), before), 2 * circle[:, 2] * np.abs(np.sin(circle[:, 4] / 2)), atol=1e-12
        )
        before = goals(env)


@pytest.mark.parametrize(("task", "limit"), [("reach", 60), ("push", 100), ("avoid", 60), ("follow", 80)])
def test_time_runs_out(task, limit):
    env = ArmVectorEnv(1, task=task)
    env.reset(seed=0)
    for step in range(limit):
        _, _, terminated, truncated, _ = env.step(np.zeros((1, 2)))
        assert truncated[0] == (step == limit - 1)
        assert not terminated[0]


def test_a_state_put_back_in_the_middle_of_a_push_goes_on_bit_for_bit():
    from rltransfer_envs.arm.expert import expert_actions

    env, other = (ArmVectorEnv(6, robot="gripper", task="push", environment={"noise": 5.0}) for _ in range(2))
    env.reset(seed=0)
    other.reset(seed=50)
    for _ in range(45):
        env.step(expert_actions(env.simulation))
    assert (env.simulation.batch.bind("qacc_warmstart") != 0).any()
    other.set_state(env.get_state())
    for _ in range(70):  # across resets
        actions = expert_actions(env.simulation)
        for one, two in zip(env.step(actions)[:4], other.step(actions)[:4], strict=True):
            np.testing.assert_array_equal(one, two)
    for name, value in env.get_state().items():
        np.testing.assert_array_equal(value, other.get_state()[name])


def test_what_pixels_draw_moves_no_path():
    noisy, clean = ({"noise": 30.0, "distractors": 6, "occlusion": 0.3, "blur": 1}, {})
    paths = []
    for environment in (noisy, clean):
        env = ArmVectorEnv(4, task="avoid", environment=environment)
        env.reset(seed=0)
        env.action_space.seed(0)
        for _ in range(130):
            env.step(env.action_space.sample())
        paths.append((env.simulation.batch.state.copy(), goals(env)))
    for one, two in zip(*paths, strict=True):
        np.testing.assert_array_equal(one, two)


def test_angles_are_drawn_all_around():
    env = ArmVectorEnv(200)
    env.reset(seed=0)
    bearings = np.arctan2(goals(env)[:, 1], goals(env)[:, 0])
    counts, _ = np.histogram(bearings, bins=4, range=(-math.pi, math.pi))
    assert counts.min() > 25
