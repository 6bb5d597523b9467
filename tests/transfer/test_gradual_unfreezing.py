"""Gradual unfreezing: from the heads backwards, one stage after the other, at the time set for each."""

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import named_parts, optimizers, stage_of, trunk_sites
from rltransfer.errors import ConfigError
from rltransfer.registry import ALGORITHMS
from rltransfer.trunks.specs import MLP

CONTINUOUS = ["sac", "td3", "ddpg", "tqc", "crossq"]


@pytest.fixture
def learners(tiny):
    """(model, source) of any algorithm on a small trunk of three stages, from vectors."""

    def make(algorithm="ppo", **changes):
        task = {"id": "Pendulum-v1" if algorithm in CONTINUOUS else "CartPole-v1"}
        both = []
        for seed in (0, 7):
            env = rlt.make_env(task, num_envs=4, seed=1)
            both.append(tiny(algorithm, env, trunk=MLP(widths=(8, 7, 6)), seed=seed, **changes))
        return both

    return make


def moved_in_updates(model, steps, snapshot):
    """[(environment steps, stages of which some number changed)] of each update while ``model`` learns."""
    train, updates = model.train, []

    def watched(*args, **kwargs):
        before = snapshot(model)
        train(*args, **kwargs)
        parts = {name: p for name, p in named_parts(model).items() if "target" not in name}
        moved = {stage_of(name, model) for name, p in parts.items() if not torch.equal(p, before[name])}
        updates.append((model.num_timesteps, moved))

    model.train = watched
    model.learn(steps)
    del model.train
    return updates


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - {"classifier"}))
def test_stages_begin_to_learn_one_after_the_other(algorithm, learners, snapshot):
    model, source = learners(algorithm)
    report = rlt.GradualUnfreezing(steps_per_stage=96).attach(model, source)
    names = trunk_sites(model)[0].trunk.stage_names
    assert names == ("fc1", "fc2", "fc3")
    updates = moved_in_updates(model, 384, snapshot)
    for steps, moved in updates:
        learning = {"heads", *names[max(len(names) - steps // 96, 0) :]}
        assert moved <= learning, steps
        assert moved == learning or algorithm in ("td3", "ddpg", "crossq", "sac", "tqc"), steps
    assert updates[0][1] == {"heads"}
    assert updates[-1][1] == {"heads", *names}
    found = report.findings["gradual_unfreezing"]
    assert list(found) == ["fc3", "fc2", "fc1"]
    assert list(found.values()) == [next(s for s, _ in updates if s >= start) for start in (96, 192, 288)]
    assert all(parameter.requires_grad for parameter in model.policy.parameters())
    copies = [site.trunk for site in trunk_sites(model)]
    assert not any(trunk.frozen_stages for trunk in copies), "target networks, too"


@pytest.mark.parametrize("algorithm", ["ppo", "sac"])
def test_a_stage_that_waits_gathers_no_moments(algorithm, learners):
    model, source = learners(algorithm)
    rlt.GradualUnfreezing(steps_per_stage=128).attach(model, source)
    model.learn(192)
    parts = named_parts(model)
    counts = {}
    for _, _, optimizer in optimizers(model):
        for name, p in parts.items():
            if p in optimizer.state:
                counts.setdefault(stage_of(name, model), []).append(int(optimizer.state[p]["step"]))
    assert set(counts) == {"heads", "fc3"}
    assert max(counts["fc3"]) < max(counts["heads"])


@pytest.mark.parametrize("algorithm", ["ppo", "dqn", "sac"])
def test_waiting_for_ever_is_the_frozen_trunk_bit_for_bit(algorithm, learners):
    """A frozen prefix takes the acting trunk for the critic, too: so the source's two are made one, and heads fresh."""
    learned = []
    for frozen in (
        rlt.Frozen(cache=False, heads="reinit"),
        rlt.GradualUnfreezing(steps_per_stage=10**6, heads="reinit"),
    ):
        model, source = learners(algorithm)
        if algorithm == "sac":
            source.critic.features_extractor.load_state_dict(source.actor.features_extractor.state_dict())
        frozen.attach(model, source)
        model.learn(128)
        learned.append(named_parts(model))
    assert all(torch.equal(learned[0][name], learned[1][name]) for name in learned[0])


def test_batch_norm_rests_while_its_stage_waits_and_moves_afterwards(tiny, batch_normed):
    model, source = (tiny("ppo", trunk=batch_normed(), seed=seed) for seed in (0, 7))
    rlt.GradualUnfreezing(steps_per_stage=128).attach(model, source)
    norm = trunk_sites(model)[0].trunk.stages["conv2"][1]
    before = norm.running_mean.clone()
    model.learn(128)
    assert torch.equal(norm.running_mean, before)
    model.learn(128, reset_num_timesteps=False)
    assert not torch.equal(norm.running_mean, before)


def test_the_report_says_when_each_parameter_begins_to_learn(learners):
    model, source = learners()
    entries = rlt.GradualUnfreezing(steps_per_stage=1000).attach(model, source).of("target")
    notes = {name: entry.note for name, entry in entries.items() if name.endswith("weight")}
    assert notes["trunk.fc3.0.weight"] == "learns from environment step 1,000 on"
    assert notes["trunk.fc1.1.weight"] == "learns from environment step 3,000 on"
    assert notes["action_net.weight"] == ""
    assert {entry.fate for entry in entries.values()} == {"copied"}


def test_beside_others_penalties_and_rates_act_once_a_stage_learns(learners, snapshot):
    model, source = learners()
    slow = rlt.Finetune(learning_rate_scale={"fc3": 0.0})
    parts = (slow, rlt.GradualUnfreezing(steps_per_stage=64), rlt.SoftSharing(strength=0.1))
    rlt.Compose(methods=parts).attach(model, source)
    before = snapshot(model)
    model.learn(256)
    after = named_parts(model)
    assert torch.equal(after["trunk.fc3.0.weight"], before["trunk.fc3.0.weight"])
    assert not torch.equal(after["trunk.fc1.1.weight"], before["trunk.fc1.1.weight"])


def test_what_is_taught_beforehand_reaches_stages_that_wait_whichever_stands_first(learners):
    brief = rlt.Distillation(steps=64, epochs=2)
    taught = []
    for parts in ((rlt.GradualUnfreezing(), brief), (brief, rlt.GradualUnfreezing())):
        model, source = learners()
        rlt.Compose(methods=parts).attach(model, source)
        taught.append({name: p.detach().clone() for name, p in named_parts(model).items()})
        assert not any(parameter.requires_grad for site in trunk_sites(model) for parameter in site.trunk.parameters())
    assert not torch.equal(taught[0]["trunk.fc1.1.weight"], named_parts(source)["trunk.fc1.1.weight"])
    assert all(torch.equal(taught[0][name], taught[1][name]) for name in taught[0])


def test_two_that_say_which_stages_learn_are_refused(learners):
    with pytest.raises(ConfigError, match="both decide which stages learn"):
        rlt.Compose(methods=(rlt.Frozen(), rlt.GradualUnfreezing()))
    with pytest.raises(ConfigError, match="steps_per_stage"):
        rlt.GradualUnfreezing(steps_per_stage=-1)


def test_an_agent_saved_while_stages_wait_acts_the_same_and_learns_whole(learners, tmp_path):
    model, source = learners()
    rlt.GradualUnfreezing(steps_per_stage=128).attach(model, source)
    model.learn(64)
    rlt.save(model, tmp_path / "agent")
    model.save(tmp_path / "model.zip")
    again = rlt.load_agent(tmp_path / "agent", device="cpu")
    observations = model.get_env().reset()
    expected, found = (m.predict(observations, deterministic=True)[0] for m in (model, again))
    assert (expected == found).all()
    assert all(parameter.requires_grad for parameter in again.policy.parameters())


def test_unfrozen_stages_leave_what_is_kept_still(batch_normed):
    trunk = batch_normed().build((3, 64, 64))
    trunk.keep_still(["conv2.0"])
    trunk.freeze("fc")
    trunk.train()
    assert not any(p.requires_grad for stage in ("conv1", "conv2") for p in trunk.stages[stage].parameters())
    trunk.unfreeze_stages(["conv2"])
    convolution, norm = trunk.stages["conv2"][0], trunk.stages["conv2"][1]
    assert [p.requires_grad for p in (convolution.weight, norm.weight)] == [False, True]
    assert (convolution.training, norm.training) == (False, True)
    assert (trunk.frozen_until, trunk.frozen_stages) == (1, {"conv1"})
