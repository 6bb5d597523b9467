"""What users bring: families by entry point, Gymnasium ids, and agents trained before."""

import json
import shutil

import pytest

ADHOC = """\
experiment: adhoc
seeds: 1
trunk: mlp
agent: {algorithm: ppo, num_envs: 4, n_steps: 16, batch_size: 32, n_epochs: 1}
source: {family: {id: CartPole-v1}, budget: 128}
targets:
  short: {family: {id: CartPole-v1, wrappers: [{time_limit: {steps: 7}}]}}
  acrobot: {family: {id: Acrobot-v1, wrappers: [{time_limit: {steps: 9}}]}}
methods: [direct, finetune]
budget: 128
evaluation: {every: 64, episodes: 3}
"""


def state(trial):
    return json.loads((trial / "status.json").read_text())


def test_a_third_partys_family_runs_from_yaml(toy):
    for name in ("foggy/finetune", "foggy/direct", "three/finetune", "three/scratch"):
        assert state(toy / "run" / name / "seed-0")["state"] == "finished"
    assert "foggy  toy: two, right (fog=0.5)" in (toy / "stdout").read_text()


def test_a_method_that_does_not_apply_is_listed_with_its_reason_and_no_failure(toy):
    """The fixture has seen the exit status of 0."""
    status = state(toy / "run" / "three" / "direct" / "seed-0")
    assert (status["state"], "action" in status["reason"]) == ("not applicable", True)
    assert f"direct: not applicable: {status['reason']}" in (toy / "stdout").read_text()


def test_its_factors_are_checked_like_built_in_ones(toy_file, third_party, rltransfer):
    done = rltransfer("check", toy_file, "targets.foggy.environment.fgo=1", PYTHONPATH=third_party)
    assert done.returncode == 2
    assert "unknown factor of family 'toy'. Did you mean 'fog'?" in done.stderr
    absent = rltransfer("check", toy_file)
    assert absent.returncode == 2
    assert "unknown family 'toy'" in absent.stderr


def test_transfer_between_gymnasium_ids_needs_no_python(tmp_path, in_process):
    (tmp_path / "adhoc.yaml").write_text(ADHOC)
    done = in_process("run", "adhoc.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = tmp_path / "runs" / "adhoc"
    carried = json.loads((run / "short" / "finetune" / "seed-0" / "transfer.json").read_text())
    assert carried["target"].keys() == {"copied"}
    lines = (run / "short" / "scratch" / "seed-0" / "evaluations.csv").read_text().splitlines()[1:]
    assert all(line.split(",")[4] == "7.0" for line in lines)  # the wrapper ends every episode
    acrobot = state(run / "acrobot" / "direct" / "seed-0")
    assert (acrobot["state"], acrobot["reason"]) == (
        "not applicable",
        "the source policy cannot read the target's observations",
    )
    assert (run / "curves.png").stat().st_size > 10_000  # of one seed, whose intervals are infinite


@pytest.mark.usefixtures("toy_here")
def test_a_trained_agent_can_be_the_source(toy, toy_file, in_process, tmp_path):
    text = toy_file.read_text().replace("budget: 256}", f"agent: {toy / 'run/source/seed-0'}}}")
    toy_file.write_text(text.replace(", finetune", ""))
    done = in_process("run", toy_file, "--out", tmp_path / "run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "run" / "source").exists()
    mine, theirs = tmp_path / "run/foggy/direct/seed-0/agent", toy / "run/source/seed-0/agent"
    for part in ("weights.safetensors", "trunk/trunk.safetensors"):
        assert (mine / part).read_bytes() == (theirs / part).read_bytes()


def test_a_damaged_source_agent_fails_what_needs_it_and_nothing_else(toy, toy_file, third_party, rltransfer, tmp_path):
    shutil.copytree(toy / "run" / "source" / "seed-0" / "agent", tmp_path / "agent")
    weights = tmp_path / "agent" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"oops")
    toy_file.write_text(toy_file.read_text().replace("budget: 256}", f"agent: {tmp_path / 'agent'}}}"))
    done = rltransfer("run", toy_file, "--out", tmp_path / "run", PYTHONPATH=third_party)
    assert done.returncode == 1
    states = {name: state(tmp_path / "run" / "foggy" / name / "seed-0") for name in ("scratch", "direct", "finetune")}
    assert {name: record["state"] for name, record in states.items()} == {
        "scratch": "finished",
        "direct": "failed",
        "finetune": "failed",
    }
    assert f"{weights}" in states["finetune"]["error"]
    assert "failed: foggy/finetune/seed-0: ArtifactError" in done.stdout


@pytest.mark.usefixtures("toy_here")
def test_a_source_agent_that_is_not_there_is_known_before_anything_runs(toy_file, in_process, tmp_path):
    toy_file.write_text(toy_file.read_text().replace("budget: 256}", "agent: nowhere}"))
    done = in_process("run", toy_file, "--out", tmp_path / "run", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "nowhere" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("toy_here")
def test_a_source_agent_of_another_task_is_known_before_anything_runs(toy, toy_file, in_process, tmp_path):
    text = toy_file.read_text().replace("budget: 256}", f"agent: {toy / 'run/source/seed-0'}}}")
    toy_file.write_text(text.replace("family: toy", "family: rover").replace("environment: {fog: 0.5}", "task: swap"))
    done = in_process("run", toy_file, "--out", tmp_path / "run", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "source.agent" in done.stderr
    assert not (tmp_path / "run").exists()
