"""Successor features: generalised policy improvement held to its theorems, the regression of rewards, the loss."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.artifact import settings_of
from rltransfer.agents.reward_regression import RewardRegression
from rltransfer.agents.sb3_export import to_sb3
from rltransfer.agents.successor_policy import improved
from rltransfer.errors import ArtifactError
from rltransfer.trunks.specs import MLP

STATES, ACTIONS, FEATURES, GAMMA = 14, 4, 3, 0.9


class Tabular:
    """A random Markov decision process whose reward is linear in known features, solved exactly in float64."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        chances = rng.dirichlet(0.2 * np.ones(STATES), size=(STATES, ACTIONS))
        features = rng.uniform(-1, 1, size=(STATES, ACTIONS, STATES, FEATURES))
        self.chances, self.phi = chances, (chances[..., None] * features).sum(2)  # of a state and action, on average
        self.tasks = rng.normal(size=(3, FEATURES))
        self.new = rng.normal(size=FEATURES)
        self.rng = rng

    def solved(self, w):
        """(states, actions) by value iteration."""
        q = np.zeros((STATES, ACTIONS))
        for _ in range(1000):
            q = self.phi @ w + GAMMA * self.chances @ q.max(1)
        return q

    def successors(self, policy):
        """(states, actions, features) of a policy (states,), from the linear equations that they satisfy."""
        onwards = self.chances[:, :, :, None] * np.eye(ACTIONS)[policy][None, None]
        onwards = onwards.reshape(STATES * ACTIONS, STATES * ACTIONS)
        solved = np.linalg.solve(np.eye(STATES * ACTIONS) - GAMMA * onwards, self.phi.reshape(-1, FEATURES))
        return solved.reshape(STATES, ACTIONS, FEATURES)

    def worth(self, policy, w):
        """(states, actions) of a policy, by evaluating it anew until nothing changes."""
        q = np.zeros((STATES, ACTIONS))
        for _ in range(1000):
            q = self.phi @ w + GAMMA * self.chances @ q[np.arange(STATES), policy]
        return q

    def policies(self):
        return [self.solved(w).argmax(1) for w in self.tasks]

    def chosen(self, successors, w):
        """The policy that generalised policy improvement gives, by the function that agents use."""
        judged = np.stack(successors, axis=1)  # (states, policies, actions, features)
        return improved(torch.as_tensor(judged), torch.as_tensor(w)).argmax(1).numpy()


@pytest.mark.parametrize("seed", range(8))
def test_the_improved_policy_is_nowhere_worse_than_any_source_policy(seed):
    """Theorem 1 of Barreto et al. 2017 without error."""
    world = Tabular(seed)
    policies = world.policies()
    psi = [world.successors(policy) for policy in policies]
    values = np.stack([world.worth(policy, world.new) for policy in policies])
    np.testing.assert_allclose(np.stack(psi) @ world.new, values, atol=1e-8)  # eq. 3: psi . w is the policy's worth
    ours = world.worth(world.chosen(psi, world.new), world.new)
    assert (ours >= values.max(0) - 1e-9).all()


def test_the_improved_policy_is_better_than_the_best_of_them_in_most_worlds():
    better = 0
    for seed in range(8):
        world = Tabular(seed)
        psi = [world.successors(policy) for policy in world.policies()]
        ours = world.worth(world.chosen(psi, world.new), world.new)
        better += bool((ours > (np.stack(psi) @ world.new).max(0) + 1e-3).any())
    assert better >= 5


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("size", [0.05, 0.5])
def test_the_improved_policy_keeps_to_theorem_1_where_successor_features_err(seed, size):
    world = Tabular(seed)
    policies = world.policies()
    values = np.stack([world.worth(policy, world.new) for policy in policies])
    rough = [psi + world.rng.uniform(-size, size, psi.shape) for psi in map(world.successors, policies)]
    error = np.abs(np.stack(rough) @ world.new - values).max()
    ours = world.worth(world.chosen(rough, world.new), world.new)
    assert (ours >= values.max(0) - 2 * error / (1 - GAMMA)).all()


@pytest.mark.parametrize("seed", range(8))
def test_the_improved_policy_is_as_near_the_optimum_as_theorem_2_says(seed):
    world = Tabular(seed)
    near = world.tasks[1] + 0.05 * world.new
    psi = [world.successors(policy) for policy in world.policies()]
    lost = world.solved(near) - world.worth(world.chosen(psi, near), near)
    longest = np.linalg.norm(world.phi, axis=-1).max()
    nearest = min(np.linalg.norm(near - w) for w in world.tasks)
    assert lost.max() <= 2 / (1 - GAMMA) * longest * nearest
    assert lost.min() > -1e-9


def test_of_one_source_and_its_own_reward_the_improved_policy_is_the_sources():
    world = Tabular(0)
    policy = world.policies()[0]
    assert (world.chosen([world.successors(policy)], world.tasks[0]) == policy).all()


