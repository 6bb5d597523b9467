"""Inter-task mappings that are learned: what stands for an action is a combination of what the source had for it."""

import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch import nn

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, named_parts
from rltransfer.registry import ALGORITHMS
from rltransfer.trunks.specs import MLP

LEARNED = rlt.Mapped(actions="learned")
STEPS = [
    (("omni", "differential"), 3),
    (("differential", "omni"), 4),
    (("omni", "hovercraft"), 2),
    (("hovercraft", "omni"), 4),
]


def vector(size):
    return spaces.Box(-1, 1, (size,), np.float32)


@pytest.mark.parametrize(("robots", "count"), STEPS)
def test_between_robots_what_is_learned_of_actions_is_a_linear_map_from_the_sources(robots, count, pair):
    model, source = pair(robots=robots)
    report = rlt.Mapped(actions="learned").attach(model, source)
    begun = torch.as_tensor(report.findings["action_mapping"])
    rows = named_parts(source)["action_net.weight"].detach()
    assert begun.shape == (count, len(rows))
    assert report.of("target")["action_net.weight"].fate == "mapped"
    model.learn(128)
    mapping, ours = torch.as_tensor(report.findings["action_mapping"]), named_parts(model)["action_net.weight"]
    assert not torch.allclose(mapping, begun), "the mapping must be learned"
    torch.testing.assert_close(mapping @ rows, ours.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "algorithm", [a for a in ALGORITHMS if a != "classifier" and LEARNED.refusal(ALGORITHMS.get(a)) is None]
)
def test_a_mapping_is_learned_wherever_actions_are_told_judged_or_read(algorithm, couple, tmp_path):
    """What stands for the target's actions is a combination of what stands for the source's, and goes on being one."""
    continuous = "discrete" not in ALGORITHMS.get(algorithm).actions
    actions = (vector(3), vector(2)) if continuous else (spaces.Discrete(4), spaces.Discrete(2))
    model, source = couple(algorithm, [vector(5)] * 2, actions, trunk=MLP(widths=(16,)))
    LEARNED.attach(model, source)
    model.learn(96)
    if continuous:
        pairs = [
            [a.critic.qf0[0].weight.detach()[:, -n:].T for a, n in ((model, 3), (source, 2))],
            [
                [m for m in a.actor.mu.modules() if isinstance(m, nn.Linear)][-1].weight.detach()
                for a in (model, source)
            ],
        ]
    else:
        net = {"qr_dqn": "quantile_net.quantile_net.0", "dqn": "q_net.q_net.0", "successor_dqn": "q_net.q_net.0"}
        name = f"{net.get(algorithm, 'action_net')}.weight"
        pairs = [
            [
                heads(a)[name].detach().unflatten(0, (-1, n)).movedim(1, 0).flatten(1)
                for a, n in ((model, 4), (source, 2))
            ]
        ]
    for ours, rows in pairs:
        away = ours - ours @ torch.linalg.pinv(rows) @ rows
        assert away.abs().max() < 1e-4 * ours.abs().max()
    rlt.save(model, tmp_path)
    seen = np.random.default_rng(0).uniform(-1, 1, (16, 5)).astype(np.float32)
    np.testing.assert_array_equal(
        rlt.load_agent(tmp_path, device="cpu").predict(seen, deterministic=True)[0],
        model.predict(seen, deterministic=True)[0],
    )


@pytest.mark.parametrize("algorithm", ["ppo", "a2c"])
def test_a_mapping_is_learned_from_choices_to_continuous_actions(algorithm, couple):
    model, source = couple(algorithm, [vector(5)] * 2, (vector(3), spaces.Discrete(4)), trunk=MLP(widths=(16,)))
    report = LEARNED.attach(model, source)
    begun = torch.as_tensor(report.findings["action_mapping"])
    model.learn(96)
    ours, rows = (named_parts(a)["action_net.weight"].detach() for a in (model, source))
    mapping = torch.as_tensor(report.findings["action_mapping"])
    assert mapping.shape == (3, 4)
    assert not torch.allclose(mapping, begun)
    torch.testing.assert_close(mapping @ rows, ours, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("other", [rlt.Adapters(), rlt.Frozen(), rlt.GradualUnfreezing()], ids=lambda m: m.registered)
@pytest.mark.parametrize("actions", [{0: 2}, "learned"], ids=str)
def test_a_mapping_goes_together_with_methods_that_say_which_stages_learn(other, actions, pair, frames, tmp_path):
    model, source = pair(robots=("omni", "differential"))
    report = rlt.Compose(methods=[other, rlt.Mapped(actions=actions)]).attach(model, source)
    assert report.of("target")["action_net.weight"].fate == "mapped"
    assert sum(report.counts("target").values()) == sum(p.numel() for p in named_parts(model).values())
    model.learn(128)
    rlt.save(model, tmp_path)
    again = rlt.load_agent(tmp_path, device="cpu")
    wanted = model.predict(frames, deterministic=True)[0]
    np.testing.assert_array_equal(again.predict(frames, deterministic=True)[0], wanted)
