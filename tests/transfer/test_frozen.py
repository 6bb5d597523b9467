"""The frozen trunk: bit-equal after learning, run once per environment step, and the same agent cached or not."""

import numpy as np
import pytest
import torch
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, stage_of, trunk_of, trunk_sites
from rltransfer.errors import ArtifactError, NotApplicableError, SpaceMismatchError
from rltransfer.trunks.specs import MLP, Flatten, Nature

STAGES = ("conv1", "conv2", "conv3", "fc", "end")
SHAPES = {"conv2": (32, 15, 15), "conv3": (64, 6, 6), "fc": (64, 4, 4), "end": (32,)}
"""What enters each stage for 64 x 64 pixels: (64-8)//4+1 = 15, (15-4)//2+1 = 6, 6-3+1 = 4."""


class Watch(VecEnvWrapper):
    """Keeps what the environment gave and was given."""

    def __init__(self, venv):
        super().__init__(venv)
        self.seen, self.infos = [], []

    def reset(self):
        self.seen.append(self.venv.reset().copy())
        return self.seen[-1]

    def step_wait(self):
        observations, rewards, ended, infos = self.venv.step_wait()
        self.seen.append(observations.copy())
        self.infos.append([dict(info) for info in infos])
        return observations, rewards, ended, infos


def judged(model, observations):
    """What the agent thinks of ``observations``: action probabilities and state values, or Q-values."""
    tensor, _ = model.policy.obs_to_tensor(observations)
    with torch.no_grad():
        if hasattr(model, "q_net"):
            return [model.q_net(tensor), model.q_net_target(tensor)]
        return [model.policy.get_distribution(tensor).distribution.probs, model.policy.predict_values(tensor)]


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("at", STAGES)
def test_what_is_frozen_stays_bit_equal_and_the_rest_learns(algorithm, at, pair, snapshot):
    options = {"target_update_interval": 64} if algorithm == "dqn" else {}
    model, source = pair(algorithm, robots=("omni", "differential"), **options)
    rlt.Frozen(at=at).attach(model, source)
    before, theirs = snapshot(model), snapshot(source)
    model.learn(128)
    frozen = STAGES[: STAGES.index(at)]
    for name, parameter in named_parts(model).items():
        stage = stage_of(name, model)
        if stage in frozen:
            assert torch.equal(parameter, theirs["trunk." + name[name.index(stage) :]]), name
        elif name.endswith("weight"):
            assert not torch.equal(parameter, before[name]), name


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("at", STAGES[1:])
def test_cached_and_uncached_agents_judge_alike(algorithm, precision, at, pair, frames):
    trunk = Nature(features=32, precision=precision)
    judgements = []
    for cache in (True, False):
        model, source = pair(algorithm, trunk=trunk)
        rlt.Frozen(at=at, cache=cache).attach(model, source)
        judgements.append(judged(model, frames))
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if precision == "float32" else {"rtol": 0.05, "atol": 0.03}
    for cached, uncached in zip(*judgements, strict=True):
        torch.testing.assert_close(cached, uncached, **tolerance)
    assert judgements[0][0].std(dim=0).max() > 1e-4, "sixteen worlds must not all look the same"


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("at", STAGES[1:])
def test_buffers_hold_the_trunks_outputs_for_what_was_seen(algorithm, precision, at, tiny, pair, rover):
    watch = Watch(rover())
    trunk = Nature(features=32, precision=precision)
    model = tiny(algorithm, watch, trunk=trunk)
    rlt.Frozen(at=at).attach(model, tiny(algorithm, trunk=trunk, seed=7))
    model.learn(64)
    seen = np.stack(watch.seen[:16])  # (steps, copies, channels, height, width)
    with torch.no_grad():
        flat = torch.as_tensor(seen.reshape(64, *seen.shape[2:]))
        features = trunk_of(model).eval()(flat, 0, STAGES.index(at)).numpy().reshape(16, 4, *SHAPES[at])
    if algorithm == "ppo":  # read once, so laid out copy by copy
        stored, expected = model.rollout_buffer.observations, features.swapaxes(0, 1).reshape(64, *SHAPES[at])
    else:
        stored, expected = model.replay_buffer.observations[:16], features
    assert stored.dtype == np.float32
    tolerance = 1e-5 if precision == "float32" else 0.02 * np.abs(expected).max()
    np.testing.assert_allclose(stored, expected, atol=tolerance, rtol=1e-4)
    assert np.abs(expected).max() > 10 * tolerance


