"""Earlier policies under a new reward: what is carried, what stays, what is chosen, and what is refused."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, optimizers
from rltransfer.agents.successor_policy import improved
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.trunks.specs import MLP

OPTIONS = {"num_features": 6}


@pytest.fixture
def agents(tiny):
    """(target, source) with successor features, none of whose weights agree."""

    def make(**changes):
        return tiny("successor_dqn", **OPTIONS, **changes), tiny("successor_dqn", seed=7, **OPTIONS)

    return make


def values(model, frames):
    tensor, _ = model.policy.obs_to_tensor(frames)
    with torch.no_grad():
        return model.q_net(tensor)


def test_before_it_learns_the_target_judges_as_the_source_bit_for_bit(agents, frames):
    """One source, the same reward: the better of two policies that are the same."""
    model, source = agents()
    expected = values(source, frames)
    assert not torch.allclose(values(model, frames), expected)
    rlt.SuccessorFeatures(cache=False).attach(model, source)
    assert torch.equal(values(model, frames), expected)
    cached, _ = agents()
    rlt.SuccessorFeatures().attach(cached, source)
    torch.testing.assert_close(values(cached, frames), expected, rtol=1e-4, atol=1e-5)
    assert isinstance(cached.get_env(), rlt.FeatureCache)


def test_every_parameters_fate_is_true(agents):
    model, source = agents()
    report = rlt.SuccessorFeatures().attach(model, source)
    ours, theirs = named_parts(model), named_parts(source)
    entries = report.of("target")
    assert set(entries) == set(ours)
    for name, entry in entries.items():
        assert torch.equal(ours[name], theirs[entry.counterpart]), name
        learns = ".q_net." in name.replace("_target", "")[1:]
        is_reward = name.endswith(".reward")
        assert entry.fate == ("copied" if learns or is_reward else "frozen"), name
        assert ours[name].requires_grad == learns, name
        assert ("regressed" in entry.note) == is_reward
    assert entries["q_net.earlier.0.0.weight"].counterpart == "q_net.q_net.0.weight"
    assert entries["q_net.earlier.0.0.weight"].note == "the policy of source"
    for name, entry in report.of("source").items():
        assert (entry.fate == "absent") == ("target" in name)


@pytest.mark.parametrize("cache", [True, False])
def test_the_own_policy_and_the_rewards_weights_learn_and_all_else_stays(cache, agents, snapshot):
    model, source = agents(target_update_interval=32, tau=0.5)
    report = rlt.SuccessorFeatures(cache=cache).attach(model, source)
    before, theirs = snapshot(model), snapshot(source)
    model.learn(192)
    after = snapshot(model)
    moved = {name for name in after if not torch.equal(after[name], before[name])}
    assert {name for name, entry in report.of("target").items() if entry.fate == "copied"} == moved
    assert all(torch.equal(value, theirs[name]) for name, value in snapshot(source).items())
    assert torch.equal(after["q_net.reward"], after["q_net_target.reward"])
    held = {id(p) for _, _, optimizer in optimizers(model) for g in optimizer.param_groups for p in g["params"]}
    assert {name for name, p in named_parts(model).items() if id(p) in held} == {
        "q_net.q_net.0.weight",
        "q_net.q_net.0.bias",
    }


def test_weights_are_those_of_the_regression_over_all_that_was_learned_from(agents):
    """Against least squares in numpy, over the minibatches that the buffer gave."""
    model, source = agents()
    rlt.SuccessorFeatures(cache=False, ridge=0.5).attach(model, source)
    prior, given, sample = source.q_net.reward.detach().numpy(), [], model.replay_buffer.sample

    def kept(*args, **kwargs):
        given.append(sample(*args, **kwargs))
        return given[-1]

    model.replay_buffer.sample = kept
    model.learn(256)
    net = model.q_net
    with torch.no_grad():
        pairs = [(net.encoded(data.observations), net.encoded(data.next_observations)) for data in given]
        phi = np.concatenate([net.phi(*pair).double().numpy() for pair in pairs])
    rewards = np.concatenate([data.rewards.double().numpy().ravel() for data in given])
    rows = np.concatenate([phi, 0.5**0.5 * np.eye(6)])
    expected = np.linalg.lstsq(rows, np.concatenate([rewards, 0.5**0.5 * prior]), rcond=None)[0]
    assert len(given) > 5
    np.testing.assert_allclose(net.reward.detach(), expected, atol=1e-4)
    missed = rewards - phi @ expected
    share = 1 - missed @ missed / ((rewards - rewards.mean()) ** 2).sum()
    assert model.findings["reward_explained"] == pytest.approx(share, abs=1e-3)


def test_actions_are_those_that_any_policy_makes_the_most_of(agents, frames):
    model, source = agents()
    rlt.SuccessorFeatures(cache=False).attach(model, source)
    with torch.no_grad():
        model.q_net.q_net[0].weight.mul_(-1)  # the own policy goes another way
        features = model.q_net.encoded(torch.as_tensor(frames))
        judged = [
            (head(features).reshape(16, 6, 4) * model.q_net.reward[:, None]).sum(1)
            for head in (model.q_net.q_net, source.q_net.q_net)
        ]
        best = torch.maximum(*judged)
    torch.testing.assert_close(values(model, frames), best, rtol=1e-4, atol=1e-6)
    assert not any(torch.allclose(best, one) for one in judged), "each is the better one somewhere"
    assert model.predict(frames, deterministic=True)[0].tolist() == best.argmax(1).tolist()
    assert torch.equal(improved(torch.ones(2, 3, 4, 6), torch.ones(6)), torch.full((2, 4), 6.0))


def test_findings_say_how_much_is_explained_and_who_acts_and_go_on_while_it_learns(agents):
    model, source = agents()
    report = rlt.SuccessorFeatures().attach(model, source)
    assert report.findings["successor_features"] == {"policies": ["own", "source"]}
    model.learn(96)
    found = report.as_json()["findings"]["successor_features"]
    assert len(found["policies_chosen"]) == 2
    assert sum(found["policies_chosen"]) == pytest.approx(1, abs=1e-3)
    assert found["reward_explained"] <= 1


def test_a_source_with_earlier_policies_brings_them_all(agents, tiny, frames, snapshot, tmp_path, rover):
    """Sources gathered one after another; saved and loaded between, and frozen still."""
    second, first = agents()
    rlt.SuccessorFeatures().attach(second, first)
    second.learn(128)
    rlt.save(second, tmp_path / "second")
    loaded = rlt.load_agent(tmp_path / "second", env=rover(), device="cpu")
    torch.testing.assert_close(values(loaded, frames), values(second, frames), rtol=1e-4, atol=1e-5)
    assert torch.equal(loaded.policy.regression.gram, second.policy.regression.gram)
    before = snapshot(loaded)
    loaded.learn(64)
    still = {name for name, value in snapshot(loaded).items() if torch.equal(value, before[name])}
    assert {name for name in before if ".earlier." in name or name.startswith(("trunk.", "q_net.phi"))} <= still

    second = rlt.load_agent(tmp_path / "second", device="cpu")
    third = tiny("successor_dqn", seed=3, **OPTIONS)
    report = rlt.SuccessorFeatures(cache=False).attach(third, second)
    assert len(third.q_net.earlier) == 2
    assert torch.equal(third.q_net.earlier[0][0].weight, first.q_net.q_net[0].weight)
    assert torch.equal(third.q_net.earlier[1][0].weight, second.q_net.q_net[0].weight)
    assert report.of("target")["q_net.earlier.0.0.weight"].counterpart == "q_net.earlier.0.0.weight"
    assert torch.equal(values(third, frames), values(second, frames))
    third.learn(96)
    assert len(third.findings["policies_chosen"]) == 3
    rlt.save(third, tmp_path / "third")
    again = rlt.load_agent(tmp_path / "third", device="cpu")
    assert torch.equal(values(again, frames), values(third, frames))


def test_agents_beside_the_source_bring_theirs_each_policy_once(agents, tiny, frames, tmp_path):
    """Two targets of one first source, gathered for a third."""
    first = tiny("successor_dqn", seed=7, **OPTIONS)
    siblings = []
    for seed in (1, 2):
        sibling = tiny("successor_dqn", seed=seed, **OPTIONS)
        rlt.SuccessorFeatures().attach(sibling, first)
        sibling.learn(64)
        siblings.append(sibling)
    folder = str(tmp_path / "second")
    rlt.save(siblings[1], folder)
    model = tiny("successor_dqn", seed=3, **OPTIONS)
    report = rlt.SuccessorFeatures(beside=(folder,), cache=False).attach(model, siblings[0])
    assert report.findings["successor_features"]["policies"] == ["own", "source: earlier.0", "source", folder]
    kept = [head[0].weight for head in model.q_net.earlier]
    expected = [first, *siblings]
    assert all(torch.equal(ours, agent.q_net.q_net[0].weight) for ours, agent in zip(kept, expected, strict=True))
    entry = report.of("target")["q_net.earlier.2.0.weight"]
    assert (entry.fate, entry.counterpart, entry.note) == ("frozen", None, f"the policy of {folder}")
    with torch.no_grad():
        features = model.q_net.encoded(torch.as_tensor(frames))
        psi = torch.stack([head(features).reshape(16, 6, 4).mT for head in (agent.q_net.q_net for agent in expected)])
    torch.testing.assert_close(values(model, frames), (psi @ model.q_net.reward.detach()).amax(0))
    model.learn(96)

    rlt.save(tiny("successor_dqn", seed=5, **OPTIONS), tmp_path / "stranger")
    with pytest.raises(NotApplicableError, match="stranger judges by other features of transitions than the source"):
        rlt.SuccessorFeatures(beside=(str(tmp_path / "stranger"),)).attach(*agents())
    with pytest.raises(ConfigError, match=r"successor_features.beside: nowhere holds no trained agent"):
        rlt.SuccessorFeatures(beside=("nowhere",)).check_files()


def test_with_soft_sharing_the_own_policy_is_held_to_the_sources(agents):
    moved = []
    for methods in ((rlt.SuccessorFeatures(),), (rlt.SuccessorFeatures(), rlt.SoftSharing(strength={"heads": 1e4}))):
        model, source = agents()
        method = methods[0] if len(methods) == 1 else rlt.Compose(methods=methods)
        report = method.attach(model, source)
        model.learn(256)
        ours, theirs = (agent.q_net.q_net[0].weight.detach() for agent in (model, source))
        moved.append(float((ours - theirs).abs().max()))
    assert report.of("target")["q_net.q_net.0.weight"].fate == "penalised"
    assert report.of("target")["q_net.reward"].fate == "copied"
    assert 0 < moved[1] < moved[0] / 2


def test_the_trunks_own_features_serve_too(tiny, frames, tmp_path):
    model, source = (tiny("successor_dqn", seed=seed) for seed in (0, 7))
    rlt.SuccessorFeatures().attach(model, source)
    torch.testing.assert_close(values(model, frames), values(source, frames), rtol=1e-4, atol=1e-5)
    model.learn(96)
    assert not torch.equal(model.q_net.reward, source.q_net.reward)
    rlt.save(model, tmp_path)
    loaded = rlt.load_agent(tmp_path, device="cpu")
    torch.testing.assert_close(values(loaded, frames), values(model, frames), rtol=1e-4, atol=1e-5)
    model, other = tiny("successor_dqn"), tiny("successor_dqn", seed=7, net_arch=(6,))
    with pytest.raises(NotApplicableError, match="built otherwise"):
        rlt.SuccessorFeatures().attach(model, other)


def test_it_serves_vectors_with_hidden_layers(tiny, cartpole):
    options = {"trunk": MLP(widths=(8, 6)), "net_arch": (7,), **OPTIONS}
    model, source = (tiny("successor_dqn", cartpole(), seed=seed, **options) for seed in (0, 7))
    rlt.SuccessorFeatures().attach(model, source)
    model.learn(96)
    assert torch.equal(model.q_net.earlier[0][2].weight, source.q_net.q_net[2].weight)


def test_what_has_no_successor_features_or_others_is_refused(tiny):
    model = tiny("successor_dqn", **OPTIONS)
    for source, reason in (
        (tiny("dqn"), "the source is a DQN, which has no successor features. Train it by successor_dqn"),
        (tiny("successor_dqn", num_features=5), "built otherwise than the source's.*Give both agents the same trunk"),
        (
            tiny("successor_dqn", robot="differential", **OPTIONS),
            "actions are not the target's: the action spaces differ",
        ),
    ):
        with pytest.raises(NotApplicableError, match=reason):
            rlt.SuccessorFeatures().attach(model, source)
    with pytest.raises(NotApplicableError, match="does not serve dqn: it learns no successor features"):
        rlt.SuccessorFeatures().attach(tiny("dqn"), tiny("successor_dqn", **OPTIONS))
    begun = tiny("successor_dqn", earlier_policies=1, **OPTIONS)
    with pytest.raises(NotApplicableError, match="has earlier policies already"):
        rlt.SuccessorFeatures().attach(begun, tiny("successor_dqn", **OPTIONS))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (rlt.Finetune(heads="reinit"), "finetune starts heads afresh, and successor_features judges by the source's"),
        (rlt.Frozen(), "both decide which stages learn"),
        (rlt.HardSharing(), "both decide which stages learn"),
        (rlt.Relations(), "both decide which stages learn"),
    ],
    ids=lambda value: getattr(value, "registered", ""),
)
def test_nonsense_compositions_are_refused(other, reason):
    with pytest.raises(ConfigError, match=reason):
        rlt.Compose(methods=(rlt.SuccessorFeatures(), other))
