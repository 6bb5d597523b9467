"""Jump-start: the guide acts first, in the environments that the learner learns in, and ever less."""

import math

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import follow
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer import Compose
from rltransfer.transfer.mechanisms.guiding import GuideHorizon

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]


def horizon(**changes):
    settings = {"schedule": "curriculum", "longest": 100, "stages": 4, "window": 2, "tolerance": 0.1, "over": 1000}
    return GuideHorizon(**{**settings, **changes}, generator=torch.Generator().manual_seed(0))


def stored(model):
    """Actions of the replay buffer by copy, and the steps within their episodes: both (steps, copies)."""
    buffer = model.replay_buffer
    actions, ends = buffer.actions[: buffer.pos], buffer.dones[: buffer.pos]
    steps = np.zeros(ends.shape, dtype=int)
    for t in range(1, len(ends)):
        steps[t] = np.where(ends[t - 1], 0, steps[t - 1] + 1)
    return actions, steps


@pytest.mark.parametrize("algorithm", ["dqn", "qr_dqn"])
def test_the_guide_takes_the_first_steps_of_every_episode_and_none_after_them(algorithm, tiny, cartpole):
    source, model = tiny("ppo", cartpole(), seed=7), tiny(algorithm, cartpole(), exploration_fraction=1.0)
    follow(model)
    with torch.no_grad():
        source.policy.action_net.bias += torch.tensor([0.0, 50.0])  # it always pushes to the right
    report = rlt.JumpStart(schedule="linear", horizon=6, over=10**9).attach(model, source)
    model.learn(400)
    actions, steps = stored(model)
    assert (actions[steps < 6] == 1).all()
    assert (steps < 6).sum() > 50
    assert 0.2 < (actions[steps >= 6] == 0).mean() < 0.8
    found = report.findings["jump_start"]
    assert (found["horizon"], found["guided_steps"]) == (6, (steps < 6).sum())


