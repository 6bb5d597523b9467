"""Observations in several parts: the trunk reads one, and the others join its features."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, trunk_of, trunk_sites
from rltransfer.agents.artifact import save
from rltransfer.errors import SpaceMismatchError
from rltransfer.tasks.family import Context, Randomization
from rltransfer.tasks.perceived import beside, perceived, perceived_key, with_perceived

ALGORITHMS = ["ppo", "dqn"]
TOLD = Context(visibility="side", factors=("slip", "speed"))
DRAWN = Randomization(factors=("slip", "speed"), split="full")
IMAGE = spaces.Box(0, 255, (3, 8, 8), np.uint8)
VECTOR = spaces.Box(-1, 1, (5,), np.float32)


@pytest.fixture
def told(rover):
    """Four copies of Rover that drift and are as fast as two numbers beside the picture say."""
    return lambda **options: rover(randomize=DRAWN, context=TOLD, **options)


def played(model, env, steps=6):
    seen = [env.reset()]
    for _ in range(steps):
        seen.append(env.step(np.zeros(env.num_envs, np.int64))[0])
    return seen


def judged(model, observations):
    """What the agent's heads make of observations."""
    tensor, _ = model.policy.obs_to_tensor(observations)
    with torch.no_grad():
        if hasattr(model, "q_net"):
            return model.q_net(tensor)
        return torch.cat(
            [model.policy.get_distribution(tensor).distribution.logits, model.policy.predict_values(tensor)], 1
        )


def test_the_part_is_found_by_name_or_as_the_only_image():
    assert perceived_key(VECTOR) is None
    assert perceived_key(spaces.Dict(a=VECTOR, observation=VECTOR)) == "observation"
    parts = spaces.Dict(camera=IMAGE, a=VECTOR, z=VECTOR)
    assert (perceived_key(parts), perceived(parts), beside(parts)) == ("camera", IMAGE, ("a", "z"))
    assert with_perceived(parts, VECTOR) == spaces.Dict(camera=VECTOR, a=VECTOR, z=VECTOR)


@pytest.mark.parametrize(
    "parts",
    [
        spaces.Dict(a=VECTOR, b=VECTOR),
        spaces.Dict(left=IMAGE, right=IMAGE),
        spaces.Dict(observation=VECTOR, camera=IMAGE),
        spaces.Dict(camera=IMAGE, goal=spaces.Discrete(3)),
        spaces.Discrete(3),
    ],
    ids=lambda space: ",".join(space.keys()) if isinstance(space, spaces.Dict) else "discrete",
)
def test_parts_of_which_a_trunk_cannot_tell_which_to_read_are_refused(parts):
    with pytest.raises(SpaceMismatchError, match=r"trunk|Box"):
        perceived_key(parts)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_an_agent_learns_from_a_picture_and_numbers_beside_it(algorithm, told, tiny, small, snapshot):
    env = told()
    assert env.observation_space["observation"].shape == (3, 64, 64)
    model = tiny(algorithm, env, trunk=small)
    assert trunk_sites(model)[0].extractor.features_dim == 32 + 2
    before = snapshot(model)
    model.learn(128)
    weights = next(p for name, p in heads(model).items() if p.dim() == 2 and "target" not in name)
    old = before[next(n for n, p in heads(model).items() if p is weights)]
    assert not torch.equal(weights[:, -2:], old[:, -2:]), "the numbers' own weights learn"
    observations = env.reset()
    changed = {**observations, "context": 1 - observations["context"]}
    assert not torch.allclose(judged(model, observations), judged(model, changed))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_frozen_trunk_is_cached_and_the_numbers_stay_as_they_are(algorithm, told, tiny, small):
    watched = {}
    for cache in (True, False):
        env = told()
        model, source = tiny(algorithm, env, trunk=small), tiny(algorithm, told(), trunk=small, seed=7)
        rlt.Frozen(cache=cache).attach(model, source)
        raw = told(seed=50).reset()
        watched[cache] = judged(model, raw)
        if cache:
            seen = model.get_env().reset()
            assert seen["observation"].shape == (4, 32)
            model.learn(256)  # episodes end within, and their last observations are cached, too
            stored = (model.rollout_buffer if algorithm == "ppo" else model.replay_buffer).observations
            assert stored["observation"].shape[-1] == 32
            assert stored["context"].shape[-1] == 2
            model.predict(raw)
    torch.testing.assert_close(watched[True], watched[False], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_such_an_agent_is_saved_and_comes_back(algorithm, told, tiny, small, tmp_path):
    model = tiny(algorithm, told(), trunk=small)
    save(model, tmp_path / "agent")
    again = rlt.load_agent(tmp_path / "agent", env=told())
    observations = told(seed=9).reset()
    assert torch.equal(judged(again, observations), judged(model, observations))
    again.learn(64)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_trunk_moves_between_agents_with_and_without_numbers(algorithm, told, tiny, rover, small):
    source, model = tiny(algorithm, rover(), trunk=small, seed=7), tiny(algorithm, told(), trunk=small)
    report = rlt.Finetune().attach(model, source)
    assert all(torch.equal(a, b) for a, b in zip(*(trunk_of(m).parameters() for m in (model, source)), strict=True))
    assert "copied" in str(report)
    shared, with_numbers = tiny(algorithm, rover(), trunk=small, seed=7), tiny(algorithm, told(), trunk=small)
    rlt.HardSharing().attach(with_numbers, shared)
    with_numbers.learn(128)
    assert trunk_of(shared) is trunk_of(with_numbers)
