"""The stored scales of return hold, and experts are far above chance."""

import numpy as np
import pytest

from rltransfer_envs.rover.family import ROVER
from rltransfer_envs.rover.score import expert_policy
from rltransfer_envs.rover.vector_env import RoverVectorEnv
from rltransfer_envs.scoring import play, random_policy


@pytest.mark.parametrize("task", list(ROVER.tasks))
@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_reference_scores_hold(robot, task):
    score = ROVER.reference_score(ROVER.task(robot=robot, task=task))
    assert score.episodes >= 1000
    assert score.source == f"scripted expert: python -m rltransfer_envs.rover.score --episodes {score.episodes}"
    for policy, stored in ((random_policy, score.random), (expert_policy, score.expert)):
        env = RoverVectorEnv(50, robot=robot, task=task)
        env.action_space.seed(1)
        returns, _, _ = play(env, policy, episodes=200, seed=10_000)
        error = returns.std() / np.sqrt(len(returns))
        assert abs(returns.mean() - stored) < 4 * error + 0.01
    assert score.expert > score.random + 1.0


@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_the_expert_reaches_nearly_always(robot):
    _, successes, lengths = play(RoverVectorEnv(50, robot=robot), expert_policy, episodes=200, seed=0)
    assert successes.mean() > 0.95
    assert lengths.mean() < 12
