"""``TaskVecEnv`` is what Stable-Baselines3 expects of a vectorised environment, checked beside Gymnasium's own."""

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

import rltransfer as rlt
from rltransfer.errors import SpaceMismatchError
from rltransfer_envs.rover.env import RoverEnv

SEED = 11


def played_beside_single_environments(env, singles, actions):
    """Step both; yields for each step (copy, what ``env`` said of an ended episode, what the single one showed)."""
    observations = env.reset()
    for k, single in enumerate(singles):
        np.testing.assert_array_equal(observations[k], single.reset(seed=SEED + k)[0])
    returns, lengths = np.zeros(len(singles)), np.zeros(len(singles), dtype=int)
    ended_episodes = []
    for chosen in actions:
        observations, rewards, dones, infos = env.step(chosen)
        assert rewards.dtype == np.float32
        assert dones.dtype == bool
        for k, single in enumerate(singles):
            last, reward, terminated, truncated, _ = single.step(chosen[k])
            returns[k] += reward
            lengths[k] += 1
            assert rewards[k] == pytest.approx(reward, rel=1e-6)
            assert dones[k] == (terminated or truncated)
            if not dones[k]:
                assert not infos[k]
                np.testing.assert_array_equal(observations[k], last)
                continue
            info = infos[k]
            np.testing.assert_array_equal(info["terminal_observation"], last)
            assert info["TimeLimit.truncated"] == (truncated and not terminated)
            assert info["episode"]["r"] == pytest.approx(returns[k], rel=1e-5)
            assert info["episode"]["l"] == lengths[k]
            assert info["episode"]["t"] >= 0
            ended_episodes.append((lengths[k], truncated))
            returns[k], lengths[k] = 0, 0
            np.testing.assert_array_equal(observations[k], single.reset()[0])
    return ended_episodes


def test_terminations_of_cartpole_are_those_of_single_environments():
    env = rlt.make_env({"id": "CartPole-v1"}, num_envs=3, seed=SEED)
    actions = np.random.default_rng(0).integers(0, 2, (120, 3))
    ended = played_beside_single_environments(env, [gymnasium.make("CartPole-v1") for _ in range(3)], actions)
    assert len(ended) > 6
    assert not any(truncated for _, truncated in ended)


def test_truncations_are_marked_as_such():
    limited = {"id": "CartPole-v1", "wrappers": [{"time_limit": {"steps": 7}}]}
    env = rlt.make_env(limited, num_envs=2, seed=SEED)
    singles = [gymnasium.make("CartPole-v1", max_episode_steps=7) for _ in range(2)]
    ended = played_beside_single_environments(env, singles, np.tile([[0, 1], [1, 0]], (20, 1)))
    assert [truncated for _, truncated in ended] == [True] * len(ended)
    assert {length for length, _ in ended} == {7}


class ChannelsFirst(gymnasium.ObservationWrapper):
    """Rover's frames as agents see them."""

    def observation(self, observation):
        return observation.transpose(2, 0, 1)


@pytest.mark.parametrize("robot", ["omni", "hovercraft"])
def test_episodes_of_rover_are_those_of_single_environments(robot):
    env = rlt.make_env("rover", robot=robot, num_envs=3, seed=SEED)
    random = np.random.default_rng(0)
    actions = random.integers(0, 4, (150, 3)) if robot == "omni" else random.uniform(-1, 1, (150, 3, 2))
    ended = played_beside_single_environments(env, [ChannelsFirst(RoverEnv(robot=robot)) for _ in range(3)], actions)
    assert {truncated for _, truncated in ended} == {True, False}


def test_images_are_channels_first_views_with_the_space_to_match():
    env = rlt.make_env("rover", num_envs=2, seed=0)
    observations = env.reset()
    assert env.observation_space.shape == observations.shape[1:] == (3, 64, 64)
    assert observations.strides[1] == 1, "a transposed view: the colours of a pixel lie together"
    assert PPO("CnnPolicy", env, device="cpu").get_env() is env, "nothing is left for Stable-Baselines3 to wrap"


def test_success_is_reported_where_the_task_defines_it():
    env = rlt.make_env("rover", num_envs=8, seed=0)
    env.reset()
    random, seen = np.random.default_rng(0), []
    for _ in range(150):
        _, rewards, dones, infos = env.step(random.integers(0, 4, 8))
        seen += [(infos[k]["is_success"], rewards[k]) for k in np.flatnonzero(dones)]
    assert {success for success, _ in seen} == {True, False}
    assert all(reward > 0.5 for success, reward in seen if success)  # 1 for success, and the last bit of progress
    assert all(reward < 0.5 for success, reward in seen if not success)


def test_seeds_are_used_once_and_then_worlds_go_on_changing():
    env = rlt.make_env("rover", num_envs=2, seed=3)
    first, second = env.reset().copy(), env.reset().copy()
    assert not np.array_equal(first, second)
    env.seed(3)
    np.testing.assert_array_equal(env.reset(), first)
    assert not np.array_equal(first[0], first[1])


def test_the_small_questions_that_stable_baselines_asks():
    env = rlt.make_env({"id": "CartPole-v1"}, num_envs=3, render_mode="rgb_array")
    assert env.env_is_wrapped(Monitor) == [True] * 3
    assert env.env_is_wrapped(gymnasium.wrappers.TimeLimit) == [False] * 3
    assert env.get_attr("num_envs", indices=[0, 2]) == [3, 3]
    env.set_attr("spare", 5)
    assert env.get_attr("spare", indices=1) == [5]
    env.reset()
    frames = env.get_images()
    assert len(frames) == 3
    assert frames[0].ndim == 3
    env.close()


def test_a_learner_counts_the_same_episodes_as_through_dummy_vec_env():
    """Stable-Baselines3's episode statistics are those of its own Monitor and DummyVecEnv."""
    theirs = DummyVecEnv([lambda: Monitor(gymnasium.make("CartPole-v1"))] * 3)
    theirs.seed(SEED)
    ours = rlt.make_env({"id": "CartPole-v1"}, num_envs=3, seed=SEED)
    episodes = []
    for env in (ours, theirs):
        model = PPO("MlpPolicy", env, n_steps=64, batch_size=64, n_epochs=1, seed=None, device="cpu", ent_coef=0.0)
        model.action_space.seed(0)
        env.reset()
        found, random = [], np.random.default_rng(0)
        for _ in range(100):
            _, _, _, infos = env.step(random.integers(0, 2, 3))
            found += [(info["episode"]["r"], info["episode"]["l"]) for info in infos if "episode" in info]
        episodes.append(found)
    assert len(episodes[0]) > 5
    assert [length for _, length in episodes[0]] == [length for _, length in episodes[1]]
    np.testing.assert_allclose(*([r for r, _ in found] for found in episodes))


def test_only_boxes_can_be_observed():
    with pytest.raises(SpaceMismatchError, match="trunks read Box observations, not Discrete"):
        rlt.make_env({"id": "FrozenLake-v1"}, num_envs=1)
