"""A whole experiment on Rover through the command line: what it leaves behind, and what a second run does."""

import csv
import json
import re
import time

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from rltransfer.config import load_experiment
from rltransfer.runs import RunDirectory

DONE = ("source", "dusk/scratch", "dusk/direct", "dusk/hard_sharing")


def rows_of(trial):
    with (trial / "evaluations.csv").open() as file:
        return list(csv.DictReader(file))


def scalars(folder, tag):
    board = EventAccumulator(str(folder))
    board.Reload()
    return [(event.step, event.value) for event in board.Scalars(tag)]


def test_every_trial_finishes_and_leaves_an_agent(tiny):
    for name in DONE:
        for seed in (0, 1):
            trial = tiny / "run" / name / f"seed-{seed}"
            status = json.loads((trial / "status.json").read_text())
            assert (status["state"], status["seed"], status["threads"]) == ("finished", seed, 1)
            assert {"agent.json", "weights.safetensors"} <= {path.name for path in (trial / "agent").iterdir()}
            assert not list(trial.rglob("*.partial"))


def test_budgets_are_spent_to_the_step(tiny):
    for name in DONE:
        status = json.loads((tiny / "run" / name / "seed-0" / "status.json").read_text())
        assert status["env_steps"] == (0 if name.endswith("direct") else 256)
        assert status["source_env_steps"] == (256 if name.endswith("hard_sharing") else 0)


@pytest.mark.parametrize("name", DONE)
def test_tensorboard_shows_the_evaluations_at_target_steps(tiny, name):
    own = "source" if name == "source" else "target"
    for seed in (0, 1):
        trial = tiny / "run" / name / f"seed-{seed}"
        rows = [row for row in rows_of(trial) if row["on"] == own]
        steps = [0, 256] if name.endswith("direct") else [0, 128, 256]
        assert [int(row["env_steps"]) for row in rows] == steps
        shown = scalars(trial, "eval/return")
        assert [step for step, _ in shown] == steps
        assert [value for _, value in shown] == pytest.approx([float(row["return_mean"]) for row in rows], rel=1e-6)


def test_tensorboard_shows_what_hard_sharing_keeps_of_the_source(tiny):
    trial = tiny / "run" / "dusk" / "hard_sharing" / "seed-1"
    kept = [(int(row["env_steps"]), float(row["return_mean"])) for row in rows_of(trial) if row["on"] == "source"]
    assert scalars(trial, "eval_source/return") == [(step, pytest.approx(value, rel=1e-6)) for step, value in kept]


def test_direct_is_the_source_policy(tiny):
    """Direct application of seed k's source agent starts where its source training ended, in another palette."""
    for seed in (0, 1):
        first, last = rows_of(tiny / "run" / "dusk" / "direct" / f"seed-{seed}")
        assert first["return_mean"] == last["return_mean"]
        agents = [tiny / "run" / name / f"seed-{seed}" / "agent" for name in ("source", "dusk/direct")]
        weights = [[p.read_bytes() for p in sorted(agent.rglob("*.safetensors"))] for agent in agents]
        assert weights[0] == weights[1]


def test_the_methods_start_from_the_source_and_scratch_does_not(tiny):
    at_zero = {name: rows_of(tiny / "run" / f"dusk/{name}" / "seed-1")[0]["return_mean"] for name in
               ("direct", "hard_sharing", "scratch")}  # fmt: skip
    assert at_zero["direct"] == at_zero["hard_sharing"] != at_zero["scratch"]


def test_output_to_a_pipe_is_plain_lines(tiny):
    output = (tiny / "stdout").read_text()
    assert "\x1b" not in output
    assert "\r" not in output
    assert len(re.findall(r"^\[\d+/8\] \S+/seed-[01] finished", output, re.MULTILINE)) == 8


def test_the_resolved_experiment_is_the_one_that_ran(tiny):
    run = RunDirectory(tiny / "run")
    assert load_experiment(run.config) == load_experiment(tiny / "tiny.yaml", ["budget=256"])


def test_the_manifest_says_under_what_circumstances(tiny):
    manifest = json.loads((tiny / "run" / "manifest.json").read_text())
    assert {"rltransfer", "torch", "stable-baselines3", "gymnasium", "numpy"} <= manifest["packages"].keys()
    assert all(re.match(r"\d+\.\d+", version) for version in manifest["packages"].values())
    assert (manifest["seeds"], manifest["threads"]) == ([0, 1], 1)
    assert manifest["precision"] in ("float32", "bfloat16")
    assert manifest["device"] == "cpu" or "NVIDIA" in manifest["device"]
    assert manifest["command"][1:3] == ["run", "tiny.yaml"]
    assert manifest["git"].keys() == {"working directory", "rltransfer"}


def test_running_again_with_other_workers_skips_what_is_finished(tiny, in_process, snapshot):
    trials = [path for path in (tiny / "run").iterdir() if path.is_dir()]
    before = [snapshot(trial) for trial in trials]
    started = time.monotonic()
    done = in_process("run", "tiny.yaml", "budget=256", "workers=1", "--out", "run", cwd=tiny)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - started < 30  # training all of it takes longer
    assert done.stdout.startswith("8 trials were finished before\ntiny: transfer")
    assert [snapshot(trial) for trial in trials] == before


def test_show_prints_the_same_tables(tiny, in_process):
    shown = in_process("show", "run", cwd=tiny)
    assert (shown.returncode, shown.stderr) == (0, "")
    text = [line.rstrip() for line in shown.stdout.splitlines()]
    assert text == (tiny / "run" / "result.txt").read_text().splitlines()
    printed = [line.rstrip() for line in (tiny / "stdout").read_text().splitlines()]
    assert printed[8 : 8 + len(text)] == text


def test_another_configuration_is_refused_by_its_keys_and_nothing_changes(tiny, in_process, snapshot):
    before = snapshot(tiny)
    done = in_process("run", "tiny.yaml", "targets.dusk.environment.slip=0.1", "--out", "run", cwd=tiny)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "differs in" in done.stderr
    assert "budget" in done.stderr
    assert "targets.dusk.environment.slip" in done.stderr
    assert "seeds" not in done.stderr
    assert snapshot(tiny) == before
