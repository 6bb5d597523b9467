"""Soft sharing: the gradient of a written-out penalty, no more and no less."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import TEMPERATURE, learned_parts, named_parts, optimizers, stage_of, trunk_of
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import ALGORITHMS


@pytest.mark.parametrize("algorithm", [a for a in ALGORITHMS if rlt.SoftSharing().refusal(ALGORITHMS.get(a)) is None])
@pytest.mark.parametrize(
    ("strength", "heads"),
    [(0.7, "copy"), ({"fc1": 0.1, "heads": 0.4}, "copy"), ({"fc2": 2.0, "heads": 0.4}, "reinit")],
    ids=["one", "by-stage", "fresh-heads"],
)
def test_the_hook_adds_the_gradient_that_autograd_finds_for_the_written_penalty(algorithm, strength, heads, vectors):
    model, source = vectors(algorithm)
    report = rlt.SoftSharing(strength=strength, heads=heads).attach(model, source)
    parts, theirs = named_parts(model), named_parts(source)
    generator = torch.Generator().manual_seed(3)
    draw = lambda p: torch.randn(p.shape, generator=generator)  # noqa: E731
    with torch.no_grad():
        for parameter in parts.values():  # as after some learning: away from the anchor
            parameter.add_(0.1 * draw(parameter))
    penalty, loss_gradients = 0.0, {}
    online = {name: parameter for name, parameter in parts.items() if name in learned_parts(model)}
    for name, parameter in online.items():
        by_stage = strength if isinstance(strength, dict) else dict.fromkeys(("fc1", "fc2"), strength)
        held = by_stage.get(stage_of(name, model), 0.0)
        entry = report.of("target")[name]
        assert (entry.counterpart is None) == (name == TEMPERATURE or (heads == "reinit" and "fc" not in name))
        if entry.counterpart is not None:  # fresh heads have nothing to be held near to
            penalty = penalty + held / 2 * ((parameter - theirs[entry.counterpart].detach()) ** 2).sum()
        loss_gradients[name] = draw(parameter)
    penalty.backward()
    expected = {n: g + (0 if parts[n].grad is None else parts[n].grad) for n, g in loss_gradients.items()}
    for name, parameter in online.items():
        parameter.grad = loss_gradients[name].clone()
    for _, _, optimizer in optimizers(model):
        optimizer.step()
    for name, parameter in online.items():
        torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-5, atol=1e-6, msg=name)
    assert any(not torch.equal(parts[n].grad, g) for n, g in loss_gradients.items())


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_more_strength_stays_nearer_to_the_source(algorithm, vectors):
    distances = []
    for strength in (0.0, 100.0):
        model, source = vectors(algorithm)
        rlt.SoftSharing(strength=strength).attach(model, source)
        model.learn(512)
        pairs = zip(trunk_of(model).parameters(), trunk_of(source).parameters(), strict=True)
        distances.append(sum(((ours - theirs) ** 2).sum().item() for ours, theirs in pairs))
    assert distances[0] > 2 * distances[1] > 0


def test_the_anchor_is_the_source_as_it_was_and_not_as_it_goes_on(pair):
    model, source = pair()
    rlt.SoftSharing(strength=1.0).attach(model, source)
    with torch.no_grad():
        for parameter in trunk_of(source).parameters():
            parameter.add_(1.0)
    for parameter in model.policy.parameters():
        parameter.grad = torch.zeros_like(parameter)
    model.policy.optimizer.step()
    assert all((parameter.grad == 0).all() for parameter in model.policy.parameters())


@pytest.mark.parametrize(
    ("method", "beside"),
    [
        (rlt.SoftSharing(), rlt.Frozen()),
        (rlt.SoftSharing(), rlt.Adapters()),
        (rlt.SoftSharing(strength={"conv1": 1.0}), rlt.Frozen(at="conv2")),
        (rlt.Coupling(), rlt.Frozen()),
        (rlt.EWC(steps=8), rlt.Frozen(heads="reinit")),
    ],
    ids=lambda method: method.label,
)
def test_where_nothing_is_left_to_hold_it_is_refused(method, beside, pair):
    """The arm would be ``beside`` alone under another name."""
    with pytest.raises(NotApplicableError, match=f"{method.label} holds nothing: of (heads, )?conv1"):
        rlt.Compose(methods=(beside, method)).attach(*pair())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"fc": float("nan")}], ids=str)
def test_a_strength_that_is_no_finite_number_is_refused(value):
    """It would make every weight NaN at the first step."""
    with pytest.raises(ConfigError, match="finite number"):
        rlt.SoftSharing(strength=value)
