"""Hard sharing over several tasks: all on one trunk, their gradients compared, and projected by PCGrad."""

import itertools
import math

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import heads, named_parts, optimizers, trunk_of, trunk_sites
from rltransfer.agents.conflicts import project_conflicts, share_gradients
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.trunks.specs import MLP

TRUNK = MLP(widths=(8, 6))
DISCRETE = ("ppo", "a2c", "dqn", "qr_dqn", "trpo", "recurrent_ppo")
CONTINUOUS = ("sac", "td3", "ddpg", "tqc", "crossq")


@pytest.fixture
def saved(tiny, tmp_path):
    """Folders of saved agents that say in which task they were trained."""

    def save(family="cartpole", *, trunk=TRUNK):
        folder = tmp_path / f"{family}-{trunk.widths}"
        agent = tiny("ppo", rlt.make_env(family, num_envs=4, seed=1), trunk=trunk, seed=11)
        rlt.save(agent, folder)
        return str(folder), agent

    return save


@pytest.mark.parametrize(
    ("algorithm", "gradients"),
    [*((name, "pcgrad") for name in (*DISCRETE, *CONTINUOUS)), ("ppo", "sum"), ("td3", "sum"), ("trpo", "sum")],
)
def test_three_tasks_learn_on_one_trunk_for_as_many_steps_each(algorithm, gradients, vectors, saved):
    model, source = vectors(algorithm)
    folder, third = saved("pendulum" if algorithm in CONTINUOUS else "cartpole")
    method = rlt.HardSharing(beside=(folder,), gradients=gradients)
    if (algorithm, gradients) == ("trpo", "pcgrad"):
        with pytest.raises(NotApplicableError, match="the actor of trpo moves by natural gradients"):
            method.attach(model, source)
        return
    report = method.attach(model, source)
    agent = next(partner.agent for partner in model.partners if partner.agent is not source)
    assert trunk_of(agent) is trunk_of(source) is trunk_of(model)
    before = {name: p.detach().clone() for name, p in heads(agent).items()}
    assert all(torch.equal(p, heads(third)[name]) for name, p in before.items())  # its heads are its own
    model.learn(128)
    assert report.findings["steps_beside"] == {folder: 128}
    assert source.num_timesteps == 128
    assert all(not torch.equal(p, before[name]) for name, p in heads(agent).items())
    compared = report.findings["gradients"]
    if algorithm == "trpo":  # natural gradients are no optimizer's
        assert compared == {}
        return
    assert set(compared) == {"target & source", f"target & {folder}", f"source & {folder}"}
    for agreement in compared.values():
        assert -1 <= agreement["cosine"] <= 1
        assert 0 <= agreement["conflicting"] <= 1
        assert agreement["compared"] > 0


def step(agent, gradient):
    """One optimizer step with ``gradient`` on the shared trunk; returns what the optimizer got."""
    parameters = list(trunk_of(agent).parameters())
    sizes = [p.numel() for p in parameters]
    for p, part in zip(parameters, gradient.split(sizes), strict=True):
        p.grad = part.view_as(p).clone()
    agent.policy.optimizer.step()
    return torch.cat([p.grad.flatten() for p in parameters])


def drawn(model, count):
    size = sum(p.numel() for p in trunk_of(model).parameters())
    generator = torch.Generator().manual_seed(4)
    return [torch.randn(size, generator=generator) for _ in range(count)]


def test_pcgrad_is_algorithm_1_by_hand_for_two_tasks(vectors):
    model, source = vectors("ppo")
    rlt.HardSharing(gradients="pcgrad").attach(model, source)
    first, noise = drawn(model, 2)
    second = -0.5 * first + noise
    assert torch.equal(step(source, first), first)  # nobody to conflict with yet
    product = second @ first
    assert product < 0
    expected = second - product / (first @ first) * first
    found = step(model, second)
    torch.testing.assert_close(found, expected)
    assert abs(found @ first) < 1e-2 * found.norm() * first.norm()
    # the next step of the source goes by the target's gradient as it was, not as it was projected
    torch.testing.assert_close(step(source, first), first - (first @ second) / (second @ second) * second)


def test_pcgrad_leaves_gradients_that_agree_bit_for_bit(vectors):
    model, source = vectors("ppo")
    rlt.HardSharing(gradients="pcgrad").attach(model, source)
    first, noise = drawn(model, 2)
    step(source, first)
    second = 0.5 * first + noise
    assert second @ first > 0
    assert torch.equal(step(model, second), second)


