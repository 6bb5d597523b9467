"""Policy distillation: the learner begins with the source's policy, on weights of its own."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import follow, named_parts, policy_of, trunk_of, with_targets
from rltransfer.agents.rollouts import play
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer import Compose
from rltransfer.transfer.mechanisms.policies_compared import at, divergence, squared_values
from rltransfer.transfer.mechanisms.supervised import answers, pretrain
from rltransfer.trunks.specs import MLP

DISCRETE = ["ppo", "a2c", "dqn", "qr_dqn", "trpo"]
CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]
ROBOTS = {**dict.fromkeys(DISCRETE, "omni"), **dict.fromkeys(CONTINUOUS, "hovercraft")}
BRIEF = {"steps": 256, "epochs": 4, "batch_size": 32, "learning_rate": 3e-3, "temperature": 1.0}
SHORT = {**BRIEF, "steps": 64, "epochs": 1}


def ready(pair, algorithm, **options):
    return pair(algorithm, robots=(ROBOTS[algorithm],) * 2, **options)


def apart(model, source, frames):
    return float(divergence(answers(source, frames), answers(model, frames), temperature=1.0))


@pytest.mark.parametrize("algorithm", [*DISCRETE, *CONTINUOUS])
def test_the_learner_begins_nearer_to_the_sources_policy_in_states_it_was_not_taught(algorithm, vectors, snapshot):
    model, source = vectors(algorithm)
    frames = source.get_env().reset()
    before, theirs = apart(model, source, frames), snapshot(source)
    brief = {**BRIEF, "epochs": 16} if algorithm == "crossq" else BRIEF
    report = rlt.Distillation(**brief).attach(model, source)
    if algorithm != "crossq":  # its batch normalisation magnifies what little differs between untrained features
        assert apart(model, source, frames) < 0.5 * before
    found = report.findings["distillation"]
    assert found["loss_at_last"] < 0.5 * found["loss_at_first"]
    assert found["disagreement_after"] <= (0.5 if algorithm == "crossq" else 1) * found["disagreement_before"]
    assert report.source_steps == 256
    assert all(torch.equal(p, theirs[n]) for n, p in named_parts(source).items())
    for online, target in zip(*[iter(with_targets(model))] * 2, strict=True):
        assert all(torch.equal(p, q) for p, q in zip(online.parameters(), target.parameters(), strict=True))
    assert not any(policy_of(model).get_parameter(n).grad is not None for n, _ in policy_of(model).named_parameters())
    model.learn(64)


@pytest.mark.parametrize("loss", ["kl", "nll", "mse"])
def test_by_each_loss_a_q_network_takes_the_same_actions_in_the_end(loss, tiny, cartpole):
    source, model = tiny("dqn", cartpole(seed=3), seed=7), tiny("dqn", cartpole())
    follow(model)
    with torch.no_grad():  # values that differ by what temperature 0.01 tells apart, and of a level of their own
        source.q_net.q_net[-1].weight *= 10
        source.q_net.q_net[-1].bias += 5 - answers(source, play(source, 512).observations).preferences.mean(0)
    brief = {**BRIEF, "temperature": 0.01, "epochs": 40, "steps": 512, "learning_rate": 1e-2}
    found = rlt.Distillation(loss=loss, **brief).attach(model, source).findings["distillation"]
    assert found["disagreement_after"] < 0.1 < 0.3 < found["disagreement_before"]
    states = source.get_env().reset()
    theirs, ours = answers(source, states), answers(model, states)
    assert (float(squared_values(theirs, ours)) < 0.5) == (loss == "mse")  # only one of them teaches the level


def test_one_step_is_adams_by_the_written_loss(tiny, cartpole):
    source, model = tiny("dqn", cartpole(seed=3), seed=7), tiny("ppo", cartpole())
    states = source.get_env().reset()
    twin = tiny("ppo", cartpole())
    teacher = answers(source, states)
    pretrain(
        model,
        states,
        lambda student, rows: divergence(at(teacher, rows), student, temperature=0.05),
        of=model,
        epochs=1,
        batch_size=4,
        learning_rate=0.01,
    )
    theirs = (source.q_net(torch.as_tensor(states)) / 0.05).log_softmax(1).detach()
    ours = twin.policy.get_distribution(torch.as_tensor(states)).distribution.logits
    optimizer = torch.optim.Adam(twin.policy.parameters(), lr=0.01)
    (theirs.exp() * (theirs - ours)).sum(1).mean().backward()
    optimizer.step()
    expected = named_parts(twin)
    for name, parameter in named_parts(model).items():
        torch.testing.assert_close(parameter, expected[name], rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize(
    ("source_algorithm", "algorithm"), [("dqn", "ppo"), ("ppo", "qr_dqn"), ("td3", "sac"), ("sac", "ppo")], ids=str
)
def test_a_learner_of_another_algorithm_on_another_trunk(source_algorithm, algorithm, tiny):
    name = "Pendulum-v1" if source_algorithm in CONTINUOUS else "CartPole-v1"
    theirs, ours = (rlt.make_env({"id": name}, num_envs=4, seed=seed) for seed in (8, 1))
    source = tiny(source_algorithm, theirs, trunk=MLP(widths=(8, 6)), seed=7)
    model = tiny(algorithm, ours, trunk=MLP(widths=(5,)))
    frames = rlt.make_env({"id": name}, num_envs=16, seed=100).reset()
    before = apart(model, source, frames)
    rlt.Distillation(**BRIEF).attach(model, source)
    assert apart(model, source, frames) < 0.8 * before


def test_beside_a_frozen_cached_trunk_only_the_heads_are_taught(pair, frames, snapshot):
    reports, ends = [], []
    for order in (1, -1):
        model, source = pair()
        methods = (rlt.Frozen(heads="reinit"), rlt.Distillation(**BRIEF))[::order]
        before = apart(model, source, frames)
        reports.append(Compose(methods=methods).attach(model, source))
        assert isinstance(model.get_env(), rlt.FeatureCache)
        taken = source.predict(frames, deterministic=True)[0]
        assert (model.predict(frames, deterministic=True)[0] == taken).mean() >= 0.75
        ends.append(snapshot(model))
        model.learn(64)
    assert before > 0
    assert all(torch.allclose(p, ends[1][n], rtol=1e-3, atol=1e-4) for n, p in ends[0].items())
    entries = reports[0].of("target")
    assert (entries["trunk.fc.1.weight"].fate, entries["trunk.fc.1.weight"].note) == ("frozen", "")
    assert entries["action_net.weight"].note == "then taught by distillation"
    assert torch.equal(ends[0]["trunk.fc.1.weight"], named_parts(source)["trunk.fc.1.weight"])


def test_beside_soft_sharing_the_anchor_is_the_source_and_not_what_was_taught(pair):
    model, source = pair()
    report = Compose(methods=(rlt.Distillation(**BRIEF), rlt.SoftSharing(strength=1e4))).attach(model, source)
    entry = report.of("target")["trunk.conv2.0.weight"]
    assert (entry.fate, entry.note) == ("penalised", "then taught by distillation; strength 10000")
    weight, anchor = (named_parts(m)["trunk.conv2.0.weight"] for m in (model, source))
    with torch.no_grad():
        weight.add_(0.1)  # as far from the source as no teaching at such rates goes
    model.learn(512)
    assert (weight - anchor).abs().mean() < 0.1


def test_the_report_says_what_was_taught(pair, snapshot):
    model, source = ready(pair, "sac")
    before = snapshot(model)
    entries = rlt.Distillation(**SHORT).attach(model, source).of("target")
    for name, parameter in named_parts(model).items():
        assert entries[name].fate == "re-initialised"
        assert torch.equal(parameter, before[name]) == (entries[name].note != "then taught by distillation"), name
    assert entries["actor.mu.weight" if "actor.mu.weight" in entries else "actor.mu.0.weight"].note


def test_batch_statistics_are_those_of_the_states_that_were_taught(pair, batch_normed):
    model, source = pair(trunk=batch_normed(), robots=("omni", "omni"))
    states = source.get_env().reset()
    taught = []
    pretrain(
        model,
        states,
        lambda student, rows: taught.append(rows) or 0 * student.preferences.sum(),
        of=source,
        epochs=1,
        batch_size=2,
        learning_rate=1e-3,
    )
    convolution, norm, _ = trunk_of(model).stages["conv1"]
    with torch.no_grad():
        outputs = convolution(torch.as_tensor(states))
    torch.testing.assert_close(norm.running_mean, outputs.mean((0, 2, 3)), rtol=1e-3, atol=1e-5)


def test_a_taught_agent_saves_and_loads(pair, frames, tmp_path):
    model, source = pair()
    rlt.Distillation(**SHORT).attach(model, source)
    rlt.save(model, tmp_path / "agent")
    loaded = rlt.load_agent(tmp_path / "agent")
    assert (loaded.predict(frames, deterministic=True)[0] == model.predict(frames, deterministic=True)[0]).all()


def test_what_cannot_be_taught_is_refused_with_its_reason(pair):
    with pytest.raises(NotApplicableError, match="action spaces differ"):
        rlt.Distillation().attach(*pair(robots=("differential", "omni")))
    with pytest.raises(NotApplicableError, match="which DQN and QR-DQN have"):
        rlt.Distillation(loss="mse").attach(*pair("dqn", source_algorithm="ppo"))
    with pytest.raises(NotApplicableError, match="needs its memory"):
        rlt.Distillation().attach(*pair("ppo", source_algorithm="recurrent_ppo"))
    with pytest.raises(NotApplicableError, match="does not serve recurrent_ppo: its policy goes by a memory"):
        rlt.Distillation().attach(*pair("recurrent_ppo"))
    with pytest.raises(ConfigError, match="would change it there"):
        Compose(methods=(rlt.Distillation(), rlt.HardSharing()))
