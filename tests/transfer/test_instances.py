"""Source transitions in the replay buffer: drawn as they are weighted, and nothing else changed."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_sites
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.tasks.family import Context, Randomization
from rltransfer.transfer.mechanisms.instances import Experience
from rltransfer.transfer.mechanisms.transition_ratio import log_ratio

VALUES = ("dqn", "qr_dqn")
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")
SMALL = {"transitions": 200, "every": 64, "components": 4}


@pytest.fixture
def vectors(tiny):
    """(model, source) on vectors: CartPole for discrete actions, Pendulum for continuous ones."""

    def make(algorithm, source_algorithm=None, *, seed=0):
        task = {"id": "CartPole-v1" if algorithm in VALUES else "Pendulum-v1"}
        source = tiny(source_algorithm or algorithm, rlt.make_env(task, num_envs=4, seed=11), seed=7)
        return tiny(algorithm, rlt.make_env(task, num_envs=4, seed=1), seed=seed), source

    return make


def learned(model, steps=160):
    model.learn(steps)
    return {name: p.detach().clone() for name, p in named_parts(model).items()}


@pytest.mark.parametrize("algorithm", VALUES + CONTINUOUS)
def test_minibatches_hold_source_rows_as_often_as_the_weights_say(algorithm, vectors):
    model, source = vectors(algorithm)
    report = rlt.Instances(**SMALL, flattening=0).attach(model, source)
    assert (report.source_steps, report.target_steps) == (200, 0)
    changed = learned(model)
    rows = model.replay_buffer.source_rows
    origins = {seen.tobytes(): number for number, seen in enumerate(rows.rollout.observations)}
    samples = model.replay_buffer.sample(4_000)
    drawn = [origins.get(seen.tobytes()) for seen in samples.observations.numpy()]
    assert np.mean([row is not None for row in drawn]) == pytest.approx(200 / (200 + 160), abs=0.03)
    place, origin = next((place, row) for place, row in enumerate(drawn) if row is not None)  # its row came whole
    np.testing.assert_allclose(samples.next_observations[place], rows.rollout.next_observations[origin], atol=1e-5)
    assert samples.rewards[place].item() == pytest.approx(rows.rollout.rewards[origin], rel=1e-5)
    assert samples.dones[place].item() == rows.rollout.terminated[origin]
    action = samples.actions[place].numpy()
    if algorithm in CONTINUOUS:
        action = model.policy.unscale_action(action)
    np.testing.assert_allclose(action.reshape(-1), rows.rollout.actions[origin].reshape(-1), atol=1e-5)
    alone, _ = vectors(algorithm)
    without = learned(alone)
    assert not all(torch.equal(changed[name], without[name]) for name in without)


@pytest.mark.parametrize("algorithm", ["dqn", "sac"])
@pytest.mark.parametrize("none", [{"transitions": 0}, {"trust": 0.0}], ids=["no-rows", "no-weight"])
def test_no_rows_or_no_weight_is_the_method_beside_it_bit_for_bit(algorithm, none, vectors):
    results = []
    for method in (rlt.Finetune(), rlt.Compose(methods=(rlt.Finetune(), rlt.Instances(**none)))):
        model, source = vectors(algorithm)
        assert method.attach(model, source).source_steps == 0
        results.append(learned(model))
    assert all(torch.equal(results[0][name], results[1][name]) for name in results[0])


def test_rows_that_are_never_drawn_change_nothing_so_that_all_draws_are_the_methods_own(vectors):
    alone, source = vectors("dqn")
    rlt.Finetune().attach(alone, source)
    theirs = learned(alone)
    model, source = vectors("dqn")
    rlt.Compose(methods=(rlt.Finetune(), rlt.Instances(**SMALL, trust=1e-12))).attach(model, source)
    ours = learned(model)
    assert model.replay_buffer.source_rows.weights.max() > 0
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_effective_sample_size_is_reported_while_the_target_learns(vectors):
    model, source = vectors("dqn")
    report = rlt.Instances(**SMALL).attach(model, source)
    assert report.findings["instances"] == {}
    model.learn(200)
    found = report.as_json()["findings"]["instances"]
    weights = model.replay_buffer.source_rows.weights
    assert found["effective_sample_size"] == pytest.approx((weights.sum() ** 2 / (weights**2).sum()).item(), abs=0.01)
    assert [estimate["env_steps"] for estimate in found["estimates"]] == [48, 112, 176]
    assert found["source_rows"] == 200
    assert 0 < found["share_of_minibatches"] < 1
    assert weights.max() <= 10


def rows(count, *, drift=0.0, tilt=0.0, bias=0.0, seed=0):
    """One-dimensional walks: s ~ N(tilt, 1), a in {0, 1}, s' = s + (drift if a else 0) + noise / 2."""
    draws = torch.Generator().manual_seed(seed)
    before = torch.randn(count, 1, generator=draws) + tilt
    action = (torch.rand(count, generator=draws) < 0.5 + bias).long()
    after = before + drift * action.unsqueeze(1) + 0.5 * torch.randn(count, 1, generator=draws)
    return Experience(before=before, actions=torch.nn.functional.one_hot(action, 2).float(), after=after)


