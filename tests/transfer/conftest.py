"""Pairs of a target learner and a source agent."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

from rltransfer.agents.anatomy import follow


@pytest.fixture
def pair(tiny):
    """(model, source): a fresh target learner and another agent, none of whose weights agree."""

    def make(algorithm="ppo", *, source_algorithm=None, robots=("omni", "omni"), trunk=None, **changes):
        source = tiny(source_algorithm or algorithm, robot=robots[0], trunk=trunk, seed=7)
        model = tiny(algorithm, robot=robots[1], trunk=trunk, seed=0, **changes)
        follow(model)  # as a learner that has not begun; the source's target network lags behind, as a trained one's
        return model, source

    return make


@pytest.fixture(scope="session")
def numbers():
    """Three classes of four numbers, as a task."""
    from rltransfer.tasks.labelled import Classification, Examples

    draws = np.random.default_rng(0)
    labels = np.arange(48) % 3
    inputs = (draws.normal(size=(48, 4)) + labels[:, None]).astype(np.float32)
    examples = Examples(inputs=inputs, labels=labels, classes=("low", "middle", "high"))
    return Classification("numbers", train=examples, test=examples)


class InParts(gym.ObservationWrapper):
    """Three numbers for the trunk, and the others beside them."""

    def __init__(self, env):
        super().__init__(env)
        low, high = env.observation_space.low, env.observation_space.high
        self.observation_space = spaces.Dict(
            {"observation": spaces.Box(low[:3], high[:3]), "context": spaces.Box(low[3:], high[3:])}
        )

    def observation(self, observation):
        return {"observation": observation[:3], "context": observation[3:]}


@pytest.fixture
def vectors(tiny, numbers):
    """(model, source) of any registered algorithm on four numbers: two stages, and milliseconds to learn.

    CartPole for discrete actions, Pendulum (three numbers) for continuous ones, labelled examples for the classifier.
    ``seen`` is how: ``whole``, in ``parts``, or ``scaled`` by statistics of which the source's have seen something.
    """
    import rltransfer as rlt
    from rltransfer.registry import ALGORITHMS
    from rltransfer.tasks.making import vec_env
    from rltransfer.trunks.specs import MLP

    def make(algorithm, *, seen="whole", trunk=None, **changes):
        agents = []
        for seed in (7, 0):
            if algorithm == "classifier":
                env = vec_env(numbers.task(), num_envs=16)
            elif seen == "parts":
                env = InParts(gym.make("CartPole-v1"))
            else:
                discrete = "discrete" in ALGORITHMS.get(algorithm).actions
                env = rlt.make_env({"id": "CartPole-v1" if discrete else "Pendulum-v1"}, num_envs=4, seed=1 + seed)
            scaled = {"normalize": "observations"} if seen == "scaled" else {}
            agents.append(tiny(algorithm, env, trunk=trunk or MLP(widths=(8, 6)), seed=seed, **changes, **scaled))
        source, model = agents
        if seen == "scaled":
            source.learn(32)
        follow(model)
        return model, source

    return make


class World(gym.Env):
    """Random observations; any spaces."""

    def __init__(self, observation, action):
        self.observation_space, self.action_space = observation, action

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), float(np.sum(action)), False, self.np_random.random() < 0.1, {}


@pytest.fixture
def couple(tiny):
    """(model, source) on worlds of the given spaces, target's and source's."""

    def make(algorithm, observations, actions, trunk=None, **options):
        agents = [
            tiny(algorithm, World(observation, action), trunk=trunk, seed=seed, **options)
            for observation, action, seed in zip(observations, actions, (0, 7), strict=True)
        ]
        return agents[0], agents[1]

    return make