@pytest.mark.parametrize("algorithm", ["dqn", "qr_dqn", "successor_dqn", *CONTINUOUS])
def test_what_the_guide_did_is_what_the_buffer_holds_and_predict_is_the_learner_alone(algorithm, vectors):
    model, source = vectors(algorithm)
    frames = source.get_env().reset()
    alone = model.policy.predict(frames, deterministic=True)[0]
    rlt.JumpStart(schedule="linear", horizon=1000, over=10**9).attach(model, source)
    assert (model.predict(frames, deterministic=True)[0] == alone).all()
    model.learn(96)
    buffer = model.replay_buffer
    seen = buffer.observations[: buffer.pos].reshape(-1, *buffer.observations.shape[2:])
    expected = source.predict(seen, deterministic=True)[0]
    actions = buffer.actions[: buffer.pos].reshape(len(seen), -1)
    if algorithm in CONTINUOUS:
        np.testing.assert_allclose(actions, source.policy.scale_action(expected), rtol=1e-4, atol=1e-5)
    else:
        assert (actions.ravel() == expected).all()
    assert (model.policy.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()


def test_the_curriculum_goes_on_when_episodes_are_as_good_as_the_best_stage():
    guide = horizon()
    assert guide.begin(0) == 100
    for reward in (10, 20):
        guide.ended(0, 50, reward)
    assert (guide.stage, guide.begin(10**6)) == (1, 75)
    guide.ended(0, 50, 99)  # it began in the stage before, and tells nothing of this one
    for reward in (13, 13.4):  # mean 13.2 < 15 - 1.5
        guide.ended(1, 50, reward)
    assert guide.stage == 1
    guide.ended(1, 50, 13.6)  # mean of the last two 13.5, which is enough
    assert (guide.stage, guide.begin(0)) == (2, 50)
    for reward in (13.5, 13.5, 20, 20, 18, 18):  # 13.5 passes: the best is still 15; then 20, of which 18 is enough
        guide.ended(guide.stage, 50, reward)
    assert (guide.stage, guide.begin(0)) == (4, 0)


def test_returns_below_zero_are_judged_by_their_size():
    guide = horizon()
    for reward in (-100, -100, -109, -109):
        guide.ended(guide.stage, 50, reward)
    assert guide.stage == 2
    for reward in (-112, -112):
        guide.ended(2, 50, reward)
    assert guide.stage == 2


def test_without_a_horizon_the_guide_acts_throughout_until_it_is_known_how_long_it_takes():
    for schedule in ("curriculum", "linear", "random"):
        guide = horizon(longest=None, schedule=schedule)
        assert guide.begin(0) == math.inf
        guide.ended(0, 30, 1.0)
        assert guide.begin(0) == math.inf
        guide.ended(0, 50, 1.0)
        assert guide.longest == 40
        assert guide.begin(0) <= 40
    assert guide.stage == 0


def test_the_other_schedules():
    linear = horizon(schedule="linear")
    assert [linear.begin(steps) for steps in (0, 250, 995, 1000, 5000)] == [100, 75, 1, 0, 0]
    drawn = horizon(schedule="random", longest=3)
    counts = np.bincount([int(drawn.begin(0)) for _ in range(2000)])
    assert len(counts) == 4
    assert (abs(counts - 500) < 100).all()


def test_the_curriculum_ends_where_the_learner_is_no_worse(tiny, cartpole):
    source, model = tiny("ppo", cartpole(), seed=7), tiny("dqn", cartpole())
    report = rlt.JumpStart(window=4, stages=3, tolerance=10.0).attach(model, source)
    model.learn(1600)
    found = report.findings["jump_start"]
    assert (found["stage"], found["horizon"]) == (3, 0)
    before = found["guided_steps"]
    assert 0 < before < 1600
    model.learn(200, reset_num_timesteps=False)
    assert found["guided_steps"] == before


@pytest.mark.parametrize("algorithm", ["dqn", "sac"])
def test_beside_a_frozen_cached_trunk_the_guide_reads_features(algorithm, pair):
    robot = "omni" if algorithm == "dqn" else "hovercraft"
    actions = []
    for cache in (True, False):
        model, source = pair(algorithm, robots=(robot, robot))
        guide = rlt.JumpStart(schedule="linear", horizon=10, over=10**9)
        Compose(methods=(guide, rlt.Frozen(cache=cache, heads="reinit"))).attach(model, source)
        assert isinstance(model.get_env(), rlt.FeatureCache) == cache
        model.learn(24)
        actions.append(stored(model)[0])
    np.testing.assert_allclose(actions[0], actions[1], rtol=1e-3, atol=1e-4)


def test_a_guided_agent_saves_and_loads_both_ways(pair, frames, tmp_path):
    model, source = pair("dqn")
    rlt.JumpStart().attach(model, source)
    model.learn(64)
    expected = model.predict(frames, deterministic=True)[0]
    rlt.save(model, tmp_path / "agent")
    assert (rlt.load_agent(tmp_path / "agent").predict(frames, deterministic=True)[0] == expected).all()
    assert "guidance" in model._excluded_save_params()


def test_nothing_is_carried_and_where_it_cannot_guide_it_is_refused(pair):
    report = rlt.JumpStart().attach(*pair("dqn"))
    assert set(report.counts("target")) == {"re-initialised"}
    with pytest.raises(NotApplicableError, match="keeps no replay buffer"):
        rlt.JumpStart().attach(*pair("ppo"))
    with pytest.raises(NotApplicableError, match="action spaces differ"):
        rlt.JumpStart().attach(*pair("dqn", robots=("differential", "omni")))
    with pytest.raises(NotApplicableError, match="needs its memory"):
        rlt.JumpStart().attach(*pair("dqn", source_algorithm="recurrent_ppo"))
    with pytest.raises(ConfigError, match="jump_start's guide"):
        Compose(methods=(rlt.JumpStart(), rlt.HardSharing()))
