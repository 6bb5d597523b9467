"""The one adapter between Gymnasium's vector environments and Stable-Baselines3, held against single environments."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.monitor import Monitor

import rltransfer as rlt
from rltransfer.errors import ConfigError, SpaceMismatchError
from rltransfer.tasks.gymnasium_family import GymnasiumFamily
from rltransfer.tasks.vec_env import TaskVecEnv, channels_first

STEPS = 150


class Singles:
    """Single environments, reset the moment their episode ends, as the adapter promises to behave."""

    def __init__(self, make, seeds):
        self.envs = [make() for _ in seeds]
        self.first = np.stack([env.reset(seed=seed)[0] for env, seed in zip(self.envs, seeds, strict=True)])
        self.episodes = [[] for _ in seeds]

    def step(self, actions):
        for env, action, rewards in zip(self.envs, actions, self.episodes, strict=True):
            observation, reward, terminated, truncated, info = env.step(action)
            rewards.append(float(reward))
            last, episode = None, None
            if terminated or truncated:
                last, episode = observation, (sum(rewards), len(rewards), info.get("is_success"))
                rewards.clear()
                observation, _ = env.reset()
            yield observation, reward, terminated, truncated, last, episode


def limited_mountain_car():
    return gymnasium.wrappers.TimeLimit(gymnasium.make("MountainCar-v0"), max_episode_steps=40)


CASES = {
    "terminations": ({"id": "CartPole-v1"}, lambda: gymnasium.make("CartPole-v1")),
    "truncations": ({"id": "MountainCar-v0", "wrappers": [{"time_limit": {"steps": 40}}]}, limited_mountain_car),
    "continuous actions": ({"id": "Pendulum-v1"}, lambda: gymnasium.make("Pendulum-v1")),
    "images and successes": ("rover", lambda: gymnasium.make("rltransfer/Rover-v0")),
}


@pytest.mark.parametrize("case", CASES)
def test_copies_are_single_environments_step_by_step(case):
    family, make = CASES[case]
    env = rlt.make_env(family, num_envs=3, seed=7)
    singles = Singles(make, [7, 8, 9])
    is_image = len(env.observation_space.shape) == 3

    def seen(observation):
        return observation.transpose(2, 0, 1) if is_image else observation

    observations = env.reset()
    assert np.array_equal(observations, np.stack([seen(first) for first in singles.first]))
    env.action_space.seed(3)
    num_ended = 0
    for _ in range(STEPS):
        actions = np.stack([env.action_space.sample() for _ in range(3)])
        observations, rewards, ended, infos = env.step(actions)
        for copy, (observation, reward, terminated, truncated, last, episode) in enumerate(singles.step(actions)):
            assert np.array_equal(observations[copy], seen(observation))
            assert rewards[copy] == np.float32(reward)
            assert ended[copy] == (terminated or truncated)
            if episode is None:
                assert infos[copy] == {}
                continue
            num_ended += 1
            assert np.array_equal(infos[copy]["terminal_observation"], seen(last))
            assert infos[copy]["TimeLimit.truncated"] == (truncated and not terminated)
            assert (infos[copy]["episode"]["r"], infos[copy]["episode"]["l"]) == (pytest.approx(episode[0]), episode[1])
            assert infos[copy].get("is_success") == episode[2]
    assert num_ended > 0 or case == "continuous actions"  # Pendulum's episodes have 200 steps
    assert observations.shape == (3, *env.observation_space.shape)


def test_a_second_reset_without_seeds_goes_on_with_the_streams():
    env = rlt.make_env({"id": "CartPole-v1"}, num_envs=2, seed=7)
    first, second = env.reset(), env.reset()
    assert not np.array_equal(first, second)
    env.seed(7)
    assert np.array_equal(env.reset(), first)


def test_a_reset_starts_the_episodes_count_anew():
    env = rlt.make_env({"id": "CartPole-v1", "wrappers": [{"time_limit": {"steps": 3}}]}, num_envs=1, seed=0)
    env.reset()
    env.step(np.array([0]))
    env.reset()
    infos = [env.step(np.array([step % 2]))[3][0] for step in range(3)]
    assert infos[2]["episode"]["l"] == 3


class EndsTwice(gymnasium.Env):
    """Terminates in its third step, where a time limit of 3 truncates it as well."""

    observation_space = spaces.Box(0, 9, (1,))
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        return np.full(1, self.steps, np.float32), 1.0, self.steps == 3, False, {}


@pytest.mark.parametrize(("limit", "is_truncated"), [(3, False), (2, True), (4, False)])
def test_an_episode_that_terminates_is_not_called_truncated(monkeypatch, limit, is_truncated):
    spec = gymnasium.envs.registration.EnvSpec("EndsTwice-v0", EndsTwice, disable_env_checker=True)
    monkeypatch.setitem(gymnasium.registry, "EndsTwice-v0", spec)
    env = rlt.make_env({"id": "EndsTwice-v0", "wrappers": [{"time_limit": {"steps": limit}}]}, num_envs=1)
    env.reset()
    *_, (_, _, ended, infos) = [env.step(np.array([0])) for _ in range(min(limit, 3))]
    assert ended.all()
    assert infos[0]["TimeLimit.truncated"] is is_truncated


def test_images_are_given_channels_first_without_copying():
    env = rlt.make_env("rover", num_envs=2, seed=0)
    observations = env.reset()
    assert env.observation_space == spaces.Box(0, 255, (3, 64, 64), np.uint8)
    assert observations.strides[1] == 1  # a pixel's channels lie side by side still
    assert not observations.flags.owndata


@pytest.mark.parametrize("mode", [gymnasium.vector.AutoresetMode.NEXT_STEP, gymnasium.vector.AutoresetMode.DISABLED])
def test_an_environment_that_resets_at_another_time_is_refused(mode):
    task = GymnasiumFamily("CartPole-v1").task()
    env = gymnasium.make_vec(
        "CartPole-v1", num_envs=2, vectorization_mode="sync", vector_kwargs={"autoreset_mode": mode}
    )
    with pytest.raises(ConfigError, match=r"AutoresetMode\.SAME_STEP"):
        TaskVecEnv(env, task)


def test_what_is_no_box_is_refused():
    with pytest.raises(SpaceMismatchError, match="trunks read Box observations"):
        channels_first(spaces.Discrete(4))


def test_vectors_and_channels_first_images_stay_as_they_are():
    for space in (spaces.Box(-1, 1, (5,)), spaces.Box(0, 255, (4, 84, 84), np.uint8), spaces.Box(-1, 1, (9, 9, 3))):
        assert channels_first(space) is space


def test_stable_baselines3_finds_what_it_asks_of_a_vec_env():
    env = rlt.make_env("rover", num_envs=2, seed=0, render_mode="rgb_array")
    env.reset()
    assert env.env_is_wrapped(Monitor) == [True, True]
    assert env.env_is_wrapped(gymnasium.Wrapper) == [False, False]
    assert env.get_attr("num_envs", indices=[1]) == [2]
    assert [image.shape for image in env.get_images()] == [(384, 384, 3)] * 2
    assert env.render_mode == "rgb_array"
    env.close()
