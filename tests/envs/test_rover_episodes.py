"""Seeds, batches, saved states, rewards and the ways an episode ends."""

import numpy as np
import pytest

from rltransfer_envs.rover.env import RoverEnv
from rltransfer_envs.rover.expert import expert_actions
from rltransfer_envs.rover.factors import TIME_LIMITS
from rltransfer_envs.rover.family import ROVER
from rltransfer_envs.rover.vector_env import RoverVectorEnv

EVERYTHING = {"slip": 0.3, "action_delay": 2, "distractors": 4, "noise": 20.0, "walls": 3, "occlusion": 0.2}


def played(env, *, steps=80, seed=7, policy_seed=0):
    """Everything that a vector environment gives over some steps, as one list of arrays."""
    env.action_space.seed(policy_seed)
    record = [env.reset(seed=seed)[0]]
    for _ in range(steps):
        record += env.step(env.action_space.sample())[:4]
    return record


def assert_equal(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_the_same_seed_plays_the_same(robot):
    make = lambda: RoverVectorEnv(3, robot=robot, task="push", environment=EVERYTHING)  # noqa: E731
    assert_equal(played(make()), played(make()))
    assert not np.array_equal(played(make())[0], played(make(), seed=8)[0])


def test_a_copy_does_not_depend_on_the_size_of_its_batch():
    batch = RoverVectorEnv(5, environment=EVERYTHING)
    actions = np.random.default_rng(0).integers(0, 4, (70, 5))
    observations = [batch.reset(seed=20)[0]]
    outcomes, finals = [], []
    for chosen in actions:
        step = batch.step(chosen)
        observations.append(step[0])
        outcomes.append(step[1:4])
        finals.append(step[4])
    for k in range(5):
        single = RoverEnv(environment=EVERYTHING)
        np.testing.assert_array_equal(single.reset(seed=20 + k)[0], observations[0][k])
        for t, chosen in enumerate(actions):
            observation, reward, terminated, truncated, info = single.step(chosen[k])
            assert (reward, terminated, truncated) == tuple(values[k] for values in outcomes[t])
            if terminated or truncated:
                np.testing.assert_array_equal(finals[t]["final_obs"][k], observation)
                assert info["is_success"] == finals[t]["final_info"]["is_success"][k]
                observation, _ = single.reset()
            np.testing.assert_array_equal(observation, observations[t + 1][k])


def test_seed_lists_and_masks_choose_copies():
    env = RoverVectorEnv(3)
    plain = env.reset(seed=10)[0]
    np.testing.assert_array_equal(env.reset(seed=[12, 11, 10])[0], plain[::-1])
    kept = env.get_state()["robot"]
    observations, _ = env.reset(seed=[None, 10, None], options={"reset_mask": np.array([False, True, False])})
    np.testing.assert_array_equal(observations[1], plain[0])
    np.testing.assert_array_equal(env.get_state()["robot"][[0, 2]], kept[[0, 2]])


def test_reset_without_a_seed_goes_on_with_the_stream():
    one, other = RoverVectorEnv(2), RoverVectorEnv(2)
    for env in (one, other):
        env.reset(seed=3)
    second = one.reset()[0]
    np.testing.assert_array_equal(second, other.reset()[0])
    assert not np.array_equal(second, one.reset()[0])
    assert not np.array_equal(RoverVectorEnv(2).reset()[0], RoverVectorEnv(2).reset()[0])


@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_a_saved_state_goes_on_bit_for_bit(robot):
    env = RoverVectorEnv(4, robot=robot, task="push", environment={**EVERYTHING, "blur": 1})
    played(env, steps=30)
    state = env.get_state()
    actions = [env.action_space.sample() for _ in range(60)]
    expected = [array for a in actions for array in env.step(a)[:4]]
    other = RoverVectorEnv(4, robot=robot, task="push", environment={**EVERYTHING, "blur": 1})
    other.set_state(state)
    assert_equal(expected, [array for a in actions for array in other.step(a)[:4]])
    env.set_state(state)
    for name, value in env.get_state().items():
        np.testing.assert_array_equal(value, state[name])


def test_the_single_environment_restores_too():
    env = RoverEnv(robot="differential")
    env.reset(seed=0)
    state = env.get_state()
    first = [env.step(0)[0] for _ in range(5)]
    env.set_state(state)
    assert_equal(first, [env.step(0)[0] for _ in range(5)])


def potential_by_hand(task, state):
    """The formula in RoverEnv's docstring, written again in numpy."""
    robot, goal, hazard = state["robot"][0, :2], state["goal"][0], state["hazards"][0, 0]
    if task == "reach":
        return -1.0 * np.linalg.norm(goal - robot)
    if task == "swap":
        return -1.0 * np.linalg.norm(hazard - robot)
    block = state["block"][0, :2]
    away = (block - goal) / np.linalg.norm(block - goal)
    return -1.0 * np.linalg.norm(goal - block) - 0.5 * np.linalg.norm(block + 0.28 * away - robot)


@pytest.mark.parametrize("task", list(ROVER.tasks))
@pytest.mark.parametrize("policy", ["random", "expert"])
def test_rewards_are_those_documented(task, policy):
    env = RoverEnv(task=task)
    env.action_space.seed(0)
    ends = set()
    for seed in range(12):
        env.reset(seed=seed)
        before = potential_by_hand(task, env.get_state())
        for step in range(1, 1000):
            action = env.action_space.sample() if policy == "random" else expert_actions(env.simulation)[0]
            _, reward, terminated, truncated, info = env.step(action)
            after = potential_by_hand(task, env.get_state())
            bonus = (1.0 if info["is_success"] else -1.0) if terminated else 0.0
            assert reward == pytest.approx(after - before + bonus, abs=1e-12)
            assert not (terminated and truncated)
            assert truncated == (not terminated and step == TIME_LIMITS[task])
            before = after
            if terminated or truncated:
                assert not (truncated and info["is_success"])
                ends.add((terminated, info["is_success"]))
                break
            assert info == {}
    assert len(ends) > 1 or policy == "expert"


def test_the_last_observation_shows_what_ended_the_episode():
    env = RoverVectorEnv(8)
    env.reset(seed=0)
    seen = 0
    for _ in range(30):
        state = env.get_state()
        actions = expert_actions(env.simulation)
        observations, _, terminated, _, infos = env.step(actions)
        for k in np.flatnonzero(terminated):
            single = RoverEnv()
            single.set_state({name: value[k : k + 1] for name, value in state.items()})
            last, _, is_terminated, _, _ = single.step(actions[k])
            assert is_terminated
            np.testing.assert_array_equal(infos["final_obs"][k], last)
            assert not np.array_equal(observations[k], last)
            seen += 1
    assert seen > 10


@pytest.mark.parametrize("task", ["reach", "swap"])
def test_the_differential_robot_is_paid_for_turning_to_its_target(task):
    env = RoverEnv(robot="differential", task=task)
    for seed in range(20):
        env.reset(seed=seed)
        state = env.get_state()
        target = state["goal"][0] if task == "reach" else state["hazards"][0, 0]
        way = target - state["robot"][0, :2]
        cosines = []
        for _ in range(2):
            heading = env.get_state()["robot"][0, 2]
            cosines.append(np.array([np.cos(heading), np.sin(heading)]) @ way / np.linalg.norm(way))
            reward = env.step(1)[1]
        assert env.step(1)[1] != reward
        env.set_state(state)
        assert env.step(1)[1] == pytest.approx(0.4 * (cosines[1] - cosines[0]), abs=1e-12)


@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_swap_shows_what_reach_shows_and_means_the_opposite(robot):
    reach, swap = (RoverEnv(robot=robot, task=task) for task in ("reach", "swap"))
    for seed in range(10):
        reach.reset(seed=seed)
        state = reach.get_state()
        away = state["goal"][0] - state["hazards"][0, 0]
        state["robot"][0, :2] = state["goal"][0] + 0.1 * away / np.linalg.norm(away)
        results = []
        for env in (reach, swap):
            env.reset(seed=0)
            env.set_state(state)
            results.append(env.step(np.zeros(2) if robot == "hovercraft" else 1))
        np.testing.assert_array_equal(results[0][0], results[1][0])
        assert [result[4] for result in results] == [{"is_success": True}, {"is_success": False}]
