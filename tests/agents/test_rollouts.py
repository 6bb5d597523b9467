"""Rollouts: what an agent sees and does, transition by transition."""

import numpy as np
import pytest

from rltransfer.agents.rollouts import play
from rltransfer.errors import NotApplicableError


def test_transitions_follow_one_another_and_episodes_end_truly(tiny, cartpole):
    model = tiny("ppo", cartpole(), n_steps=16)
    rollout = play(model, 400)
    assert len(rollout) == 400 == len(rollout.observations)
    each = 100
    for copy in range(4):
        part = slice(copy * each, (copy + 1) * each)
        seen, after, ended = rollout.observations[part], rollout.next_observations[part], rollout.ended[part]
        assert np.array_equal(seen[1:][~ended[:-1]], after[:-1][~ended[:-1]])
        assert not np.any(np.all(seen[1:][ended[:-1]] == after[:-1][ended[:-1]], axis=1))
    # a fallen pole is past 12 degrees, or the cart past 2.4 metres; what the environment shows next is neither
    fallen = rollout.next_observations[rollout.terminated]
    assert len(fallen) > 3
    assert np.all((np.abs(fallen[:, 2]) > 0.2095) | (np.abs(fallen[:, 0]) > 2.4))


def test_a_time_limit_ends_an_episode_without_terminating_it(tiny):
    import rltransfer as rlt

    env = rlt.make_env({"id": "CartPole-v1", "wrappers": [{"time_limit": {"steps": 5}}]}, num_envs=2, seed=0)
    rollout = play(tiny("ppo", env, n_steps=16), 20)
    assert rollout.ended.sum() == 4
    assert not rollout.terminated.any()


def test_an_agent_without_an_environment_is_told_of_it(tiny):
    model = tiny("ppo")
    model.env = None
    with pytest.raises(NotApplicableError, match="no environment"):
        play(model, 10)
