"""The stored scales of return hold, and experts are far above chance."""

import numpy as np
import pytest

from rltransfer_envs.arm.family import ARM
from rltransfer_envs.arm.score import expert_policy
from rltransfer_envs.arm.vector_env import ArmVectorEnv
from rltransfer_envs.scoring import play, random_policy

LEAST = {"reach": 0.97, "push": 0.8, "avoid": 0.85, "follow": 0.85}
"""Successes of the expert."""


@pytest.mark.parametrize("task", list(ARM.tasks))
@pytest.mark.parametrize("robot", list(ARM.robots))
def test_reference_scores_hold_and_the_expert_succeeds(robot, task):
    score = ARM.reference_score(ARM.task(robot=robot, task=task))
    assert score.episodes >= 1000
    assert score.source == f"scripted expert: python -m rltransfer_envs.arm.score --episodes {score.episodes}"
    for policy, stored in ((random_policy, score.random), (expert_policy, score.expert)):
        env = ArmVectorEnv(60, robot=robot, task=task)
        env.action_space.seed(1)
        returns, successes, _ = play(env, policy, episodes=60, seed=10_000)
        error = returns.std() / np.sqrt(len(returns))
        assert abs(returns.mean() - stored) < 4 * error + 0.01
    assert successes.mean() > LEAST[task]
    assert score.expert > score.random + 1.0
