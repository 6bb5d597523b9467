"""What the quickstart rests on: the source is learned, and its trunk is worth having on a new robot."""

import pytest

import rltransfer as rlt
from rltransfer.training import train

SETTINGS = {"n_steps": 32, "n_epochs": 3, "learning_rate": 1e-3, "gamma": 0.95}

pytestmark = pytest.mark.slow


def learned(robot, budget, **transfer):
    """A PPO agent trained on reach, and its last evaluation."""
    env = rlt.make_env("rover", robot=robot, num_envs=32, seed=0)
    agent = rlt.make_agent("ppo", env, seed=0, **SETTINGS, **transfer)
    evaluations = []
    evaluator = rlt.Evaluator(env.task, episodes=100, seed=10_000)
    train(
        agent,
        budget=budget,
        every=budget,
        evaluators={"target": (evaluator, agent)},
        record=evaluations.append,
        writers=[],
    )
    evaluator.close()
    return agent, evaluations[-1].episodes


def test_the_source_is_learned_and_its_frozen_trunk_beats_scratch_on_a_new_robot():
    source, reached = learned("omni", 61_440)
    assert reached.success_rate > 0.5
    _, scratch = learned("hovercraft", 12_288)
    _, frozen = learned("hovercraft", 12_288, source=source, method=rlt.Frozen(at="end"))
    assert frozen.returns.mean() > scratch.returns.mean() + 0.2
