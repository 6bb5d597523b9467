"""What the shipped experiments rest on: sources are learned by both algorithms, and knowledge is worth having."""

import pytest

import rltransfer as rlt
from rltransfer.training import train

PPO = {"n_steps": 32, "n_epochs": 3, "learning_rate": 1e-3, "gamma": 0.95}
DQN = {"num_envs": 16, "buffer_size": 20_000, "gradient_steps": 8, "gamma": 0.95}
"""As in configs/quickstart.yaml and configs/quickstart-dqn.yaml."""

pytestmark = pytest.mark.slow


def learned(budget, *, algorithm="ppo", robot="omni", task="reach", settings=PPO, seed=0, **transfer):
    """An agent trained on a Rover task, and its last evaluation."""
    num_envs = settings.get("num_envs", 32)
    env = rlt.make_env("rover", robot=robot, task=task, num_envs=num_envs, seed=seed)
    settings = {key: value for key, value in settings.items() if key != "num_envs"}
    agent = rlt.make_agent(algorithm, env, seed=seed, **settings, **transfer)
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


@pytest.fixture(scope="module")
def source():
    """PPO's source agent of the quickstart, with its last evaluation."""
    return learned(61_440)


def test_the_source_is_learned(source):
    _, episodes = source
    assert episodes.success_rate > 0.5


def test_its_frozen_trunk_beats_scratch_on_a_new_robot(source):
    agent, _ = source
    _, scratch = learned(12_288, robot="hovercraft")
    _, frozen = learned(12_288, robot="hovercraft", source=agent, method=rlt.Frozen(at="end"))
    assert frozen.returns.mean() > scratch.returns.mean() + 0.2


def test_its_trunk_with_new_heads_beats_scratch_on_the_opposite_task(source):
    """On the mean of three seeds, at a budget in which no control has learned the task yet."""
    agent, _ = source
    transfer = {"source": agent, "method": rlt.Finetune(heads="reinit")}
    gains = []
    for seed in range(3):
        (_, scratch), (_, finetuned) = (learned(8_192, task="swap", seed=seed, **given) for given in ({}, transfer))
        gains.append(finetuned.returns.mean() - scratch.returns.mean())
    assert sum(gains) / 3 > 0.2, gains


def test_swap_is_learned_from_scratch():
    _, episodes = learned(61_440, task="swap")
    assert episodes.success_rate > 0.5


def test_dqn_learns_the_source_and_its_policy_is_a_head_start_in_a_changed_environment():
    agent, episodes = learned(60_000, algorithm="dqn", settings=DQN)
    assert episodes.success_rate > 0.5
    dusk = rlt.Evaluator(rlt.make_env("rover", environment={"palette": "dusk"}).task, episodes=100, seed=10_000)
    untrained = rlt.make_agent("dqn", rlt.make_env("rover", num_envs=16, seed=0), seed=0, buffer_size=100)
    assert dusk.measure(agent).returns.mean() > dusk.measure(untrained).returns.mean() + 0.2
    dusk.close()
