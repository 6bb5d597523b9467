"""The channels-last rollout buffer against Stable-Baselines3's own."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.buffers import RolloutBuffer

from rltransfer.agents.buffers import ChannelsLastRolloutBuffer


def filled(kind, observation_space, action_space, *, steps=6, envs=3):
    random = np.random.default_rng(0)
    buffer = kind(steps, observation_space, action_space, device="cpu", gamma=0.9, gae_lambda=0.8, n_envs=envs)
    for _ in range(2):  # the second time after a reset
        buffer.reset()
        for _ in range(steps):
            observations = random.integers(0, 256, (envs, *observation_space.shape)).astype(observation_space.dtype)
            actions = np.array([action_space.sample() for _ in range(envs)]).reshape(envs, -1)
            starts = random.integers(0, 2, envs).astype(np.float32)
            outputs = torch.as_tensor(random.normal(size=(2, envs)), dtype=torch.float32)
            buffer.add(observations, actions, random.normal(size=envs), starts, *outputs)
        buffer.compute_returns_and_advantage(torch.zeros(envs), np.zeros(envs))
        np.random.seed(4)  # noqa: NPY002  the generator that the buffers draw from
        batches = [batch for _ in range(2) for batch in buffer.get(5)]
    return batches


@pytest.mark.parametrize("actions", [spaces.Discrete(4), spaces.Box(-1, 1, (2,))], ids=["discrete", "continuous"])
@pytest.mark.parametrize(
    "observations",
    [
        spaces.Box(0, 255, (3, 8, 10), np.uint8),
        spaces.Box(-np.inf, np.inf, (7,), np.float32),
        spaces.Box(-np.inf, np.inf, (8, 5, 5), np.float32),
    ],
    ids=["images", "vectors", "features-of-a-convolution"],
)
def test_samples_are_the_same_in_the_same_order(observations, actions):
    actions.seed(0)
    expected = filled(RolloutBuffer, observations, actions)
    actions.seed(0)
    found = filled(ChannelsLastRolloutBuffer, observations, actions)
    assert len(found) == len(expected) == 8  # 18 samples in batches of 5, twice
    for ours, theirs in zip(found, expected, strict=True):
        for field, value in theirs._asdict().items():
            mine = getattr(ours, field)
            assert mine.dtype == value.dtype, field
            assert torch.equal(mine, value), field


def test_batches_of_images_lie_as_convolutions_read_them():
    space = spaces.Box(0, 255, (3, 8, 10), np.uint8)
    batch = filled(ChannelsLastRolloutBuffer, space, spaces.Discrete(2))[0].observations
    assert batch.shape == (5, 3, 8, 10)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    plain = filled(RolloutBuffer, space, spaces.Discrete(2))[0].observations
    assert not plain.is_contiguous(memory_format=torch.channels_last)


def test_ppo_learns_the_same_with_either_buffer(tiny, monkeypatch):
    from rltransfer.agents import making

    learned = []
    for kind in (ChannelsLastRolloutBuffer, RolloutBuffer):
        monkeypatch.setattr(making, "ChannelsLastRolloutBuffer", kind)
        model = tiny("ppo")
        assert type(model.rollout_buffer) is kind
        learned.append(model.learn(192).policy.state_dict())
    assert all(torch.equal(learned[0][name], learned[1][name]) for name in learned[0])