def observed(*, count=200, features=5, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    phi = rng.normal(size=(count, features))
    return phi, phi @ rng.normal(size=features) + noise * rng.normal(size=count)


@pytest.mark.parametrize("ridge", [1e-6, 1.0, 100.0])
def test_weights_are_the_ridge_regression_drawn_towards_the_earlier_ones(ridge):
    """Against the augmented least-squares problem: sqrt(ridge) rows that ask for the prior."""
    phi, rewards = observed()
    prior = np.arange(5.0)
    regression = RewardRegression(5)
    regression.begin(torch.as_tensor(prior), ridge)
    for part in range(0, 200, 40):
        regression.add(torch.as_tensor(phi[part : part + 40]), torch.as_tensor(rewards[part : part + 40, None]))
    rows = np.concatenate([phi, ridge**0.5 * np.eye(5)])
    expected = np.linalg.lstsq(rows, np.concatenate([rewards, ridge**0.5 * prior]), rcond=None)[0]
    np.testing.assert_allclose(regression.weights(), expected, rtol=1e-8)
    missed = rewards - phi @ expected
    assert regression.explained() == pytest.approx(1 - missed @ missed / ((rewards - rewards.mean()) ** 2).sum())


def test_without_data_or_with_rewards_that_the_prior_explains_weights_stay():
    phi, _ = observed()
    prior = torch.arange(5.0)
    regression = RewardRegression(5)
    regression.begin(prior, 1.0)
    assert torch.equal(regression.weights(), prior.double())
    assert regression.explained() is None
    regression.add(torch.as_tensor(phi), torch.as_tensor(phi @ prior.double().numpy()))
    np.testing.assert_allclose(regression.weights(), prior, atol=1e-9)
    assert regression.explained() == pytest.approx(1)


def one_minibatch(model):
    """What the agent would learn from next, kept, so that it is given again."""
    data = model.replay_buffer.sample(16)
    model.replay_buffer.sample = lambda *_, **__: data
    return data


def test_the_loss_is_that_of_each_feature_and_of_the_reward(tiny):
    """Written out once more, one transition at a time."""
    model = tiny("successor_dqn", num_features=3, learning_rate=1e-6)
    model.learn(64)
    data = one_minibatch(model)
    net, target = model.q_net, model.q_net_target
    with torch.no_grad():
        now, later = net.encoded(data.observations), net.encoded(data.next_observations)
        lagging = target.encoded(data.next_observations)
        total = 0.0
        for i in range(16):
            phi = torch.cat([torch.tanh(net.phi.linear(torch.cat([now[i], later[i]]))), torch.ones(1)])
            ahead = target.q_net(lagging[i]).reshape(3, 4).T
            best = (ahead @ net.reward).argmax()
            goal = phi + model.gamma * ahead[best] * (1 - data.dones[i])
            psi = net.q_net(now[i]).reshape(3, 4).T[int(data.actions[i])]
            total += torch.nn.functional.smooth_l1_loss(psi, goal) / 16
            total += (phi @ net.reward - data.rewards[i]).square().item() / 16
        torch.testing.assert_close(model._loss(data), total, rtol=1e-4, atol=1e-6)


def test_features_of_transitions_are_the_trunks_of_both_observations_at_length_1_or_learned_from_them(tiny):
    now, later = torch.rand(5, 32), torch.rand(5, 32)
    model = tiny("successor_dqn")
    scaled = [seen / seen.square().sum(1, keepdim=True).sqrt() for seen in (now, later)]
    torch.testing.assert_close(model.q_net.phi(now, later), torch.cat([*scaled, torch.ones(5, 1)], 1))
    assert model.q_net.own(now).shape == (5, 4, 65)
    fewer = tiny("successor_dqn", num_features=9).q_net
    assert fewer.phi(now, later).shape == (5, 9)
    assert not torch.allclose(fewer.phi(now, later), fewer.phi(later, now))


def test_the_reward_moves_features_and_weights_and_the_successors_do_not_move_their_goal(tiny):
    model = tiny("successor_dqn", num_features=3)
    model.learn(64)
    model._loss(one_minibatch(model)).backward()
    moved = {name for name, p in model.policy.named_parameters() if p.grad is not None and p.grad.abs().max() > 0}
    assert {"q_net.phi.linear.weight", "q_net.reward", "q_net.q_net.0.weight"} <= moved
    assert any(name.startswith("q_net.features_extractor") for name in moved)
    assert not any("target" in name for name in moved)


def test_an_action_mapping_finds_the_successors_of_each_action(tiny, cartpole):
    """A head's rows are laid out as its quantiles are in QR-DQN: each feature, of all actions."""
    trunk = MLP(widths=(6,))
    source, model = (tiny("successor_dqn", cartpole(), seed=seed, trunk=trunk) for seed in (0, 7))
    rlt.Mapped(actions={0: 1, 1: 0}).attach(model, source)
    seen = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.q_net(seen), source.q_net(seen)[:, [1, 0]])


def test_it_is_not_exported_to_stable_baselines_which_could_not_open_it(tiny, tmp_path):
    with pytest.raises(ArtifactError, match="successor_dqn is an algorithm of rltransfer's own"):
        to_sb3(tiny("successor_dqn"), tmp_path / "agent.zip")
    assert not list(tmp_path.iterdir())


def test_an_agent_is_what_it_says_and_no_dqn(tiny, tmp_path, frames):
    model, plain = tiny("successor_dqn", num_features=5, net_arch=(6,)), tiny("dqn")
    assert settings_of(model).name == "successor_dqn"
    assert settings_of(plain).name == "dqn"
    assert settings_of(model).num_features == 5
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    assert loaded.q_net.q_net[-1].out_features == 4 * 5
    actions = [m.predict(frames, deterministic=True)[0].tolist() for m in (model, loaded)]
    assert actions[0] == actions[1]
