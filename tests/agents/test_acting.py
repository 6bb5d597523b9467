"""Acting quickly is acting the same."""

import pytest
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

import rltransfer as rlt
from rltransfer.agents.adoption import ActsQuickly


@pytest.mark.parametrize("deterministic", [True, False])
@pytest.mark.parametrize("robot", ["omni", "hovercraft"])
def test_the_quick_way_draws_the_same_actions_values_and_chances(robot, deterministic):
    env = rlt.make_env("rover", robot=robot, num_envs=8, seed=3)
    policy = rlt.make_agent("ppo", env, seed=0, n_steps=16, batch_size=64).policy
    assert isinstance(policy, ActsQuickly)
    with torch.no_grad():
        policy.action_net.weight.mul_(300)  # chances far from uniform
        observations = torch.as_tensor(env.reset())
        outcomes = []
        for way in (policy.forward, lambda *given: ActorCriticPolicy.forward(policy, *given)):
            torch.manual_seed(5)
            outcomes.append(way(observations, deterministic))
    for quick, plain in zip(*outcomes, strict=True):
        assert quick.shape == plain.shape
        assert torch.equal(quick, plain)
