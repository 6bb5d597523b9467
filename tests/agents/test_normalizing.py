"""Running statistics belong to the agent: they are saved with it, carried by every method and used to judge it."""

import json

import numpy as np
import pytest
import torch
from stable_baselines3.common.vec_env import VecNormalize

import rltransfer as rlt
from rltransfer.agents.artifact import save, settings_of
from rltransfer.agents.normalizing import Statistics, normalized_keys, normalizing_env, statistics_of
from rltransfer.errors import ArtifactError, ConfigError, NotApplicableError
from rltransfer.tasks.family import Context
from rltransfer.training import Evaluator
from rltransfer.trunks.specs import MLP

SMALL = MLP(widths=(8, 6))


@pytest.fixture
def normal(tiny, cartpole):
    """An agent that learns from normalised numbers, and has seen some."""

    def make(algorithm="ppo", normalize="both", seed=0, steps=128):
        model = tiny(algorithm, cartpole(seed=seed), trunk=SMALL, seed=seed, normalize=normalize)
        return model.learn(steps) if steps else model

    return make


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("normalize", ["observations", "rewards", "both"])
def test_statistics_come_back_with_the_agent(algorithm, normalize, normal, cartpole, tmp_path):
    model = normal(algorithm, normalize)
    env = model.get_vec_normalize_env()
    assert (env.norm_obs, env.norm_reward, env.gamma) == (normalize != "rewards", normalize != "observations", 0.99)
    save(model, tmp_path)
    assert settings_of(model).normalize == normalize
    again = rlt.load_agent(tmp_path, env=cartpole(seed=5), device="cpu")
    restored = again.get_vec_normalize_env()
    for name in ("mean", "var", "count"):
        if env.norm_obs:
            np.testing.assert_array_equal(getattr(restored.obs_rms, name), getattr(env.obs_rms, name))
        if env.norm_reward:
            np.testing.assert_array_equal(getattr(restored.ret_rms, name), getattr(env.ret_rms, name))
    again.learn(64)
    alone = rlt.load_agent(tmp_path, device="cpu")
    assert statistics_of(alone).normalized == normalize


def test_raw_observations_are_scaled_as_vec_normalize_does(normal, cartpole):
    model = normal()
    env, raw = model.get_vec_normalize_env(), cartpole(seed=9).reset()
    np.testing.assert_allclose(statistics_of(model).applied(raw), env.normalize_obs(raw), rtol=1e-6)
    assert not np.allclose(env.normalize_obs(raw), raw, atol=0.1)


def test_an_agent_is_judged_on_what_it_learned_on_and_its_statistics_rest(normal, tmp_path, monkeypatch):
    """The same figures from the agent itself, and from its file without an environment."""
    model = normal()
    told, predict = [], model.predict
    monkeypatch.setattr(model, "predict", lambda seen, *rest, **more: told.append(seen) or predict(seen, *rest, **more))
    before = statistics_of(model).as_tensors()
    evaluator = Evaluator(rlt.make_env({"id": "CartPole-v1"}).task, episodes=8, seed=3)
    measured = evaluator.measure(model).returns
    save(model, tmp_path)
    alone = rlt.load_agent(tmp_path, device="cpu")
    np.testing.assert_array_equal(evaluator.measure(alone).returns, measured)
    after = statistics_of(model).as_tensors()
    assert all(torch.equal(before[name], after[name]) for name in before)
    first = rlt.make_env({"id": "CartPole-v1"}, num_envs=8, seed=3).reset()
    np.testing.assert_allclose(told[0], model.get_vec_normalize_env().normalize_obs(first), rtol=1e-6)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_the_target_goes_on_from_a_copy_of_the_sources_statistics_and_says_so(algorithm, normal):
    source, model = normal(algorithm, seed=7), normal(algorithm, steps=0)
    report = rlt.Finetune().attach(model, source)
    ours, theirs = (m.get_vec_normalize_env() for m in (model, source))
    np.testing.assert_array_equal(ours.obs_rms.mean, theirs.obs_rms.mean)
    assert ours.obs_rms.count == theirs.obs_rms.count > 100
    assert ours.obs_rms.mean is not theirs.obs_rms.mean
    assert "go on from the source's" in str(report)
    assert "go on" in report.as_json()["statistics"]


def test_a_source_that_is_played_beforehand_keeps_its_statistics(normal):
    source, model = normal(seed=7), normal(steps=0)
    before = statistics_of(source).as_tensors()
    rlt.EWC(steps=64).attach(model, source)
    after = statistics_of(source).as_tensors()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert source.get_vec_normalize_env().training


def test_scratch_begins_with_statistics_of_its_own(normal):
    assert normal(steps=0).get_vec_normalize_env().obs_rms.count < 1


@pytest.mark.parametrize(("ours", "theirs"), [("none", "both"), ("observations", "rewards")])
def test_normalised_and_raw_observations_are_not_mixed(ours, theirs, normal):
    with pytest.raises(NotApplicableError, match="Give both agents the same 'normalize'"):
        rlt.Finetune().attach(normal(normalize=ours, steps=0), normal(normalize=theirs, seed=7))


def test_statistics_of_other_observations_begin_anew_and_it_is_said(normal, tiny):
    other = tiny("ppo", rlt.make_env({"id": "Acrobot-v1"}, num_envs=4), trunk=SMALL, normalize="observations")
    source = normal(normalize="observations", seed=7)
    report = rlt.Finetune().attach(other, source)
    assert report.statistics == "begin anew: the observations differ"


def test_pictures_are_left_to_the_trunk_and_what_stands_beside_them_is_not(rover):
    told = rover(context=Context(visibility="side", factors=("slip", "speed")))
    assert normalized_keys(told.observation_space) == ["context"]
    wrapped = normalizing_env(told, "observations", gamma=0.9)
    assert wrapped.reset()["observation"].dtype == np.uint8
    with pytest.raises(ConfigError, match="trunks scale pictures themselves"):
        normalizing_env(rover(), "both", gamma=0.9)
    assert isinstance(normalizing_env(rover(), "rewards", gamma=0.9), VecNormalize)


def test_features_are_cached_under_normalised_rewards(tiny, rover):
    model, source = (tiny("ppo", rover(), seed=seed, normalize="rewards") for seed in (0, 7))
    rlt.Frozen().attach(model, source)
    model.learn(128)
    assert model.rollout_buffer.observations.shape[-1] == 32
    assert model.get_vec_normalize_env().ret_rms.count > 100


def test_a_damaged_record_is_refused(normal, tmp_path):
    save(normal(), tmp_path)
    record = json.loads((tmp_path / "agent.json").read_text())
    for odd in (
        3,
        {"parts": ["nothing"]},
        {**record["statistics"], "clip": []},
        {**record["statistics"], "whole": 0, "parts": 5},
    ):
        (tmp_path / "agent.json").write_text(json.dumps({**record, "statistics": odd}))
        with pytest.raises(ArtifactError, match="not the record of statistics"):
            rlt.load_agent(tmp_path, device="cpu")


def test_moments_that_are_not_numbers_are_refused():
    record = {"parts": ["reward"], "whole": True, "clip": [10, 10], "epsilon": 1e-8}
    tensors = {f"statistics.reward.{part}": torch.tensor(float("nan")) for part in ("mean", "var", "count")}
    with pytest.raises(ArtifactError, match="moments of reward"):
        Statistics.restored(record, tensors)
