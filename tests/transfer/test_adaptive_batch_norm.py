"""Adaptive batch norm: exact statistics of the target's frames, every weight as the source's, and what follows."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, trunk_of, trunk_sites
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS
from rltransfer.tasks.family import Context
from rltransfer.transfer.mechanisms.batch_norm import adapt, normalisations
from rltransfer.trunks.specs import Impala, Nature

CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")
ALL = sorted(set(ALGORITHMS) - {"classifier"})
NATURE = Nature(features=32, batch_norm=True, precision="float32")
IMPALA = Impala(channels=(4, 6), features=16, batch_norm=True, precision="float32")


def made(pair, algorithm="ppo", trunk=NATURE, **changes):
    robot = "hovercraft" if algorithm in CONTINUOUS else "omni"
    return pair(algorithm, robots=(robot, robot), trunk=trunk, **changes)


def inputs_of(trunk, frames):
    """What enters each batch-norm layer in evaluation mode, channels first."""
    seen, hooks = [], []
    for layer in trunk.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            hooks.append(layer.register_forward_pre_hook(lambda _, given: seen.append(given[0])))
    with torch.no_grad():
        trunk.eval()(torch.as_tensor(frames))
    for hook in hooks:
        hook.remove()
    return [given.transpose(0, 1).flatten(1).numpy() for given in seen]


@pytest.mark.parametrize(("trunk", "layers"), [(NATURE, 3), (IMPALA, 10)], ids=["nature", "impala"])
def test_each_layer_has_the_statistics_of_what_reaches_it_over_all_frames_at_once(trunk, layers, tiny, frames):
    model = tiny("ppo", trunk=trunk)
    told = adapt(model, frames)
    seen, norms = inputs_of(trunk_of(model), frames), normalisations(model)
    assert len(seen) == len(norms) == told["trunk"]["layers"] == layers
    for values, layer in zip(seen, norms, strict=True):
        np.testing.assert_allclose(layer.running_mean, values.mean(1), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(layer.running_var, values.var(1, ddof=1), rtol=1e-3, atol=1e-5)
    assert told["trunk"]["shift"] > 0.01
    assert adapt(model, frames[::-1].copy())["trunk"]["shift"] < 1e-3  # the same frames in another order


@pytest.mark.parametrize("algorithm", ALL)
def test_statistics_are_the_targets_in_every_trunk_copy_and_weights_the_sources(algorithm, pair):
    model, source = made(pair, algorithm)
    report = rlt.AdaptiveBatchNorm(steps=32).attach(model, source)
    assert (report.source_steps, report.target_steps) == (0, 32)
    ours, theirs = named_parts(model), named_parts(source)
    for name, entry in report.of("target").items():
        assert entry.fate == "copied" or name == "log_ent_coef"
        assert entry.fate != "copied" or torch.equal(ours[name], theirs[entry.counterpart])
    online = [site for site in trunk_sites(model) if site.role == "online"]
    assert set(report.findings["adaptive_batch_norm"]) == {"trunk", *(site.path for site in online[1:])}
    fresh = NATURE.build((3, 64, 64))
    for site in trunk_sites(model):
        for name, buffer in site.trunk.named_buffers():
            assert torch.equal(buffer, dict(fresh.named_buffers())[name]) == name.endswith("num_batches_tracked")
    model.learn(64)  # and it can go on


def test_a_target_that_only_looks_different_is_seen_as_the_source_saw_its_own(tiny, frames):
    """Dimmed frames are an affine change of the first layer's inputs, which its statistics take out again."""
    model = tiny("ppo", trunk=NATURE)
    adapt(model, frames)
    trunk = trunk_of(model).eval()
    scaled = torch.as_tensor(frames) / 255
    with torch.no_grad():
        before, unadapted = trunk(scaled), trunk(0.5 * scaled + 0.1)
        adapt(model, 0.5 * scaled.numpy() + 0.1)
        adapted = trunk(0.5 * scaled + 0.1)
    assert (adapted - before).abs().max() < 0.02 * (unadapted - before).abs().max()