def test_last_observations_of_episodes_are_encoded_too(cartpole):
    trunk = MLP(widths=(8, 6)).build((4,))
    trunk.freeze("fc2")
    watch = Watch(cartpole())
    cache = rlt.FeatureCache(watch, trunk, "fc2")
    cache.reset()
    ended = 0
    for step in range(40):
        features, _, dones, infos = cache.step(np.full(4, step % 3 // 2))
        assert features.shape == (4, 8)
        for copy in np.flatnonzero(dones):
            final = watch.infos[-1][copy]["terminal_observation"]
            assert final.shape == (4,)
            assert not np.allclose(final, watch.seen[-1][copy]), "the last observation is not the first of the next"
            np.testing.assert_allclose(infos[copy]["terminal_observation"], cache.encode(final[None])[0], rtol=1e-5)
            ended += 1
    assert ended > 3


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
@pytest.mark.parametrize("cache", [True, False])
def test_batch_norm_and_dropout_stay_asleep_in_frozen_stages_while_others_learn(algorithm, cache, tiny, batch_normed):
    trunk = batch_normed(precision="float32")
    source, model = tiny(algorithm, trunk=trunk, seed=7), tiny(algorithm, trunk=trunk)
    for buffer in trunk_of(source).buffers():  # statistics that a fresh trunk does not have
        buffer.add_(1)
    rlt.Frozen(at="conv2", cache=cache).attach(model, source)
    model.learn(128)
    ours, theirs = (dict(trunk_of(m).stages.named_buffers()) for m in (model, source))
    for name in theirs:
        assert torch.equal(ours[name], theirs[name]) == name.startswith("conv1"), name
    for site in trunk_sites(model):
        site.trunk.train()
        assert not any(m.training for m in site.trunk.stages["conv1"].modules())
        assert site.trunk.stages["conv2"].training


def test_a_cached_agent_reads_raw_frames_and_features_one_or_many_in_either_layout(pair, undecided, frames):
    model, source = pair()
    undecided(source)
    rlt.Frozen().attach(model, source)
    features = model.get_env().encode(frames)
    batch = model.predict(features, deterministic=True)[0]
    np.testing.assert_array_equal(batch, source.predict(frames, deterministic=True)[0])
    for given in (frames, np.ascontiguousarray(frames.transpose(0, 2, 3, 1))):
        np.testing.assert_array_equal(model.predict(given, deterministic=True)[0], batch)
        assert model.predict(given[3], deterministic=True)[0].shape == ()
        assert [int(model.predict(one, deterministic=True)[0]) for one in given] == batch.tolist()
    assert int(model.predict(features[3], deterministic=True)[0]) == batch[3]


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_raw_frames_are_told_from_features_of_the_same_width(algorithm, pair, undecided, frames):
    """64 features and frames 64 pixels wide: the last axis alone does not tell them apart."""
    model, source = pair(algorithm, trunk=Nature(features=64, precision="float32"))
    undecided(source)
    rlt.Frozen().attach(model, source)
    features = model.get_env().encode(frames)
    expected = model.predict(features, deterministic=True)[0]
    np.testing.assert_array_equal(model.predict(frames, deterministic=True)[0], expected)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_raw_vectors_are_told_from_features_of_the_same_size(algorithm, tiny, cartpole):
    """Four numbers observed and four features: nothing in the array says which they are."""
    trunk = MLP(widths=(8, 4))
    models = []
    for cache in (True, False):
        model = tiny(algorithm, cartpole(), trunk=trunk)
        rlt.Frozen(cache=cache).attach(model, tiny(algorithm, cartpole(), trunk=trunk, seed=7))
        models.append(model)
    raw = np.random.default_rng(0).normal(size=(200, 4)).astype(np.float32)
    for cached, uncached in zip(*(judged(model, raw) for model in models), strict=True):
        assert uncached.std(dim=0).max() > 1e-3
        torch.testing.assert_close(cached, uncached)
    models[0].learn(64)


def test_frozen_parameters_have_left_the_optimizer(pair):
    model, source = pair()
    rlt.Frozen(at="fc").attach(model, source)
    moved = {id(p) for group in model.policy.optimizer.param_groups for p in group["params"]}
    names = {n for n, p in named_parts(model).items() if id(p) in moved}
    assert names == {n for n in named_parts(model) if "conv" not in n}


def test_a_prefix_that_does_not_fit_the_source_is_refused_with_the_stage_and_a_fitting_one_is_not(tiny):
    source = tiny("ppo", trunk=Nature(features=24, precision="float32"))
    with pytest.raises(NotApplicableError, match=r"stage 'fc' does not fit the source's trunk \(trunk.fc.1.weight"):
        rlt.Frozen(at="end").attach(tiny("ppo"), source)
    report = rlt.Frozen(at="fc").attach(tiny("ppo"), source)
    assert report.of("target")["trunk.conv3.0.weight"].fate == "frozen"
    assert report.of("target")["trunk.fc.1.weight"].fate == "re-initialised"


def test_at_the_first_stage_nothing_is_frozen_and_nothing_cached(pair, rover):
    model, source = pair()
    report = rlt.Frozen(at="conv1").attach(model, source)
    assert "frozen" not in report.counts()
    assert model.observation_space == rover().observation_space


def test_a_replay_buffer_of_features_is_as_small_as_they_are(pair):
    model, source = pair("dqn")
    pixels = model.replay_buffer.observations.nbytes
    rlt.Frozen().attach(model, source)
    assert model.replay_buffer.observations.nbytes * 96 == pixels  # 64*64*3 bytes against 32 floats of 4 bytes


def test_features_follow_weights_that_are_loaded_after_attaching(pair, frames):
    model, source = pair()
    rlt.Frozen().attach(model, source)
    cache = model.get_env()
    before = cache.encode(frames)
    trunk = trunk_of(model)
    trunk.load_state_dict({name: tensor * 1.1 for name, tensor in trunk.state_dict().items()})
    with torch.no_grad():
        expected = trunk(torch.as_tensor(frames)).numpy()
    assert not np.allclose(cache.encode(frames), before)
    np.testing.assert_allclose(cache.encode(frames), expected, rtol=1e-5, atol=1e-6)


def test_features_are_not_cached_above_running_statistics(tiny, cartpole):
    """VecNormalize changes what the same frame looks like, so features of it would go stale."""
    trunk = MLP(widths=(8, 6))
    model = tiny("ppo", VecNormalize(cartpole()), trunk=trunk)
    source = tiny("ppo", VecNormalize(cartpole()), trunk=trunk, seed=7)
    with pytest.raises(NotApplicableError, match="give cache=False"):
        rlt.Frozen().attach(model, source)
    rlt.Frozen(cache=False).attach(tiny("ppo", VecNormalize(cartpole()), trunk=trunk), source)


def test_another_environment_is_cached_like_the_first(pair, rover, frames):
    model, source = pair()
    rlt.Frozen(at="conv3").attach(model, source)
    model.learn(64)
    acts = model.predict(frames, deterministic=True)[0]
    other = rover(seed=50)
    model.set_env(other)
    assert model.get_env().observation_space.shape == SHAPES["conv3"]
    assert (model.predict(frames, deterministic=True)[0] == acts).all()
    model.learn(64, reset_num_timesteps=False)
    assert model.num_timesteps == 128
    with pytest.raises(SpaceMismatchError, match="the environment has"):
        model.set_env(rover("differential"))


def test_saving_without_the_frozen_part_is_refused_and_rltransfers_own_save_keeps_it(pair, frames, tmp_path):
    model, source = pair()
    rlt.Frozen(at="end").attach(model, source)
    with pytest.raises(ArtifactError, match=r"rltransfer\.save"):
        model.save(tmp_path / "model.zip")
    assert not list(tmp_path.iterdir())
    rlt.save(model, tmp_path / "agent")
    loaded = rlt.load_agent(tmp_path / "agent", device="cpu")
    assert (loaded.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()


def test_a_trunk_without_weights_has_nothing_to_freeze(cartpole, tiny):
    source, model = (tiny("ppo", cartpole(), trunk=Flatten(), seed=seed, net_arch=(8,)) for seed in (7, 0))
    with pytest.raises(NotApplicableError, match="nothing to freeze: no weights stand in flatten"):
        rlt.Frozen().attach(model, source)
    rlt.Frozen(at="flatten").attach(model, source)  # nothing is asked to be frozen
