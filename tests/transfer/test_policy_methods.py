"""What all methods that transfer policies share: observations in parts, normalised ones, the library's own save."""

import numpy as np
import pytest
import torch
from stable_baselines3 import DQN

import rltransfer as rlt
from rltransfer.agents.anatomy import follow
from rltransfer.tasks.family import Context, Randomization

TAUGHT = {"steps": 128, "epochs": 8, "batch_size": 16, "learning_rate": 3e-3}
METHODS = [
    rlt.Kickstarting(strength=1e3, decay="constant", temperature=1.0),
    rlt.Distillation(**TAUGHT, temperature=1.0),
    rlt.BehaviourCloning(**TAUGHT),
    rlt.JumpStart(schedule="linear", horizon=10**6, over=10**9),
]


def named(value):
    return getattr(value, "registered", str(value))


def learned_from(method, model, source):
    """What ``method`` reports after ``model`` has learned for a little."""
    follow(model)
    report = method.attach(model, source)
    model.learn(160)
    return report.findings[method.registered]


def assert_nearer(found):
    pairs = {"divergence_at_first": "divergence_at_last", "loss_at_first": "loss_at_last"}
    (before, after) = next(pair for pair in pairs.items() if pair[0] in found)
    assert found[after] < 0.8 * found[before]


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_observations_in_several_parts_are_read_by_teacher_and_learner(method, tiny, rover, small):
    told = Context(visibility="side", factors=("slip", "speed"))
    drawn = Randomization(factors=("slip", "speed"), split="full")
    source, model = (
        tiny("dqn", rover(randomize=drawn, context=told, seed=seed), trunk=small, seed=seed) for seed in (7, 1)
    )
    with torch.no_grad():
        source.q_net.q_net[-1].weight *= 10
    found = learned_from(method, model, source)
    if method.registered == "jump_start":
        buffer = model.replay_buffer
        seen = {key: part[: buffer.pos].reshape(-1, *part.shape[2:]) for key, part in buffer.observations.items()}
        taken = buffer.actions[: buffer.pos].ravel()
        assert (taken == source.predict(seen, deterministic=True)[0]).all()
    else:
        assert_nearer(found)


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_normalised_observations_are_on_each_policys_own_scale(method, tiny, cartpole):
    source = tiny("dqn", cartpole(seed=3), normalize="observations", seed=7)
    source.learn(256)
    with torch.no_grad():
        source.q_net.q_net[-1].bias.zero_()
    model = tiny("dqn", cartpole(), normalize="observations", learning_rate=5e-3)
    scales = source.get_vec_normalize_env().obs_rms
    kept = scales.mean.copy(), scales.var.copy()
    found = learned_from(method, model, source)
    if method.registered == "jump_start":
        buffer = model.replay_buffer
        raw = buffer.observations[: buffer.pos].reshape(-1, 4)
        scales.mean, scales.var = kept
        expected, _ = source.predict(source.get_vec_normalize_env().normalize_obs(raw), deterministic=True)
        assert (buffer.actions[: buffer.pos].ravel() == expected).mean() > 0.98  # but where two are as good
        assert not np.allclose(model.get_vec_normalize_env().obs_rms.mean, kept[0], rtol=0.05)
    else:
        assert_nearer(found)


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_stable_baselines3s_own_save_knows_nothing_of_the_source(method, tiny, cartpole, tmp_path):
    model, source = tiny("dqn", cartpole()), tiny("dqn", cartpole(seed=3), seed=7)
    learned_from(method, model, source)
    model.save(tmp_path / "model.zip")
    loaded = DQN.load(tmp_path / "model.zip", device="cpu")
    ours, theirs = model.policy.state_dict(), loaded.policy.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert not {"guidance", "source", "partner"} & vars(loaded).keys()
