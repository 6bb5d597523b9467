"""The diagonal Fisher information against derivatives of every output by itself, for every algorithm."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.agents.rollouts import play
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer.mechanisms.fisher import diagonal_fisher
from rltransfer.trunks.specs import MLP

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
DRAWN = {"ppo", "a2c", "trpo", "recurrent_ppo", "sac", "tqc", "crossq", "qr_dqn"}
"""Where the outputs of some network are drawn, so that the estimate meets its expectation only roughly."""


@pytest.fixture
def learner(tiny):
    """A tiny agent of CartPole or Pendulum whose outputs differ much from state to state."""

    def make(algorithm):
        env = rlt.make_env({"id": "Pendulum-v1" if algorithm in CONTINUOUS else "CartPole-v1"}, num_envs=4, seed=1)
        quantiles = {"n_quantiles": 3} if algorithm in ("tqc", "qr_dqn") else {}
        quantiles |= {"top_quantiles_to_drop_per_net": 0} if algorithm == "tqc" else {}
        model = tiny(algorithm, env, trunk=MLP(widths=(8, 6)), **quantiles)
        with torch.no_grad():
            for parameter in model.policy.parameters():
                parameter.mul_(1.5)
        model.policy.set_training_mode(False)
        return model

    return make


def said(model, observation, action, memory):
    """[(outputs (K,), their Fisher information (K, K))]: what each network says and how sharply it is read."""
    policy = model.policy
    if hasattr(policy, "q_net"):
        return [(policy.q_net(observation)[0, [int(action)]], torch.eye(1))]
    if hasattr(policy, "quantile_net"):
        quantiles = policy.quantile_net(observation)[0, :, int(action)]
        return [(quantiles, torch.eye(len(quantiles)) / len(quantiles))]
    if hasattr(policy, "value_net"):
        latent = policy.extract_features(observation)
        ours, theirs = latent, latent
        if memory is not None:
            outputs, memory["pi"] = policy.lstm_actor(latent[None], memory.get("pi"))
            values, memory["vf"] = policy.lstm_critic(latent[None], memory.get("vf"))
            ours, theirs = outputs[0], values[0]
        chances = policy.action_net(ours)[0].softmax(-1).detach()
        information = chances.diag() - torch.outer(chances, chances)
        return [(policy.action_net(ours)[0], information), (policy.value_net(theirs)[0], torch.eye(1))]
    actor, features = policy.actor, policy.actor.extract_features(observation, policy.actor.features_extractor)
    played = torch.as_tensor(policy.scale_action(action)[None])
    critics = policy.critic(observation, played)
    critics = [c[0] for c in (critics.unbind(1) if isinstance(critics, torch.Tensor) else critics)]
    pairs = [(c, torch.eye(len(c)) / len(c)) for c in critics]
    if not hasattr(actor, "latent_pi"):
        return [(actor.mu(features)[0], torch.eye(1)), *pairs]
    hidden = actor.latent_pi(features)
    mean, deviation = actor.mu(hidden)[0], actor.log_std(hidden)[0]
    sharp = torch.cat([(-2 * deviation).exp(), torch.full_like(deviation, 2.0)]).detach()
    return [(torch.cat([mean, deviation]), sharp.diag()), *pairs]


def directly(model, rollout):
    """The expected Fisher information: sum over outputs k and l of J_k I_kl J_l, step by step."""
    parts = {n: p for n, p in named_parts(model).items() if "target" not in n}
    totals = {name: torch.zeros_like(p) for name, p in parts.items()}
    memory = {} if hasattr(model.policy, "lstm_actor") else None
    for step in range(len(rollout)):
        if memory is not None and (step % (len(rollout) // 4) == 0 or rollout.ended[step - 1]):
            memory = {}
        if memory is not None:
            memory = {key: tuple(part.detach() for part in pair) for key, pair in memory.items()}
        observation = torch.as_tensor(rollout.observations[step : step + 1], dtype=torch.float32)
        for outputs, information in said(model, observation, rollout.actions[step], memory):
            rows = [torch.autograd.grad(o, list(parts.values()), retain_graph=True, allow_unused=True) for o in outputs]
            for number, name in enumerate(parts):
                if rows[0][number] is not None:
                    jacobian = torch.stack([row[number] for row in rows])
                    totals[name] += torch.einsum("k...,kl,l...->...", jacobian, information, jacobian) / len(rollout)
    return totals


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"classifier"}))
def test_it_is_what_derivatives_of_every_output_come_to(algorithm, learner):
    model = learner(algorithm)
    rollout = play(model, 200)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    found, expected = diagonal_fisher(model, rollout), directly(model, rollout)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002
    assert set(found) == set(expected)
    for name, fisher in found.items():
        if algorithm in DRAWN and not (name.startswith(("value_net", "critic.")) and algorithm != "tqc"):
            assert float(fisher.sum()) == pytest.approx(float(expected[name].sum()), rel=0.4), name
        else:
            torch.testing.assert_close(fisher, expected[name], rtol=1e-3, atol=1e-7, msg=name)
    assert any(float(fisher.sum()) > 0 for name, fisher in found.items() if name.startswith("trunk."))


def test_from_pixels_it_is_the_mean_of_squared_derivatives_for_the_draws_taken(tiny, monkeypatch):
    model = tiny("ppo")
    model.policy.set_training_mode(False)
    rollout, drawn, forward = play(model, 24), [], model.policy.forward
    monkeypatch.setattr(model.policy, "forward", lambda *a: (given := forward(*a), drawn.append(int(given[0])))[0])
    found = diagonal_fisher(model, rollout)
    parts = named_parts(model)
    for name in ("trunk.conv1.0.weight", "trunk.fc.1.bias", "action_net.weight", "value_net.bias"):
        expected = torch.zeros_like(parts[name])
        for frame, action in zip(rollout.observations, drawn, strict=True):
            features = model.policy.extract_features(torch.as_tensor(frame[None]))
            likelihood = model.policy.action_net(features).log_softmax(-1)[0, action]
            for said in (likelihood, model.policy.value_net(features).sum()):
                gradient = torch.autograd.grad(said, parts[name], retain_graph=True, allow_unused=True)[0]
                expected += 0 if gradient is None else gradient**2 / len(drawn)
        torch.testing.assert_close(found[name], expected, rtol=1e-3, atol=1e-8, msg=name)
    assert len(set(drawn)) > 1


def test_training_mode_is_left_as_it_was_and_no_gradient_stays(tiny):
    model = tiny("dqn")
    rollout = play(model, 4)
    model.policy.set_training_mode(True)
    diagonal_fisher(model, rollout)
    assert model.policy.training
    assert all(parameter.grad is None for parameter in model.policy.parameters())
