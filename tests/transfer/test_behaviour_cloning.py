"""Behaviour cloning: the learner begins with the actions that the source took."""

import numpy as np
import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import follow, named_parts, trunk_of, with_targets
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer import Compose
from rltransfer.transfer.mechanisms.supervised import answers

DISCRETE = ["ppo", "a2c", "dqn", "qr_dqn", "trpo"]
CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
BRIEF = {"steps": 256, "epochs": 12, "batch_size": 32, "learning_rate": 1e-2, "deterministic": True}
SHORT = {**BRIEF, "steps": 64, "epochs": 1}


@pytest.fixture
def decided(tiny, cartpole):
    """A source that pushes CartPole to where the pole falls, so that it takes both actions equally often."""

    def make(algorithm="ppo"):
        source = tiny(algorithm, cartpole(seed=3), seed=7)
        first, second = (trunk_of(source).stages[name][1 - n] for n, name in enumerate(("fc1", "fc2")))
        head = source.q_net.q_net[-1] if algorithm == "dqn" else source.policy.action_net
        with torch.no_grad():
            for parameter in (*trunk_of(source).parameters(), *head.parameters()):
                parameter.zero_()
            first.weight[0, 2:] = torch.tensor([10.0, 5.0])
            second.weight[0, 0] = 5.0
            head.weight[:, 0] = torch.tensor([-3.0, 3.0])
        return source

    return make


@pytest.mark.parametrize("algorithm", DISCRETE)
def test_a_learner_of_discrete_actions_takes_the_sources(algorithm, decided, tiny, cartpole):
    source, model = decided(), tiny(algorithm, cartpole())
    follow(model)
    report = rlt.BehaviourCloning(**{**BRIEF, "epochs": 60}).attach(model, source)
    found = report.findings["behaviour_cloning"]
    assert found["disagreement_after"] < 0.1 < 0.3 < found["disagreement_before"]
    states = source.get_env().reset()
    agree = [model.predict(s, deterministic=True)[0] == source.predict(s, deterministic=True)[0] for s in states]
    assert np.mean(agree) > 0.5
    assert report.source_steps == 256
    for online, target in zip(*[iter(with_targets(model))] * 2, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(online.parameters(), target.parameters(), strict=True))


@pytest.mark.parametrize("algorithm", [*CONTINUOUS, "ppo"])
def test_a_learner_of_continuous_actions_takes_the_sources_and_explores_as_before(algorithm, vectors, pair, snapshot):
    model, source = vectors(algorithm) if algorithm in CONTINUOUS else pair(algorithm, robots=("hovercraft",) * 2)
    before = snapshot(model)
    report = rlt.BehaviourCloning(**{**BRIEF, "steps": 128, "learning_rate": 3e-3}).attach(model, source)
    found = report.findings["behaviour_cloning"]
    assert found["disagreement_after"] < 0.5 * found["disagreement_before"]
    kept = [name for name in before if "log_std" in name]
    assert len(kept) > 0 or algorithm in ("td3", "ddpg")
    assert all(torch.equal(named_parts(model)[name], before[name]) for name in kept)
    model.learn(64)


def test_a_q_networks_margin_is_kept_where_it_was_asked_for(decided, tiny, cartpole):
    gaps = []
    for margin in (0.0, 0.8, 3.0):
        source, model = decided("dqn"), tiny("dqn", cartpole())
        follow(model)
        rlt.BehaviourCloning(**{**BRIEF, "epochs": 30}, margin=margin).attach(model, source)
        values = answers(model, source.get_env().reset()).preferences
        gaps.append(float((values.max(1).values - values.min(1).values).mean()))
    assert gaps[0] < gaps[1] < gaps[2]


def test_drawn_actions_teach_otherwise_than_the_likeliest(pair):
    found = []
    for deterministic in (True, False):
        model, source = pair()
        method = rlt.BehaviourCloning(**{**BRIEF, "deterministic": deterministic})
        found.append(method.attach(model, source).findings["behaviour_cloning"])
    assert found[0]["loss_at_last"] < 0.5 * found[1]["loss_at_last"]


def test_a_recurrent_source_can_be_cloned(tiny, cartpole):
    source, model = tiny("recurrent_ppo", cartpole(seed=3), seed=7), tiny("ppo", cartpole())
    found = rlt.BehaviourCloning(**BRIEF).attach(model, source).findings["behaviour_cloning"]
    assert found["loss_at_last"] < 0.7 * found["loss_at_first"]


def test_the_report_says_what_was_taught_beside_what_was_carried(pair):
    model, source = pair()
    report = Compose(methods=(rlt.Finetune(heads="reinit"), rlt.BehaviourCloning(**SHORT))).attach(model, source)
    entries = report.of("target")
    for name, fate in (("trunk.fc.1.weight", "copied"), ("action_net.weight", "re-initialised")):
        assert entries[name].fate == fate
        assert entries[name].note.endswith("then taught by behaviour_cloning")


def test_a_taught_agent_saves_and_loads(pair, frames, tmp_path):
    model, source = pair("dqn")
    rlt.BehaviourCloning(**SHORT).attach(model, source)
    rlt.save(model, tmp_path / "agent")
    loaded = rlt.load_agent(tmp_path / "agent")
    assert (loaded.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()


def test_what_cannot_be_taught_is_refused_with_its_reason(pair, tmp_path):
    with pytest.raises(NotApplicableError, match="action spaces differ"):
        rlt.BehaviourCloning().attach(*pair(robots=("differential", "omni")))
    with pytest.raises(NotApplicableError, match="does not serve recurrent_ppo: its policy goes by a memory"):
        rlt.BehaviourCloning().attach(*pair("recurrent_ppo"))
    model, source = pair()
    rlt.save(source, tmp_path / "source")
    with pytest.raises(NotApplicableError, match="has no environment"):
        rlt.BehaviourCloning().attach(model, rlt.load_agent(tmp_path / "source"))
    with pytest.raises(ConfigError, match="both decide what is taught beforehand"):
        Compose(methods=(rlt.Distillation(), rlt.BehaviourCloning()))
    with pytest.raises(ConfigError, match="would change it there"):
        Compose(methods=(rlt.BehaviourCloning(), rlt.HardSharing()))
