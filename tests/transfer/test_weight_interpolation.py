"""Weight interpolation: learned as by fine-tuning, measured and saved between the source and what was learned."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents import at_rest
from rltransfer.agents.anatomy import TEMPERATURE, named_parts, trunk_sites
from rltransfer.agents.resting import other_rests
from rltransfer.errors import ConfigError
from rltransfer.registry import ALGORITHMS
from rltransfer.training import Evaluator

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]


def attached(pair, method, algorithm="ppo", steps=96):
    robot = "hovercraft" if algorithm in CONTINUOUS else "omni"
    model, source = pair(algorithm, robots=(robot, robot))
    report = method.attach(model, source)
    model.learn(steps)
    return model, source, report


@pytest.mark.parametrize("algorithm", [*ALGORITHMS])
def test_at_rest_weights_lie_between(algorithm, vectors, snapshot):
    model, source = vectors(algorithm)
    report = rlt.WeightInterpolation(alpha=0.3).attach(model, source)
    model.learn(64)
    learning, theirs, entries = snapshot(model), named_parts(source), report.of("target")
    with at_rest(model):
        resting = snapshot(model)
        with at_rest(model):  # measured while it is at rest
            assert all(torch.equal(value, resting[name]) for name, value in named_parts(model).items())
    moved = 0
    for name, entry in entries.items():
        if entry.counterpart is None:
            assert name == TEMPERATURE
            assert torch.equal(resting[name], learning[name])
        else:
            assert entry.note == "at rest 0.7 x the source's + 0.3 x its own"
            between = 0.7 * theirs[entry.counterpart].detach() + 0.3 * learning[name]
            torch.testing.assert_close(resting[name], between)
            moved += not torch.equal(resting[name], learning[name])
    assert moved >= 6
    assert all(torch.equal(value, learning[name]) for name, value in named_parts(model).items())


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "sac"])
def test_alpha_one_is_finetuning_and_alpha_zero_the_source(algorithm, vectors, snapshot, tmp_path):
    learned = []
    for method in (rlt.Finetune(), *(rlt.WeightInterpolation(alpha=alpha) for alpha in (1.0, 0.5, 0.0))):
        model, source = vectors(algorithm)
        method.attach(model, source)
        model.learn(96)
        learned.append(snapshot(model))
        with at_rest(model):
            learned.append(snapshot(model))
    assert all(
        torch.equal(learned[0][name], other[name]) for other in (*learned[1:5], learned[6]) for name in learned[0]
    )
    seen = source.get_env().reset()
    source_acts, theirs = source.predict(seen, deterministic=True)[0], named_parts(source)
    assert all(torch.equal(learned[7][n], p) for n, p in theirs.items() if "target" not in n and n != "log_ent_coef")
    rlt.save(model, tmp_path)
    assert (rlt.load_agent(tmp_path, device="cpu").predict(seen, deterministic=True)[0] == source_acts).all()


def test_the_evaluator_measures_what_is_saved(pair, rover, tmp_path):
    model, source, _ = attached(pair, rlt.WeightInterpolation(alpha=0.5), steps=256)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():  # far enough apart that all three act differently
        for parameter in model.policy.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape, generator=generator))
    before = {name: p.detach().clone() for name, p in named_parts(model).items()}
    rlt.save(model, tmp_path)
    evaluator = Evaluator(rover().task, episodes=8, seed=5)
    scores = [evaluator.measure(agent).returns.tolist() for agent in (model, rlt.load_agent(tmp_path), source)]
    assert all(torch.equal(p, before[name]) for name, p in named_parts(model).items())
    plain = Evaluator(rover().task, episodes=8, seed=5).play(acting(model)).returns.tolist()
    assert scores[0] == scores[1]
    assert scores[0] != scores[2]
    assert scores[0] != plain


def acting(model):
    from rltransfer.training.acting import Acting

    return Acting(model)


def test_measuring_changes_nothing_about_what_is_learned(pair, rover, snapshot):
    learned = []
    for measured in (False, True):
        model, source = pair()
        rlt.WeightInterpolation().attach(model, source)
        model.learn(64)
        if measured:
            Evaluator(rover().task, episodes=4, seed=5).measure(model)
        model.learn(64, reset_num_timesteps=False)
        learned.append(snapshot(model))
    assert all(torch.equal(learned[0][name], learned[1][name]) for name in learned[0])


def test_exports_and_stable_baselines_own_save_have_the_weights_at_rest(pair, snapshot, tmp_path):
    from stable_baselines3 import PPO

    model, _, _ = attached(pair, rlt.WeightInterpolation(alpha=0.0))
    with at_rest(model):
        resting = snapshot(model)
    model.save(tmp_path / "own.zip")
    rlt.to_sb3(model, tmp_path / "export.zip")
    name = "action_net.weight"
    for file in ("own.zip", "export.zip"):
        assert torch.equal(dict(PPO.load(tmp_path / file, device="cpu").policy.named_parameters())[name], resting[name])
    assert not torch.equal(named_parts(model)[name], resting[name])


def test_other_alphas_are_told_without_being_chosen(pair, snapshot):
    method = rlt.WeightInterpolation(alpha=0.5, compared=(0.0, 1.0))
    model, source, _ = attached(pair, method)
    learning, seen = snapshot(model), {}
    for name in other_rests(model):
        with at_rest(model):
            seen[name] = snapshot(model)
    assert list(seen) == ["alpha 0", "alpha 1"]
    assert all(torch.equal(p, seen["alpha 0"][name]) for name, p in named_parts(source).items())
    assert all(torch.equal(value, seen["alpha 1"][name]) for name, value in learning.items())
    with at_rest(model):
        between = named_parts(model)["trunk.fc.1.weight"].detach().clone()
    torch.testing.assert_close(between, sum(s["trunk.fc.1.weight"] for s in seen.values()) / 2)
    assert all(torch.equal(p, learning[name]) for name, p in named_parts(model).items())
    assert not list(other_rests(source))


def test_batch_norm_statistics_are_interpolated_too(tiny, batch_normed):
    model, source = (tiny("ppo", trunk=batch_normed(), seed=seed) for seed in (0, 7))
    source.learn(64)
    rlt.WeightInterpolation(alpha=0.25).attach(model, source)
    model.learn(128)
    norm, theirs = (trunk_sites(agent)[0].trunk.stages["conv1"][1].running_mean for agent in (model, source))
    own = norm.clone()
    with at_rest(model):
        torch.testing.assert_close(norm, 0.75 * theirs + 0.25 * own)
    assert not torch.equal(own, theirs)


def test_running_statistics_of_heads_are_interpolated_where_the_heads_were_carried(pair, frames):
    model, source, _ = attached(pair, rlt.WeightInterpolation(alpha=0.0), "crossq", steps=128)
    assert abs(model.predict(frames, deterministic=True)[0] - source.predict(frames, deterministic=True)[0]).max() > 0
    with at_rest(model):
        expected, found = (agent.predict(frames, deterministic=True)[0] for agent in (source, model))
    assert (found == expected).all()


def test_beside_a_frozen_prefix_features_are_cached_and_only_the_rest_is_interpolated(pair, frames, tmp_path, snapshot):
    method = rlt.Compose(methods=(rlt.Frozen(at="fc"), rlt.WeightInterpolation()))
    model, _, report = attached(pair, method)
    assert report.of("target")["trunk.conv1.0.weight"].note == ""
    assert report.of("target")["trunk.fc.1.weight"].note.startswith("at rest 0.5")
    before = snapshot(model)
    rlt.save(model, tmp_path)
    with at_rest(model):
        expected = model.predict(frames, deterministic=True)[0]
    assert (rlt.load_agent(tmp_path, device="cpu").predict(frames, deterministic=True)[0] == expected).all()
    assert all(torch.equal(p, before[name]) for name, p in named_parts(model).items())


def test_beside_shrink_and_perturb_the_end_is_the_source_itself(pair, snapshot):
    method = rlt.Compose(methods=(rlt.ShrinkPerturb(), rlt.WeightInterpolation(alpha=0.0)))
    model, source, _ = attached(pair, method)
    with at_rest(model):
        resting = snapshot(model)
    assert all(torch.equal(resting[name], p) for name, p in named_parts(source).items())


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ConfigError, match="no fixed end"):
        rlt.Compose(methods=(rlt.WeightInterpolation(), rlt.HardSharing()))
    with pytest.raises(ConfigError, match="alpha"):
        rlt.WeightInterpolation(alpha=1.5)
