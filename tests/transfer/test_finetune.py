"""Fine-tuning: scales on the learning rate that hold where Stable-Baselines3 sets one rate for all."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import learned_parts, named_parts, optimizers, stage_of
from rltransfer.agents.optimizing import SCALE
from rltransfer.registry import ALGORITHMS

RATE = 1e-3
ONE_UPDATE = {
    "ppo": ({"n_steps": 16, "batch_size": 64, "n_epochs": 1}, 64),
    "dqn": ({"learning_starts": 15, "train_freq": 4, "gradient_steps": 1, "batch_size": 16}, 16),
}
"""Hyperparameters, and the environment steps in which they come to exactly one step of the optimizer."""
SCALED = [a for a in ALGORITHMS if rlt.Finetune(learning_rate_scale=0.5).refusal(ALGORITHMS.get(a)) is None]
LECTURE = {"conv1": 0.01, "conv2": 0.01, "conv3": 0.01, "fc": 0.1, "heads": 1.0}


def displacements(model, before):
    """The farthest that any number of each online parameter moved."""
    parts = named_parts(model).items()
    return {n: float((p.detach() - before[n]).abs().max()) for n, p in parts if "target" not in n}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize(
    ("scale", "by_stage"),
    [
        ("lecture", LECTURE),
        (0.5, {**dict.fromkeys(["conv1", "conv2", "conv3", "fc"], 0.5), "heads": 1.0}),
        ({"conv2": 0.0, "fc": 3.0, "heads": 0.2}, {"conv1": 1.0, "conv2": 0.0, "conv3": 1.0, "fc": 3.0, "heads": 0.2}),
    ],
    ids=["lecture", "half", "by-stage"],
)
def test_the_first_step_of_adam_is_the_rate_times_the_scale(algorithm, scale, by_stage, pair, snapshot):
    """Adam's first step is rate * g / (|g| + eps): the rate itself, wherever the gradient is not tiny."""
    options, steps = ONE_UPDATE[algorithm]
    model, source = pair(algorithm, robots=("omni", "differential"), learning_rate=RATE, **options)
    rlt.Finetune(learning_rate_scale=scale).attach(model, source)
    before = snapshot(model)
    model.learn(steps)
    for name, moved in displacements(model, before).items():
        expected = RATE * by_stage[stage_of(name, model)]
        assert moved == pytest.approx(expected, rel=0.02), name
        if expected == 0:
            assert torch.equal(named_parts(model)[name], before[name])


@pytest.mark.parametrize("algorithm", SCALED)
def test_scales_outlive_the_rate_that_stable_baselines_sets_for_all(algorithm, vectors, snapshot):
    """In each optimizer the first step of every parameter is in proportion to its stage's scale."""
    scales = {"fc1": 0.1, "fc2": 3.0, "heads": 1.0}
    model, source = vectors(algorithm)
    rlt.Finetune(learning_rate_scale=scales).attach(model, source)
    before, rate = snapshot(model), 2e-3
    model.lr_schedule = lambda _: rate
    model._logger = type("Silent", (), {"record": lambda *_: None})()
    found = [optimizer for _, _, optimizer in optimizers(model)]
    model._update_learning_rate(found)
    for name, parameter in named_parts(model).items():
        if name in learned_parts(model):
            parameter.grad = torch.ones_like(parameter)
    for optimizer in found:
        optimizer.step()
        assert {group["lr"] for group in optimizer.param_groups} == {rate}, "the rate must stand as it was set"
    moved = displacements(model, before)
    unit = max(distance for name, distance in moved.items() if stage_of(name, model) == "heads")
    assert unit > rate / 2
    for name, distance in moved.items():
        assert distance == pytest.approx(unit * scales.get(stage_of(name, model), 1.0), rel=0.02), name


def test_lecture_is_a_tenth_for_the_last_stage_and_a_hundredth_before():
    scales = rlt.Finetune(learning_rate_scale="lecture").rates(("block1", "block2", "fc"))
    assert scales == {"block1": 0.01, "block2": 0.01, "fc": 0.1, "heads": 1.0}
    assert rlt.Finetune().rates(("block1", "fc")) == {"block1": 1.0, "fc": 1.0, "heads": 1.0}


@pytest.mark.parametrize("algorithm", SCALED)
def test_scale_zero_holds_a_stage_bit_for_bit_while_the_others_learn(algorithm, vectors, snapshot):
    model, source = vectors(algorithm)
    rlt.Finetune(learning_rate_scale={"fc1": 0.0}).attach(model, source)
    before = snapshot(model)
    model.learn(128)
    after = named_parts(model)
    stages = {name: stage_of(name, model) for name in learned_parts(model)}
    for name, stage in stages.items():
        assert torch.equal(after[name], before[name]) == (stage == "fc1"), name


@pytest.mark.parametrize("algorithm", SCALED)
def test_every_parameter_that_learns_is_in_one_group_and_none_is_lost(algorithm, vectors):
    model, source = vectors(algorithm)
    rlt.Finetune(learning_rate_scale="lecture").attach(model, source)
    found = [optimizer for _, _, optimizer in optimizers(model)]
    grouped = [p for optimizer in found for group in optimizer.param_groups for p in group["params"]]
    online = [p for name, p in named_parts(model).items() if "target" not in name]
    assert {id(p) for p in grouped} == {id(p) for p in online}
    assert len(grouped) == len(online)
    scales = {group.get(SCALE, 1.0) for optimizer in found for group in optimizer.param_groups}
    assert scales == {0.01, 0.1, 1.0}  # fc1, fc2, heads


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.AdamW, torch.optim.SGD, torch.optim.RMSprop])
def test_the_optimizer_keeps_its_kind_and_its_settings(kind, tiny, pair, small):
    from stable_baselines3 import PPO

    from rltransfer_envs.rover.env import RoverEnv

    options = {"optimizer_class": kind, "optimizer_kwargs": {"weight_decay": 0.003}}
    model = PPO("CnnPolicy", RoverEnv(), n_steps=16, batch_size=16, policy_kwargs=options, device="cpu")
    source = tiny("ppo", trunk=small.model_copy(update={"features": 512}))
    rlt.Finetune(learning_rate_scale="lecture").attach(model, source)
    assert type(model.policy.optimizer) is kind
    assert {group["weight_decay"] for group in model.policy.optimizer.param_groups} == {0.003}
    model.learn(16)
