"""A whole trial in this process: what it leaves behind, and that it comes out the same again."""

import json

import pytest

import rltransfer as rlt
from rltransfer.config import parse_experiment
from rltransfer.experiment import plan_trials
from rltransfer.runs import RunDirectory, TrialName
from rltransfer.trial import Trial, run_trial

TEXT = """\
experiment: tiny
seeds: 1
trunk: {{name: mlp, widths: [8, 6]}}
agent: {{algorithm: {algorithm}, num_envs: 4, {options}}}
source: {{family: cartpole, budget: 128}}
targets: {{long: {{environment: {{length: 0.75}}}}}}
methods: [hard_sharing]
budget: 128
evaluation: {{every: 64, episodes: 3}}
"""
BATCH_NORMED = """\
experiment: batch-normed
seeds: 1
trunk: {name: impala, channels: [4], features: 8, batch_norm: true}
agent: {algorithm: ppo, num_envs: 4, n_steps: 16, batch_size: 32, n_epochs: 1}
source: {family: rover, budget: 64}
targets: {dusk: {environment: {palette: dusk}}}
methods: [adaptive_batch_norm: {steps: 64}]
budget: 128
evaluation: {every: 64, episodes: 2}
"""
OPTIONS = {
    "ppo": "n_steps: 16, batch_size: 32, n_epochs: 1",
    "dqn": "learning_starts: 32, batch_size: 16, buffer_size: 500, gradient_steps: 1",
}


@pytest.mark.parametrize("algorithm", ["ppo", "dqn"])
def test_learning_beside_the_source_comes_out_the_same_again(algorithm, tmp_path):
    config = parse_experiment(TEXT.format(algorithm=algorithm, options=OPTIONS[algorithm]))
    trials = [TrialName("source", "", 0), TrialName("long", "hard_sharing", 0)]
    left = []
    for run in (tmp_path / "first", tmp_path / "second"):
        for name in trials:
            run_trial(Trial(run=run, config=config, name=name), lambda content: None)
        directory = RunDirectory(run).trial(trials[1])
        rows = [(row.env_steps, row.on, row.return_mean) for row in directory.evaluations()]
        left.append((rows, (directory.agent / "trunk" / "trunk.safetensors").read_bytes()))
        status = directory.status()
        assert (status["source_trained_steps"], status["source_env_steps"]) == (128, 128)
        assert rlt.load_trunk(directory.path).features_dim == rlt.load_trunk(directory.agent).features_dim
    assert left[0] == left[1]


def test_pretraining_on_target_frames_needs_no_source_agent_and_is_paid_for_in_the_budget(tmp_path):
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"])
    config = parse_experiment(
        text.replace("[hard_sharing]", "[{inverse_dynamics: {frames: 64, updates: 2, batch_size: 8}}]")
    )
    name = TrialName("long", "inverse_dynamics", 0)
    run_trial(Trial(run=tmp_path, config=config, name=name), lambda content: None)  # no source has been trained
    directory = RunDirectory(tmp_path).trial(name)
    status = directory.status()
    assert (status["env_steps"], status["source_trained_steps"], status["source_env_steps"]) == (128, 0, 0)
    assert directory.evaluations()[-1].env_steps == 128  # of which 64 were played before
    report = json.loads(directory.transfer.read_text())
    assert report["target_steps"] == 64
    assert report["findings"]["inverse_dynamics"]["before"]["loss"] > 0
    assert report["source"] == {}


def measured(run, config, method):
    name = TrialName("long", method, 0)
    run_trial(Trial(run=run, config=config, name=name), lambda content: None)
    directory = RunDirectory(run).trial(name)
    assert directory.status()["state"] == "finished"
    curve = {row.env_steps: row.return_mean for row in directory.evaluations()}
    assert len(curve) == len(directory.evaluations()), "no step is measured twice"
    return curve


@pytest.mark.parametrize("frames", [32, 96, 128])
def test_what_pretraining_gives_shows_only_after_its_frames_were_played(frames, tmp_path):
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"]).replace("every: 64", "every: 32")
    text = text.replace("cartpole", "pendulum")  # whose returns tell any two policies apart
    method = f"[{{inverse_dynamics: {{frames: {frames}, updates: 30, learning_rate: 0.1, batch_size: 8}}}}]"
    config = parse_experiment(text.replace("[hard_sharing]", method))
    control, pretrained = measured(tmp_path, config, "scratch"), measured(tmp_path, config, "inverse_dynamics")
    assert list(pretrained) == list(control)
    assert {pretrained[steps] for steps in range(0, frames, 32)} == {control[0]}
    report = json.loads(RunDirectory(tmp_path).trial(TrialName("long", "inverse_dynamics", 0)).transfer.read_text())
    assert report["target_steps"] == frames