def weighted(target, source, of):
    ratio, found = log_ratio(target, source, of=of, components=4, generator=torch.Generator().manual_seed(5))
    return ratio, found


def test_identical_domains_have_ratio_one_whatever_is_compared():
    for of in ("transition", "state_action", "dynamics"):
        ratio, found = weighted(rows(2_000, seed=1), rows(2_000, seed=2), of)
        assert ratio.abs().mean() < 0.1
        assert found["accuracy"] == pytest.approx(0.5, abs=0.06)


def test_each_ratio_sees_what_it_is_to_see_and_no_more():
    """States alone differ: log N(s; 1, 1) / N(s; 0, 1) = s - 1/2. Dynamics alone: 2 * (d - 1/2), where a = 1."""
    source = rows(3_000, seed=2)
    shifted = rows(3_000, tilt=1.0, seed=1)
    ratio, _ = weighted(shifted, source, "state_action")
    exact = source.before.flatten() - 0.5
    assert (ratio - exact).abs().mean() < 0.3 * exact.abs().mean()  # drawn to 0 by the penalty
    assert np.corrcoef(ratio, exact)[0, 1] > 0.97
    ratio, _ = weighted(shifted, source, "dynamics")
    assert ratio.abs().mean() < 0.3  # of two estimates, a third as far from 0 as either
    moved = rows(3_000, drift=0.5, seed=3)
    ratio, _ = weighted(moved, source, "state_action")
    assert ratio.abs().mean() < 0.15
    change = (source.after - source.before).flatten()
    exact = torch.where(source.actions[:, 1] == 1, (change * 0.5 - 0.125) / 0.25, 0.0)
    for of in ("transition", "dynamics"):
        ratio, _ = weighted(moved, source, of)
        assert (ratio - exact).abs().mean() < 0.25


def test_too_few_rows_tell_nothing():
    ratio, found = weighted(rows(31), rows(500), "transition")
    assert (ratio == 0).all()
    assert found["accuracy"] == 0.5


def test_a_source_with_other_dynamics_weighs_less(tiny):
    """Gravity changes what a pendulum does next; rows of the very same pendulum keep nearly all their weight."""

    def share(gravity):
        task = {"id": "Pendulum-v1", "attributes": {"g": gravity}}
        source = tiny("sac", rlt.make_env(task, num_envs=4, seed=11), seed=7)
        model = tiny("sac", rlt.make_env({"id": "Pendulum-v1"}, num_envs=4, seed=1), learning_starts=500)
        report = rlt.Instances(transitions=600, ratio_of="dynamics", every=600).attach(model, source)
        model.learn(604)
        return report.findings["instances"]["effective_sample_size"] / 600

    same, other = share(10.0), share(60.0)
    assert same > 0.8
    assert other < 0.8 * same


def test_a_source_that_does_the_same_in_the_same_task_loses_hardly_any_effective_rows(vectors, tiny):
    """Both act at random in CartPole; the weights stay near 1, as the ratio's closed form."""
    source = vectors("dqn")[1]
    source.exploration_rate = 1.0
    model = tiny("dqn", rlt.make_env({"id": "CartPole-v1"}, num_envs=4, seed=1), learning_starts=1_000)
    report = rlt.Instances(transitions=1_000, every=2_000).attach(model, source)
    model.learn(1_040)
    found = report.findings["instances"]
    assert found["effective_sample_size"] > 900
    assert found["mean_weight"] == pytest.approx(1, abs=0.1)
    assert found["share_of_minibatches"] == pytest.approx(0.5, abs=0.05)