def test_pcgrad_goes_through_three_tasks_in_an_order_of_chance(vectors, saved):
    model, source = vectors("ppo")
    folder, _ = saved()
    rlt.HardSharing(beside=(folder,), gradients="pcgrad").attach(model, source)
    third = model.partners[1].agent
    one, two, noise = drawn(model, 3)
    two = two - 0.7 * one
    mine = noise - one - two
    found = set()
    step(source, one)
    for _ in range(8):
        model.policy.optimizer.zero_grad()
        step(third, two)
        got = step(model, mine)
        by_order = [project_conflicts(mine, order) for order in itertools.permutations((one, two))]
        assert not torch.allclose(*by_order)
        found.add(next(number for number, expected in enumerate(by_order) if torch.allclose(got, expected, atol=1e-5)))
    assert found == {0, 1}


def test_projections_by_hand_in_the_plane():
    east, mixed = torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 2.0])
    assert project_conflicts(mixed, [east]).tolist() == [0.0, 2.0]
    # (1, 0) - (-1 / 5) * (-1, 2) = (0.8, 0.4)
    torch.testing.assert_close(project_conflicts(east, [mixed]), torch.tensor([0.8, 0.4]))
    assert project_conflicts(east, [torch.tensor([1.0, 5.0])]) is east
    # then against (-1, 0): product -0.8, so the first part goes
    torch.testing.assert_close(project_conflicts(east, [mixed, torch.tensor([-1.0, 0.0])]), torch.tensor([0.0, 0.4]))


def test_the_conflict_that_is_told_is_the_cosine_by_hand(vectors):
    model, source = vectors("ppo")
    findings = {}
    rlt.HardSharing().attach(model, source)
    share_gradients({"target": model, "source": source}, findings, surgery=False)
    first, noise = drawn(model, 2)
    second = noise - 0.5 * first
    model.learn(0)  # a log to write to
    for agent, gradient in ((source, first), (model, second), (model, first)):
        assert torch.equal(step(agent, gradient), gradient)  # it only looks
    cosine = float(first @ second / (first.norm() * second.norm()))
    model.listeners[-1]()
    told = findings["gradients"]["target & source"]
    assert math.isclose(told["cosine"], (cosine + 1) / 2, abs_tol=1e-3)
    assert (told["conflicting"], told["compared"]) == (0.5, 2)
    assert math.isclose(
        model.logger.name_to_value["transfer/cosine of gradients/target & source"], (cosine + 1) / 2, abs_tol=1e-3
    )


@pytest.mark.parametrize("algorithm", ["ppo", "sac"])
def test_looking_at_gradients_changes_nothing_and_pcgrad_does(algorithm, vectors, monkeypatch):
    learned = []
    for gradients, look in (("sum", True), ("sum", False), ("pcgrad", True)):
        # the values of two poles are learned by gradients that agree
        model, source = vectors(algorithm, **({"vf_coef": 0.0} if algorithm == "ppo" else {}))
        with monkeypatch.context() as patch:
            if not look:
                patch.setattr("rltransfer.agents.conflicts.share_gradients", lambda *_args, **_kwargs: None)
            rlt.HardSharing(gradients=gradients).attach(model, source)
        torch.manual_seed(0)
        model.learn(128)
        learned.append(named_parts(model))
    looked, blind, projected = learned
    assert all(torch.equal(looked[name], blind[name]) for name in looked)
    assert any(not torch.equal(looked[name], projected[name]) for name in looked if name.startswith("trunk."))


def test_actor_and_critic_with_trunks_of_their_own_are_compared_apart(vectors):
    model, source = vectors("sac")
    rlt.HardSharing().attach(model, source)
    ours, theirs = ([s.trunk for s in trunk_sites(m) if s.role == "online"] for m in (model, source))
    assert len({id(trunk) for trunk in ours}) == 2
    assert [id(trunk) for trunk in ours] == [id(trunk) for trunk in theirs]
    hooked = [len(o._optimizer_step_pre_hooks) for _, _, o in optimizers(source)]
    assert sorted(hooked) == [0, 1, 1]  # of the entropy's weight, actor and critic


def test_what_cannot_be_shared_is_refused(vectors, saved, tiny, cartpole, tmp_path):
    model, source = vectors("ppo")
    wide, _ = saved(trunk=MLP(widths=(8, 5)))
    with pytest.raises(NotApplicableError, match="so they cannot be one"):
        rlt.HardSharing(beside=(wide,)).attach(model, source)
    rlt.save(tiny("ppo", cartpole(), trunk=TRUNK), tmp_path / "pole")
    with pytest.raises(NotApplicableError, match="does not say in which task it was trained"):
        rlt.HardSharing(beside=(str(tmp_path / "pole"),)).attach(*vectors("ppo"))
    with pytest.raises(ConfigError, match="holds no trained agent"):
        rlt.HardSharing(beside=("nowhere",)).check_files()
