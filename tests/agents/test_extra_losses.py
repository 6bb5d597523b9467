"""Further losses: their gradient joins the step of the optimizer that moves their parameters, and no other."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.agents.extra_losses import add_loss
from rltransfer.errors import NotApplicableError
from rltransfer.trunks.specs import MLP

ALL = ["ppo", "a2c", "dqn", "sac", "td3", "ddpg", "qr_dqn", "successor_dqn", "tqc", "crossq"]


@pytest.fixture
def learner(tiny):
    """A tiny agent on vectors."""

    def make(algorithm, **options):
        continuous = algorithm in ("sac", "td3", "ddpg", "tqc", "crossq")
        env = rlt.make_env({"id": "Pendulum-v1" if continuous else "CartPole-v1"}, num_envs=4, seed=1)
        return tiny(algorithm, env, trunk=MLP(widths=(8, 6)), **options)

    return make


def acting(model):
    """The trunk's first weight, which an actor or the only network has."""
    return {name: p for name, p in named_parts(model).items() if name == "trunk.fc1.1.weight"}


@pytest.mark.parametrize("algorithm", ALL)
def test_a_strong_loss_draws_its_parameters_and_none_is_the_algorithm_alone(algorithm, learner):
    ends = {}
    for strength in (None, 0, 1e4):
        model = learner(algorithm, gamma=0.9)
        (weight,) = acting(model).values()
        anchor = weight.detach().clone()
        if strength is not None:
            add_loss(
                model,
                lambda _, w=weight, a=anchor, s=strength: s * ((w - a - 0.5) ** 2).sum() if s else None,
                [weight],
                what="a test",
            )
        model.learn(128)
        ends[strength] = float((weight.detach() - anchor).mean())
        untouched = {n: p.detach().clone() for n, p in named_parts(model).items()}
        if strength is None:
            alone = untouched
        if strength == 0:
            assert all(torch.equal(alone[n], p) for n, p in untouched.items())
    assert ends[None] == ends[0]
    assert ends[1e4] > ends[None] + 5e-4  # Adam's steps all go its way


def test_the_loss_is_given_the_minibatch_that_is_learned_from(learner):
    model, seen = learner("ppo", batch_size=16), []
    add_loss(model, lambda batch: seen.append(len(batch.observations)), [*acting(model).values()], what="a test")
    model.learn(64)
    assert seen == [16] * 4


def test_a_loss_of_the_actor_leaves_the_critics_optimizer_alone(learner):
    model, steps = learner("td3"), []
    add_loss(model, lambda batch: steps.append(1), [*acting(model).values()], what="a test")
    model.learn(256)
    assert 0 < len(steps) == model._n_updates // model.policy_delay


@pytest.mark.parametrize(("algorithm", "reason"), [("trpo", "natural gradients"), ("recurrent_ppo", "recurrent")])
def test_where_no_loss_can_be_added_the_reason_is_told(algorithm, reason, learner):
    model = learner(algorithm)
    with pytest.raises(NotApplicableError, match=reason):
        add_loss(model, lambda batch: None, [*acting(model).values()], what="a test loss acts")
