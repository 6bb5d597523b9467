"""Fine-tuning: scales on the learning rate that hold where Stable-Baselines3 sets one rate for all."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, stage_of
from rltransfer.agents.optimizing import SCALE

RATE = 1e-3
ONE_UPDATE = {
    "ppo": ({"n_steps": 16, "batch_size": 64, "n_epochs": 1}, 64),
    "dqn": ({"learning_starts": 15, "train_freq": 4, "gradient_steps": 1, "batch_size": 16}, 16),
}
"""Hyperparameters, and the environment steps in which they come to exactly one step of the optimizer."""
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


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_scales_outlive_the_rate_that_stable_baselines_sets_for_all(algorithm, pair, snapshot):
    model, source = pair(algorithm, learning_rate=RATE)
    rlt.Finetune(learning_rate_scale="lecture").attach(model, source)
    optimizer, before = model.policy.optimizer, snapshot(model)
    model.lr_schedule = lambda _: 2e-3
    model._logger = type("Silent", (), {"record": lambda *_: None})()
    model._update_learning_rate(optimizer)
    for name, parameter in named_parts(model).items():
        if "target" not in name:
            parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    for name, moved in displacements(model, before).items():
        assert moved == pytest.approx(2e-3 * LECTURE[stage_of(name, model)], rel=0.01), name
    assert {group["lr"] for group in optimizer.param_groups} == {2e-3}, "the rate must stand as it was set"


def test_lecture_is_a_tenth_for_the_last_stage_and_a_hundredth_before():
    scales = rlt.Finetune(learning_rate_scale="lecture").rates(("block1", "block2", "fc"))
    assert scales == {"block1": 0.01, "block2": 0.01, "fc": 0.1, "heads": 1.0}
    assert rlt.Finetune().rates(("block1", "fc")) == {"block1": 1.0, "fc": 1.0, "heads": 1.0}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_scale_zero_holds_the_whole_trunk_bit_for_bit_while_the_heads_learn(algorithm, pair, snapshot):
    model, source = pair(algorithm)
    rlt.Finetune(learning_rate_scale=0.0).attach(model, source)
    before = snapshot(model)
    model.learn(256)
    after = named_parts(model)
    assert all(torch.equal(after[n], before[n]) for n in before if n.startswith("trunk."))
    assert not any(
        torch.equal(after[n], before[n]) for n in before if n in ("action_net.weight", "q_net.q_net.0.weight")
    )


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_every_parameter_that_learns_is_in_one_group_and_none_is_lost(algorithm, pair):
    model, source = pair(algorithm)
    rlt.Finetune(learning_rate_scale="lecture").attach(model, source)
    grouped = [p for group in model.policy.optimizer.param_groups for p in group["params"]]
    online = [p for n, p in named_parts(model).items() if "target" not in n]
    assert {id(p) for p in grouped} == {id(p) for p in online}
    assert len(grouped) == len(online)
    assert sorted(group[SCALE] for group in model.policy.optimizer.param_groups) == [0.01, 0.1, 1.0]


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
