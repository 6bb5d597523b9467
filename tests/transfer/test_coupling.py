"""Coupling: two agents that learn in turn, each pulled to where the other is by then."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, named_parts, optimizers, trunk_of
from rltransfer.errors import ConfigError, NotApplicableError, UnknownNameError
from rltransfer.registry import ALGORITHMS

REPLAYING = ["dqn", "qr_dqn", "sac", "td3", "ddpg", "tqc", "crossq"]


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"trpo", "classifier"}))
def test_each_is_pulled_to_where_the_other_is(algorithm, vectors):
    model, source = vectors(algorithm)
    entries = rlt.Coupling(strength=0.5).attach(model, source).of("target")
    both = (named_parts(model), named_parts(source))
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():  # as after some learning: both are elsewhere
        for parts in both:
            for parameter in parts.values():
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    before = [{name: p.detach().clone() for name, p in parts.items()} for parts in both]
    held = {n: e.counterpart for n, e in entries.items() if e.fate == "penalised"}
    assert held
    assert all("target" not in name and ".fc" in name for name in held)
    back = {theirs: ours for ours, theirs in held.items()}
    for agent, parts, own, other, counterparts in (
        (model, both[0], *before, held),
        (source, both[1], *before[::-1], back),
    ):
        for _, _, optimizer in optimizers(agent):
            for group in optimizer.param_groups:
                group["lr"] = 0.0  # so that the other is where it was
                for parameter in group["params"]:
                    parameter.grad = torch.full_like(parameter, 0.25)
            optimizer.step()
        for name, parameter in parts.items():
            if name in counterparts:
                expected = 0.25 + 0.5 * (own[name] - other[counterparts[name]])
                torch.testing.assert_close(parameter.grad, expected, msg=name)
            elif parameter.grad is not None:
                assert (parameter.grad == 0.25).all(), name


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "sac"])
def test_both_learn_and_the_source_takes_as_many_steps(algorithm, vectors, snapshot):
    model, source = vectors(algorithm)
    rlt.Coupling().attach(model, source)
    before = snapshot(model), snapshot(source)
    model.learn(128)
    assert source.num_timesteps == model.num_timesteps == 128
    for agent, was in zip((model, source), before, strict=True):
        parts = named_parts(agent)
        assert not torch.equal(parts["trunk.fc2.0.weight"], was["trunk.fc2.0.weight"])
    assert trunk_of(model) is not trunk_of(source)


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_more_strength_keeps_them_nearer(algorithm, vectors):
    distances = []
    options = {"n_epochs": 4} if algorithm == "ppo" else {}
    for strength in (1e-9, 100.0):
        model, source = vectors(algorithm, **options)
        report = rlt.Coupling(strength=strength).attach(model, source)
        model.learn(384)
        pairs = zip(trunk_of(model).parameters(), trunk_of(source).parameters(), strict=True)
        distances.append(sum(float(((ours - theirs) ** 2).sum().detach()) for ours, theirs in pairs))
        assert report.findings["coupling"]["distance"] == pytest.approx(distances[-1] ** 0.5, rel=1e-3)
    assert distances[0] > 2 * distances[1] > 0


@pytest.mark.parametrize("algorithm", ["ppo", "recurrent_ppo", "dqn", "sac"])
def test_what_the_source_draws_changes_nothing_for_the_target(algorithm, vectors):
    """A pull too weak for float32 leaves fine-tuning, bit for bit, although the source explores and learns beside."""
    learned = []
    for method in (rlt.Finetune(), rlt.Coupling(strength=1e-30)):
        model, source = vectors(algorithm)
        method.attach(model, source)
        model.learn(128)
        learned.append(named_parts(model))
    assert source.num_timesteps == 128
    finetuned, coupled = learned
    assert all(torch.equal(finetuned[name], coupled[name]) for name in finetuned)


@pytest.mark.parametrize("method", [rlt.Coupling(), rlt.HardSharing()], ids=lambda method: method.label)
@pytest.mark.parametrize("algorithm", REPLAYING)
def test_a_trained_source_acts_by_its_policy_while_its_buffer_fills(method, algorithm, vectors, tmp_path):
    """Past ``learning_starts`` with an empty buffer, it neither acts at random nor learns from a handful."""
    _, trained = vectors(algorithm)
    rlt.save(trained.learn(64), tmp_path)
    source = rlt.load_agent(tmp_path, env=trained.get_env(), device="cpu")
    model, _ = vectors(algorithm, learning_starts=0)
    method.attach(model, source)
    asked, sizes = [], []
    predict, sample = source.predict, source.replay_buffer.sample
    source.predict = lambda *args, **kwargs: asked.append(1) or predict(*args, **kwargs)
    source.replay_buffer.sample = lambda *a, **k: sizes.append(source.replay_buffer.size() * 4) or sample(*a, **k)
    before = {name: p.detach().clone() for name, p in heads(source).items()}
    model.learn(32)
    assert len(asked) == 8, "every action was the policy's"
    assert not sizes
    assert all(torch.equal(p, before[name]) for name, p in heads(source).items())
    model.learn(64, reset_num_timesteps=False)
    assert sizes
    assert min(sizes) > source.learning_starts == 32


def test_a_fresh_source_warms_up_like_any_other(vectors):
    """Two fresh agents: the partner acts at random for ``learning_starts`` steps, as it would alone."""
    model, source = vectors("sac")
    rlt.Coupling().attach(model, source)
    asked = []
    predict = source.predict
    source.predict = lambda *args, **kwargs: asked.append(source.num_timesteps) or predict(*args, **kwargs)
    model.learn(96)
    assert min(asked) == 32


def test_the_anchor_of_each_moves_on_with_the_other(pair):
    model, source = pair()
    rlt.Coupling(strength=1.0).attach(model, source)
    with torch.no_grad():
        for parameter in trunk_of(source).parameters():
            parameter.add_(1.0)
    for parameter in model.policy.parameters():
        parameter.grad = torch.zeros_like(parameter)
    model.policy.optimizer.step()
    gradients = torch.cat([parameter.grad.flatten() for parameter in trunk_of(model).parameters()])
    torch.testing.assert_close(gradients, torch.full_like(gradients, -1.0))


def test_beside_a_frozen_prefix_only_what_learns_is_coupled(pair):
    model, source = pair()
    method = rlt.Compose(methods=(rlt.Frozen(at="fc"), rlt.Coupling()))
    entries = method.attach(model, source).of("target")
    assert entries["trunk.conv1.0.weight"].fate == "frozen"
    assert (entries["trunk.fc.1.weight"].fate, entries["trunk.fc.1.weight"].note) == (
        "penalised",
        "strength 0.001, to where the source is then",
    )
    model.learn(64)
    assert source.num_timesteps == 64


def test_what_makes_no_sense_is_refused(pair, tiny, tmp_path):
    with pytest.raises(ConfigError, match="both decide how weights are held"):
        rlt.Compose(methods=(rlt.Coupling(), rlt.SoftSharing()))
    with pytest.raises(ConfigError, match="must be at least 0"):
        rlt.Coupling(strength=-1.0).attach(*pair())
    with pytest.raises(UnknownNameError, match="conv9"):
        rlt.Coupling(strength={"conv9": 1.0}).attach(*pair())
    with pytest.raises(NotApplicableError, match="the actor of trpo moves by natural gradients"):
        rlt.Coupling().attach(*pair("trpo"))
    with pytest.raises(NotApplicableError, match="TRPO's actor moves by natural gradients"):
        rlt.Coupling().attach(*pair("ppo", source_algorithm="trpo"))
    rlt.save(tiny("ppo"), tmp_path)
    with pytest.raises(NotApplicableError, match=r"it needs its environment: rltransfer.load_agent"):
        rlt.Coupling().attach(tiny("ppo"), rlt.load_agent(tmp_path, device="cpu"))


def test_the_agent_is_saved_and_comes_back(pair, frames, tmp_path):
    model, source = pair()
    rlt.Coupling(strength={"heads": 0.1, "fc": 0.1}).attach(model, source)
    model.learn(64)
    rlt.save(model, tmp_path)
    again = rlt.load_agent(tmp_path, device="cpu")
    assert (again.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()