def test_what_a_method_plays_that_trains_nothing_is_paid_for_too(tmp_path):
    config = parse_experiment(BATCH_NORMED)
    names = [TrialName("source", "", 0), TrialName("dusk", "adaptive_batch_norm", 0)]
    for name in names:
        run_trial(Trial(run=tmp_path, config=config, name=name), lambda content: None)
    directory = RunDirectory(tmp_path).trial(names[1])
    status = directory.status()
    assert (status["env_steps"], status["steps_per_second"]) == (64, None)
    assert [row.env_steps for row in directory.evaluations()] == [0, 64, 128]


def test_a_method_that_plays_more_than_the_budget_is_not_applicable(tmp_path):
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"])
    config = parse_experiment(text.replace("[hard_sharing]", "[{inverse_dynamics: {frames: 256, updates: 1}}]"))
    name = TrialName("long", "inverse_dynamics", 0)
    run_trial(Trial(run=tmp_path, config=config, name=name), lambda content: None)
    status = RunDirectory(tmp_path).trial(name).status()
    assert status["state"] == "not applicable"
    assert "256 steps before it learns: more than the budget of 128" in status["reason"]


def test_what_plays_more_than_the_budget_is_known_before_anything_runs():
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"])
    methods = (
        "[{inverse_dynamics: {frames: 256}}, {inverse_dynamics: {frames: 256, on: both, name: both}}, "
        "[frozen: {at: fc1}, adaptive_batch_norm: {steps: 129}], {adaptive_batch_norm: {steps: 128}}]"
    )
    plan, left_out = plan_trials(parse_experiment(text.replace("[hard_sharing]", methods)))
    assert {name.method for name in plan} == {"", "scratch", "both", "adaptive_batch_norm"}
    assert {name.method for name in left_out} == {"inverse_dynamics", "frozen+adaptive_batch_norm"}
    assert all("more than the budget of 128" in reason for reason in left_out.values())


def test_steps_a_second_are_of_the_steps_that_training_took(tmp_path):
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"])
    method = "[{inverse_dynamics: {frames: 64, updates: 1, batch_size: 8}}]"
    config = parse_experiment(text.replace("[hard_sharing]", method))
    measured(tmp_path, config, "inverse_dynamics")
    status = RunDirectory(tmp_path).trial(TrialName("long", "inverse_dynamics", 0)).status()
    trained = status["env_steps"] - 64
    assert status["steps_per_second"] == pytest.approx(trained / status["train_seconds"], rel=0.05)


@pytest.mark.parametrize(("method", "steps"), [("hard_sharing", 256), ("source_ensemble", 0), ("progressive", 0)])
def test_the_steps_of_agents_beside_the_source_are_paid_for_too(method, steps, tmp_path):
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"])
    alone = parse_experiment(text)
    source = TrialName("source", "", 0)
    run_trial(Trial(run=tmp_path, config=alone, name=source), lambda content: None)
    beside = RunDirectory(tmp_path).trial(source).path
    config = parse_experiment(text.replace("[hard_sharing]", f"[{{{method}: {{beside: [{beside}]}}}}]"))
    name = TrialName("long", method, 0)
    run_trial(Trial(run=tmp_path, config=config, name=name), lambda content: None)
    directory = RunDirectory(tmp_path).trial(name)
    status = directory.status()
    assert (status["source_trained_steps"], status["source_env_steps"]) == (256, steps)
    findings = json.loads(directory.transfer.read_text())["findings"]
    assert findings["trained_beside"] == {str(beside): 128}
    if method != "hard_sharing":
        return
    assert findings["steps_beside"] == {str(beside): 128}
    assert findings["gradients"][f"target & {beside}"]["compared"] > 0


def test_other_mixtures_of_weights_are_measured_once_it_has_learned(tmp_path):
    text = TEXT.format(algorithm="ppo", options=OPTIONS["ppo"])
    methods = "[{weight_interpolation: {alpha: 0, compared: [0, 1]}}]"
    config = parse_experiment(text.replace("[hard_sharing]", methods))
    names = [TrialName("source", "", 0), TrialName("long", "weight_interpolation", 0)]
    for name in names:
        run_trial(Trial(run=tmp_path, config=config, name=name), lambda content: None)
    directory = RunDirectory(tmp_path).trial(names[1])
    first, *_, last = directory.evaluations()
    assert first.return_mean == last.return_mean, "at alpha 0 it is measured as the source, however much it learned"
    found = json.loads(directory.transfer.read_text())["findings"]["return_at_rest"]
    assert found.keys() == {"alpha 0", "alpha 1"}
    assert found["alpha 0"] == last.return_mean