def test_it_trains_with_a_method_that_trains_and_begins_where_it_is_left(pair):
    assert not rlt.AdaptiveBatchNorm().trains
    together = rlt.Compose(methods=(rlt.Finetune(learning_rate_scale=0.5), rlt.AdaptiveBatchNorm(steps=32)))
    assert together.trains
    learned = []
    for method in (rlt.Finetune(learning_rate_scale=0.5), together):
        model, source = made(pair)
        report = method.attach(model, source)
        model.learn(128)
        learned.append(named_parts(model))
    assert report.target_steps == 32
    assert not torch.equal(learned[0]["trunk.conv1.0.weight"], learned[1]["trunk.conv1.0.weight"])


@pytest.mark.parametrize("cache", [True, False])
def test_a_frozen_trunk_is_adapted_first_and_its_statistics_stay(cache, pair, frames):
    model, source = made(pair)
    rlt.Compose(methods=(rlt.Frozen(cache=cache), rlt.AdaptiveBatchNorm(steps=32))).attach(model, source)
    before = {name: buffer.clone() for name, buffer in trunk_of(model).named_buffers()}
    assert not torch.equal(before["stages.conv1.1.running_mean"], trunk_of(source).stages["conv1"][1].running_mean)
    if cache:
        features = model.get_env().encode(frames)
        with torch.no_grad():
            np.testing.assert_allclose(features, trunk_of(model)(torch.as_tensor(frames)), rtol=1e-4, atol=1e-5)
    model.learn(128)
    assert all(torch.equal(buffer, before[name]) for name, buffer in trunk_of(model).named_buffers())


def test_of_observations_in_parts_the_pictures_statistics_are_taken(tiny, rover):
    told = Context(visibility="side", factors=("slip", "speed"))
    model, source = (tiny("ppo", rover(context=told, seed=seed), trunk=NATURE, seed=seed) for seed in (1, 7))
    report = rlt.AdaptiveBatchNorm(steps=32).attach(model, source)
    assert report.findings["adaptive_batch_norm"]["trunk"]["shift"] > 0
    ours, theirs = (trunk_of(agent).stages["conv1"][1].running_mean for agent in (model, source))
    assert not torch.equal(ours, theirs)


@pytest.mark.parametrize("algorithm", ["ppo", "td3"])
def test_statistics_are_saved_and_loaded_with_the_agent(algorithm, pair, frames, tmp_path):
    model, source = made(pair, algorithm)
    rlt.AdaptiveBatchNorm(steps=32).attach(model, source)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path)
    actions = model.predict(frames, deterministic=True)[0]
    np.testing.assert_array_equal(loaded.predict(frames, deterministic=True)[0], actions)
    for ours, theirs in zip(trunk_sites(model), trunk_sites(loaded), strict=True):
        assert all(map(torch.equal, ours.trunk.buffers(), theirs.trunk.buffers()))


@pytest.mark.parametrize(("algorithm", "robot"), [("dqn", "omni"), ("td3", "hovercraft"), ("sac", "hovercraft")])
def test_a_target_network_follows_the_statistics_of_a_trunk_that_took_anothers_place(algorithm, robot, pair):
    model, source = pair(algorithm, robots=(robot, robot), trunk=NATURE)
    rlt.HardSharing().attach(model, source)
    model.learn(128)
    names = [name for name in vars(model) if name.endswith("batch_norm_stats")]
    assert names
    for name in names:
        ours, followers = getattr(model, name), getattr(model, f"{name}_target")
        assert ours
        assert len(ours) == len(followers)
        assert {b.data_ptr() for b in ours} <= {b.data_ptr() for b in model.policy.buffers()}


def test_what_cannot_be_adapted_is_refused_with_the_reason(pair, tiny):
    with pytest.raises(NotApplicableError, match="no batch normalisation"):
        rlt.AdaptiveBatchNorm().attach(*pair())
    model, source = pair(robots=("omni", "differential"), trunk=NATURE)
    with pytest.raises(NotApplicableError, match="nothing is trained"):
        rlt.AdaptiveBatchNorm(steps=32).attach(model, source)
    rlt.Compose(methods=(rlt.Finetune(), rlt.AdaptiveBatchNorm(steps=32))).attach(model, source)
    with pytest.raises(ConfigError, match="the source acts through the target's trunk"):
        rlt.Compose(methods=(rlt.HardSharing(), rlt.AdaptiveBatchNorm()))
    with pytest.raises(ConfigError, match="stands alone"):
        rlt.Compose(methods=(rlt.Direct(), rlt.AdaptiveBatchNorm()))
