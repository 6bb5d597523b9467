"""A target without labels: the source's are learned from, while features of both are made alike."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts
from rltransfer.agents.feature_cache import examples_shown
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.labelled import Classification, Examples
from rltransfer.tasks.making import vec_env
from rltransfer.training.example_evaluation import evaluator_for
from rltransfer.trunks.specs import MLP

CLASSES = ("low", "high")


def domain(name, *, seed, shift=0.0, num=200, classes=CLASSES):
    """Two numbers tell the class alike; in a shifted domain the second stands ``shift`` higher for both classes."""
    parts = []
    for draws in np.random.default_rng(seed).spawn(2):
        labels = draws.integers(0, 2, num)
        inputs = (2 * labels - 1)[:, None] + draws.normal(size=(num, 2)) * 0.5
        inputs[:, 1] += shift
        parts.append(Examples(inputs=inputs.astype(np.float32), labels=labels, classes=classes))
    return Classification(name, train=parts[0], test=parts[1])


def learner(data, *, seed, num_envs=20):
    env = vec_env(data.task(), num_envs=num_envs)
    trunk = MLP(precision="float32")
    return rlt.make_agent("classifier", env, trunk=trunk, seed=seed, device="cpu", num_envs=num_envs)


def accuracy(model, data):
    return float(evaluator_for(data.task(), episodes=1, seed=0).measure(model).returns.mean())


@pytest.fixture(scope="module")
def taught():
    source = domain("source", seed=1)
    agent = learner(source, seed=7)
    agent.learn(1_000)
    return source, agent


def test_an_unlabelled_target_is_learned_better_than_by_the_source_alone(taught):
    source, agent = taught
    target = domain("target", seed=2, shift=4.0)
    assert accuracy(agent, source) > 0.95
    direct, reached = accuracy(agent, target), {}
    for strength in (0.0, 1.0):
        model = learner(target, seed=3)
        rlt.DomainAdversarial(labels="source", strength=strength).attach(model, agent)
        model.learn(4_000)
        reached[strength] = accuracy(model, target)
    assert direct < 0.75
    assert reached[0.0] < 0.75  # more of the source's examples alone do not help
    assert reached[1.0] > max(direct, reached[0.0]) + 0.15, (direct, reached)


def test_no_label_of_the_target_is_read(taught):
    source, agent = taught
    target = domain("target", seed=2, shift=4.0)
    wrong = Classification(
        "wrong",
        train=Examples(inputs=target.train.inputs, labels=1 - target.train.labels, classes=CLASSES),
        test=target.test,
    )
    models = []
    for data in (target, wrong):
        model = learner(data, seed=3)
        agent.set_env(vec_env(source.task(), num_envs=20, seed=5))
        rlt.DomainAdversarial(labels="source").attach(model, agent)
        assert examples_shown(model.get_env()).examples is source.train
        model.learn(200)
        models.append(named_parts(model))
    assert all(torch.equal(part, models[1][name]) for name, part in models[0].items())


@pytest.mark.parametrize(
    ("options", "told"),
    [({"classes": ("cold", "hot")}, "the target has others"), ({"num_envs": 10}, "Give both the same num_envs")],
)
def test_what_cannot_be_is_told(taught, options, told):
    num_envs = options.pop("num_envs", 20)
    model = learner(domain("target", seed=2, **options), seed=3, num_envs=num_envs)
    with pytest.raises(NotApplicableError, match=told):
        rlt.MMD(labels="source").attach(model, taught[1])
