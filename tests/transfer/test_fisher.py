"""The diagonal Fisher information against derivatives of every output by itself, for every algorithm."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.agents.rollouts import play
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer.mechanisms.fisher import diagonal_fisher
from rltransfer.trunks.specs import MLP

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
TRUNKS = {"vectors": MLP(widths=(8, 6)), "pixels": None}
STEPS = {"vectors": 60, "pixels": 24}


@pytest.fixture
def learner(tiny):
    """A tiny agent of CartPole or Pendulum whose outputs differ much from state to state."""

    def make(algorithm, *, seen="vectors"):
        env = rlt.make_env({"id": "Pendulum-v1" if algorithm in CONTINUOUS else "CartPole-v1"}, num_envs=4, seed=1)
        quantiles = {"n_quantiles": 3} if algorithm in ("tqc", "qr_dqn") else {}
        quantiles |= {"top_quantiles_to_drop_per_net": 0} if algorithm == "tqc" else {}
        model = tiny(algorithm, *([env] if seen == "vectors" else []), trunk=TRUNKS[seen], **quantiles)
        with torch.no_grad():
            for parameter in model.policy.parameters():
                parameter.mul_(1.5)
        model.policy.set_training_mode(False)
        return model

    return make


@pytest.fixture
def draws(monkeypatch):
    """What is drawn from the networks' outputs, in turn: actions, and the sides on which Gaussians' draws lie."""
    drawn = []

    def kept(draw):
        def call(*args, **more):
            given = draw(*args, **more)
            drawn.extend([given] if "generator" not in more else [])  # such are no draws of outputs
            return given

        return call

    for owner, name in ((torch, "multinomial"), (Normal, "sample"), (torch, "randint")):
        monkeypatch.setattr(owner, name, kept(getattr(owner, name)))
    return drawn


def said(model, observation, action, memory, drawn):
    """[(outputs (K,), score (K,), I (K,))]: what each network says, by which a draw's log-likelihood has the derivative
    ``score``, whose expected square is I."""
    policy = model.policy

    def around(outputs):
        sides = 2 * next(drawn).flatten() - 1
        return outputs, sides / len(outputs) ** 0.5, torch.full_like(outputs, 1 / len(outputs))

    if hasattr(policy, "q_net"):
        return [around(policy.q_net(observation)[0, [int(action)]])]
    if hasattr(policy, "quantile_net"):
        return [around(policy.quantile_net(observation)[0, :, int(action)])]
    if hasattr(policy, "value_net"):
        latent = policy.extract_features(observation)
        ours, theirs = latent, latent
        if memory is not None:
            outputs, memory["pi"] = policy.lstm_actor(latent[None], memory.get("pi"))
            values, memory["vf"] = policy.lstm_critic(latent[None], memory.get("vf"))
            ours, theirs = outputs[0], values[0]
        logits = policy.action_net(ours)[0]
        chances = logits.softmax(-1).detach()
        score = torch.nn.functional.one_hot(next(drawn).flatten()[0], len(chances)) - chances
        return [(logits, score, chances * (1 - chances)), around(policy.value_net(theirs)[0])]
    actor, features = policy.actor, policy.actor.extract_features(observation, policy.actor.features_extractor)
    if hasattr(actor, "latent_pi"):
        hidden = actor.latent_pi(features)
        mean, deviation = actor.mu(hidden)[0], actor.log_std(hidden)[0]
        units = ((next(drawn)[0] - mean) / deviation.exp()).detach()
        score = torch.cat([units / deviation.exp(), units**2 - 1]).detach()
        acts = torch.cat([mean, deviation]), score, torch.cat([(-2 * deviation).exp(), torch.full_like(mean, 2.0)])
    else:
        acts = around(actor.mu(features)[0])
    played = torch.as_tensor(policy.scale_action(action)[None])
    critics = policy.critic(observation, played)
    critics = [c[0] for c in (critics.unbind(1) if isinstance(critics, torch.Tensor) else critics)]
    return [acts, *map(around, critics)]


def directly(model, rollout, drawn):
    """({name: mean of squared derivatives for these draws}, [sum of squared scores, what it is expected to be])."""
    parts = {n: p for n, p in named_parts(model).items() if "target" not in n}
    totals = {name: torch.zeros_like(p) for name, p in parts.items()}
    memory = {} if hasattr(model.policy, "lstm_actor") else None
    squares = []
    for step in range(len(rollout)):
        if memory is not None and (step % (len(rollout) // 4) == 0 or rollout.ended[step - 1]):
            memory = {}
        if memory is not None:
            memory = {key: tuple(part.detach() for part in pair) for key, pair in memory.items()}
        observation = model.policy.obs_to_tensor(rollout.observations[step : step + 1])[0]
        for outputs, score, information in said(model, observation, rollout.actions[step], memory, drawn):
            squares.append((float((score**2).sum()), float(information.detach().sum())))
            derivatives = torch.autograd.grad(score @ outputs, [*parts.values()], retain_graph=True, allow_unused=True)
            for name, derivative in zip(parts, derivatives, strict=True):
                totals[name] += 0 if derivative is None else derivative**2 / len(rollout)
    return totals, [sum(column) for column in zip(*squares, strict=True)]


CASES = [*((name, "vectors") for name in sorted(set(ALGORITHMS) - {"classifier"})), ("ppo", "pixels")]


@pytest.mark.parametrize(("algorithm", "seen"), CASES)
def test_it_is_what_derivatives_of_every_output_come_to(algorithm, seen, learner, draws):
    """Number by number, for the draws that were taken; these are as likely as the networks say."""
    model = learner(algorithm, seen=seen)
    rollout = play(model, STEPS[seen])
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    draws.clear()
    found, drawn = diagonal_fisher(model, rollout), iter([*draws])
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002
    expected, (squares, likely) = directly(model, rollout, drawn)
    assert next(drawn, None) is None
    assert set(found) == set(expected)
    for name, fisher in found.items():
        torch.testing.assert_close(fisher, expected[name], rtol=1e-3, atol=1e-7, msg=name)
    assert squares == pytest.approx(likely, rel=0.4)
    assert any(float(fisher.sum()) > 0 for name, fisher in found.items() if name.startswith("trunk."))


def test_training_mode_is_left_as_it_was_and_no_gradient_stays(tiny):
    model = tiny("dqn")
    rollout = play(model, 4)
    model.policy.set_training_mode(True)
    diagonal_fisher(model, rollout)
    assert model.policy.training
    assert all(parameter.grad is None for parameter in model.policy.parameters())