def test_beside_a_cached_prefix_source_rows_are_features_of_the_same_prefix(pair):
    for order in (1, -1):
        model, source = pair("dqn")
        methods = (rlt.Frozen(at="fc"), rlt.Instances(transitions=40, every=64, components=4))
        report = rlt.Compose(methods=methods[::order]).attach(model, source)
        model.learn(64)
        rows = model.replay_buffer.source_rows
        trunk = trunk_sites(model)[0].trunk
        with torch.no_grad():
            exact = trunk(torch.as_tensor(rows.rollout.observations), 0, trunk.index("fc"))
        torch.testing.assert_close(rows._rows.observations, exact, rtol=1e-4, atol=1e-4)
        assert model.replay_buffer.sample(8).observations.shape == (8, *exact.shape[1:])
        assert report.findings["instances"]["source_rows"] == 40


def test_rows_of_observations_in_parts_come_with_all_of_them(tiny, rover, small):
    told = {"randomize": Randomization(factors=("speed",)), "context": Context(visibility="side", factors=("speed",))}
    source = tiny("dqn", rover(seed=11, **told), trunk=small, seed=7)
    for cached in (False, True):
        model = tiny("dqn", rover(**told), trunk=small)
        method = rlt.Instances(transitions=40, every=64, components=4, flattening=0)
        (rlt.Compose(methods=(method, rlt.Frozen(at="fc"))) if cached else method).attach(model, source)
        model.learn(64)
        rows, samples = model.replay_buffer.source_rows, model.replay_buffer.sample(64)
        contexts = set(rows.rollout.observations["context"].flatten().tolist())
        drawn = [value in contexts for value in samples.observations["context"].flatten().tolist()]
        assert 0.2 < np.mean(drawn) < 0.6  # 40 of 104
        assert samples.observations["observation"].shape[1:] == rows._rows.observations["observation"].shape[1:]
        assert (samples.observations["observation"].dtype == torch.float32) == cached


def test_an_agent_that_learned_beside_source_rows_is_saved_and_loaded(vectors, tmp_path):
    model, source = vectors("dqn", "ppo")
    rlt.Instances(**SMALL).attach(model, source)
    model.learn(96)
    rlt.save(model, tmp_path / "agent")
    seen = model.replay_buffer.source_rows.rollout.observations
    loaded = rlt.load_agent(tmp_path / "agent")
    assert np.array_equal(loaded.predict(seen, deterministic=True)[0], model.predict(seen, deterministic=True)[0])
    model.learn(32, reset_num_timesteps=False)  # and goes on


def test_what_cannot_be_done_is_refused_with_its_reason(pair, vectors, tiny):
    with pytest.raises(NotApplicableError, match="does not serve ppo: it learns from what"):
        rlt.Instances().attach(*pair("ppo"))
    with pytest.raises(NotApplicableError, match="other actions"):
        rlt.Instances().attach(*pair("dqn", robots=("differential", "omni")))
    with pytest.raises(NotApplicableError, match="other observations"):
        rlt.Instances().attach(pair("dqn")[0], vectors("dqn")[1])
    model = tiny("sac", rlt.make_env({"id": "Pendulum-v1"}, num_envs=4), normalize="observations")
    source = tiny("sac", rlt.make_env({"id": "Pendulum-v1"}, num_envs=4), normalize="observations")
    with pytest.raises(NotApplicableError, match="leave 'normalize' out"):
        rlt.Instances().attach(model, source)
    model, source = pair("dqn", source_algorithm="ppo")
    rlt.Frozen(at="fc").attach(source, tiny("ppo", seed=3))
    with pytest.raises(NotApplicableError, match="cached features"):
        rlt.Instances().attach(model, source)
    for wrong in ({"flattening": 2.0}, {"transitions": -1}, {"largest": 0}):
        with pytest.raises(ConfigError):
            rlt.Instances(**wrong)
