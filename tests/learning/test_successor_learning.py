"""What successor features are for: a reward that an earlier policy serves is served again at once."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.vec_env import DummyVecEnv

import rltransfer as rlt
from rltransfer.trunks.specs import MLP

pytestmark = pytest.mark.slow

SIZE, STEPS = 5, 20
MOVES = ((0, 1), (0, -1), (1, 0), (-1, 0))
SETTINGS = {
    "trunk": MLP(widths=(64, 64), activation="relu"),
    "net_arch": (64,),
    "learning_starts": 200,
    "batch_size": 64,
    "target_update_interval": 200,
    "exploration_fraction": 0.5,
    "learning_rate": 1e-3,
    "gamma": 0.95,
    "device": "cpu",
}


class Room(gymnasium.Env):
    """A room of 5 x 5 cells, one of which gives 1 and every other takes 0.1; an episode lasts 20 steps."""

    observation_space = spaces.Box(0, 1, (2 * SIZE,), np.float32)
    action_space = spaces.Discrete(4)

    def __init__(self, goal):
        self.goal = goal

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.count = self.np_random.integers(0, SIZE, 2), 0
        return self._seen(), {}

    def step(self, action):
        self.place, self.count = np.clip(self.place + MOVES[int(action)], 0, SIZE - 1), self.count + 1
        reward = 1.0 if tuple(self.place) == self.goal else -0.1
        return self._seen(), reward, False, self.count >= STEPS, {}

    def _seen(self):
        seen = np.zeros(2 * SIZE, np.float32)
        seen[[self.place[0], SIZE + self.place[1]]] = 1
        return seen


def made(goal, seed):
    env = DummyVecEnv([lambda: Room(goal)] * 4)
    env.seed(10 * seed)
    return rlt.make_agent("successor_dqn", env, seed=seed, **SETTINGS)


def score(model, goal, episodes=40):
    room, total = Room(goal), 0.0
    for episode in range(episodes):
        seen, _ = room.reset(seed=episode)
        ended = False
        while not ended:
            seen, reward, _, ended, _ = room.step(model.predict(seen, deterministic=True)[0])
            total += reward
    return total / episodes


def test_a_goal_of_two_tasks_ago_is_reached_again_after_a_few_hundred_steps(tmp_path):
    near, far = (0, 0), (SIZE - 1, SIZE - 1)
    first = made(near, 0)
    first.learn(6000)
    second = made(far, 1)
    rlt.SuccessorFeatures().attach(second, first)
    second.learn(4000)
    assert score(first, near) > 15
    assert score(second, far) > 12
    assert score(second, near) < 0
    rlt.save(second, tmp_path)
    source = rlt.load_agent(tmp_path, device="cpu")
    scores = {}
    for method in (rlt.SuccessorFeatures(), rlt.Finetune(), None):
        model = made(near, 2)
        if method is not None:
            report = method.attach(model, source)
        model.learn(400)
        scores[getattr(method, "registered", "scratch")] = score(model, near)
        if method == rlt.SuccessorFeatures():
            found = report.findings["successor_features"]
            assert found["policies"] == ["own", "source: earlier.0", "source"]
            assert found["policies_chosen"][1] > 0.9
            assert found["reward_explained"] > 0.95
    assert scores["successor_features"] > 15
    assert max(scores["finetune"], scores["scratch"]) < 12
