"""Elastic weight consolidation: each weight held as firmly as the source depends on it."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import TEMPERATURE, learned_parts, named_parts, optimizers, stage_of, trunk_sites
from rltransfer.agents.rollouts import play
from rltransfer.errors import ConfigError, NotApplicableError, UnknownNameError
from rltransfer.registry import ALGORITHMS
from rltransfer.transfer.mechanisms import fisher

HELD = [a for a in ALGORITHMS if rlt.EWC().refusal(ALGORITHMS.get(a)) is None]


@pytest.mark.parametrize("strength", [300.0, {"fc1": 500.0, "heads": 200.0}], ids=["one", "by-stage"])
@pytest.mark.parametrize("algorithm", HELD)
def test_the_gradient_is_that_of_the_written_penalty(algorithm, strength, vectors, monkeypatch):
    model, source = vectors(algorithm)
    kept = {}
    estimate = fisher.diagonal_fisher
    monkeypatch.setattr(fisher, "diagonal_fisher", lambda *a: kept.update(estimate(*a)) or kept)
    report = rlt.EWC(strength=strength, steps=16).attach(model, source)
    assert report.source_steps == 16
    parts, theirs, entries = named_parts(model), named_parts(source), report.of("target")
    generator = torch.Generator().manual_seed(3)
    expected = {}
    for name in learned_parts(model):
        parameter, entry = parts[name], entries[name]
        with torch.no_grad():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
        parameter.grad = torch.full_like(parameter, 0.5)
        held = strength if isinstance(strength, float) else strength.get(stage_of(name, model), 0.0)
        assert (entry.fate == "penalised") == (held > 0 and name != TEMPERATURE), name
        expected[name] = 0.5
        if entry.fate == "penalised":
            assert f"{float(kept[entry.counterpart].mean()):.3g}" in entry.note
            expected[name] += held * kept[entry.counterpart] * (parameter - theirs[entry.counterpart]).detach()
    for _, _, optimizer in optimizers(model):
        optimizer.step()
    for name, gradient in expected.items():
        torch.testing.assert_close(
            parts[name].grad, torch.zeros_like(parts[name]) + gradient, rtol=1e-4, atol=1e-6, msg=name
        )
    for site in trunk_sites(model):
        if site.role == "online":
            assert any(float((p.grad - 0.5).abs().max()) > 1e-4 for p in site.trunk.parameters())


def test_playing_the_source_leaves_the_targets_random_numbers_alone(pair):
    states = []
    for method in (rlt.Finetune(), rlt.EWC(steps=16)):
        model, source = pair()
        method.attach(model, source)
        states.append(torch.get_rng_state())
    assert torch.equal(*states)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_weights_that_the_source_depends_on_move_less(algorithm, vectors):
    """Fisher-weighted, the distance from the source falls with the strength."""
    distances = []
    options = {"n_epochs": 8} if algorithm == "ppo" else {}
    for strength in (0.0, 1e6):
        model, source = vectors(algorithm, **options)
        rlt.EWC(strength=strength, steps=32).attach(model, source)
        weights = fisher.diagonal_fisher(source, play(source, 16))
        model.learn(384)
        ours, theirs = named_parts(model), named_parts(source)
        distances.append(sum(float((w * (ours[n] - theirs[n]).detach() ** 2).sum()) for n, w in weights.items()))
    assert distances[0] > 2 * distances[1] > 0


def test_findings_and_fates_say_how_firmly_each_stage_is_held(pair):
    model, source = pair(robots=("omni", "differential"))
    report = rlt.EWC(steps=16).attach(model, source)
    assert set(report.findings["ewc"]["mean_fisher"]) == {"conv1", "conv2", "conv3", "fc", "heads"}
    assert all(value > 0 for value in report.findings["ewc"]["mean_fisher"].values())
    entries = report.of("target")
    assert entries["trunk.conv1.0.weight"].fate == entries["value_net.weight"].fate == "penalised"
    assert entries["action_net.weight"].fate == "re-initialised"


def test_beside_a_frozen_prefix_only_what_learns_is_held(pair):
    model, source = pair()
    method = rlt.Compose(methods=(rlt.Frozen(at="fc"), rlt.EWC(steps=16)))
    entries = method.attach(model, source).of("target")
    assert entries["trunk.conv3.0.weight"].fate == "frozen"
    assert entries["trunk.fc.1.weight"].fate == "penalised"
    model.learn(64)


def test_what_makes_no_sense_is_refused(pair, tiny, tmp_path):
    with pytest.raises(ConfigError, match="must be at least 0"):
        rlt.EWC(strength=-1.0).attach(*pair())
    with pytest.raises(UnknownNameError, match="conv9"):
        rlt.EWC(strength={"conv9": 1.0}).attach(*pair())
    with pytest.raises(ConfigError, match="both decide how weights are held"):
        rlt.Compose(methods=(rlt.EWC(), rlt.SoftSharing()))
    with pytest.raises(NotApplicableError, match="the actor of trpo moves by natural gradients"):
        rlt.EWC().attach(*pair("trpo"))
    rlt.save(tiny("ppo"), tmp_path)
    with pytest.raises(NotApplicableError, match="has no environment"):
        rlt.EWC().attach(tiny("ppo"), rlt.load_agent(tmp_path, device="cpu"))


def test_the_agent_is_saved_and_comes_back(pair, frames, tmp_path):
    model, source = pair()
    rlt.EWC(steps=16).attach(model, source)
    model.learn(64)
    rlt.save(model, tmp_path)
    again = rlt.load_agent(tmp_path, device="cpu")
    assert (again.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()
