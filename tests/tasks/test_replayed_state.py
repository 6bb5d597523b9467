"""An episode that is played again goes on bit for bit, wherever it was stopped."""

import contextlib
import json

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit

from rltransfer.errors import ConfigError
from rltransfer.tasks.replayed_state import ReplayedState


class Walk(gymnasium.Env):
    """A random walk whose steps are drawn from the environment's own generator."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (1,), np.float64)
    action_space = gymnasium.spaces.Box(-1, 1, (2,), np.float32)

    def __init__(self):
        self.pictures = True
        self.drawn = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = self.np_random.normal()
        return np.array([self.place]), {}

    def step(self, action):
        self.place += self.np_random.normal() * action.sum()
        self.drawn += self.pictures
        return np.array([self.place]), self.place, False, False, {}

    @contextlib.contextmanager
    def without_pictures(self):
        self.pictures = False
        yield
        self.pictures = True


def made():
    walk = Walk()
    return ReplayedState(TimeLimit(walk, 12), while_replaying=walk.without_pictures)


def play(env, actions):
    return [(step[0].item(), step[1], step[2], step[3]) for step in map(env.step, actions)]


@pytest.fixture
def actions():
    return np.random.default_rng(0).uniform(-1, 1, (12, 2)).astype(np.float32)


@pytest.mark.parametrize("episodes_before", [0, 2])
def test_it_goes_on_bit_for_bit_here_and_elsewhere(actions, episodes_before):
    env = made()
    env.reset(seed=3)
    for _ in range(episodes_before):
        play(env, actions[:5])
        env.reset()
    play(env, actions[:7])
    state = env.get_state()
    future = play(env, actions[7:])
    assert future[-1][3]  # the time limit counts the steps that were played again
    other = made()
    for player in (env, other):
        player.set_state(state)
        assert play(player, actions[7:]) == future
    env.reset(seed=4)
    assert play(env, actions[7:]) != future


def test_the_next_episode_is_the_same_too(actions):
    env, other = made(), made()
    env.reset(seed=3)
    play(env, actions[:4])
    other.set_state(env.get_state())
    assert env.reset()[0] == other.reset()[0]


def test_a_state_is_text_and_an_array(actions):
    env = made()
    env.reset(seed=3)
    assert env.get_state()["actions"].shape == (0, 2)
    play(env, actions[:4])
    state = env.get_state()
    np.testing.assert_array_equal(state["actions"], actions[:4])
    assert json.loads(state["began_with"]) == np.random.default_rng(3).bit_generator.state


def test_what_only_pictures_need_is_left_out(actions):
    env = made()
    env.reset(seed=3)
    play(env, actions[:4])
    drawn = env.unwrapped.drawn
    env.set_state(env.get_state())
    assert env.unwrapped.drawn == drawn == 4
    play(env, actions[:1])
    assert env.unwrapped.drawn == 5


def test_before_the_first_reset_there_is_no_state():
    with pytest.raises(ConfigError, match="before the first reset"):
        made().get_state()


def test_an_episode_that_plays_out_otherwise_is_refused(actions):
    def watched():
        walk = Walk()
        return ReplayedState(walk, witness=lambda: np.array([walk.place]))

    env, other = watched(), watched()
    env.reset(seed=3)
    play(env, actions[:4])
    state = env.get_state()
    np.testing.assert_array_equal(state["witness"], [env.unwrapped.place])
    other.set_state(state)
    assert other.unwrapped.place == env.unwrapped.place
    with pytest.raises(ConfigError, match="with the same version of the simulator"):
        other.set_state({**state, "witness": state["witness"] + 1})
