"""An experiment on images run twice on one thread: the same bits, and what they hang on is written down."""

import csv
import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from rltransfer.config import parse_experiment
from rltransfer.experiment import check_parts, plan_trials
from rltransfer.experiment_tasks import task_of_experiment
from rltransfer.runs import RunDirectory, opened
from rltransfer.tasks.labelled import OneExampleEpisodes
from rltransfer.trial import Trial, run_trial

EXPERIMENT = """\
kind: images
experiment: twice
seeds: [3]
trunk: {name: impala, channels: [4], features: 8, precision: float32}
agent: {num_envs: 16}
size: 8
source: {data: digits, budget: 96}
targets: {few: {data: digits, per_class: [2, 5]}}
methods: [frozen, finetune: {learning_rate_scale: lecture}, soft_sharing, hard_sharing, source_ensemble: {fresh: true}]
budget: 96
evaluation: {every: 48}
"""
METHODS = ("scratch", "frozen", "finetune", "soft_sharing", "hard_sharing", "source_ensemble")


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """Two runs, and the order in which each trial of them saw its first examples, by trial."""
    threads, show = torch.get_num_threads(), OneExampleEpisodes._next
    seen = []

    def watched(self):
        inputs = show(self)
        seen.append(self.seen.copy())
        return inputs

    config = parse_experiment(EXPERIMENT)
    runs = []
    try:
        OneExampleEpisodes._next = watched
        for name in ("first", "second"):
            run, orders = RunDirectory(tmp_path_factory.mktemp(name)), {}
            with opened(run, config, **check_parts(config)):
                for trial in plan_trials(config)[0]:
                    seen.clear()
                    run_trial(Trial(run=run.path, config=config, name=trial), lambda *_: None)
                    assert run.trial(trial).status()["state"] == "finished", run.trial(trial).status()
                    orders[trial] = np.concatenate(seen)
            runs.append((run, orders))
    finally:
        OneExampleEpisodes._next = show
        torch.set_num_threads(threads)
    return runs


def weights(run, trial):
    found = {path.name: load_file(path) for path in sorted(run.trial(trial).agent.rglob("*.safetensors"))}
    assert found
    return found


def evaluations(run, trial):
    rows = csv.DictReader((run.trial(trial).path / "evaluations.csv").read_text().splitlines())
    return [{key: value for key, value in row.items() if key != "train_seconds"} for row in rows]


def recorded(run, trial):
    """What a trial's status says, but for the clock."""
    clock = {"started", "train_seconds", "steps_per_second", "wall_seconds"}
    return {key: value for key, value in run.trial(trial).status().items() if key not in clock}


def test_weights_evaluations_orders_and_records_are_the_same(twice):
    (first, orders), (second, again) = twice
    assert len(orders) == 1 + 2 * len(METHODS)
    for trial in orders:
        ours, theirs = weights(first, trial), weights(second, trial)
        assert ours.keys() == theirs.keys()
        for file, tensors in ours.items():
            assert tensors.keys() == theirs[file].keys()
            assert all(np.array_equal(tensor, theirs[file][name]) for name, tensor in tensors.items()), trial
        assert evaluations(first, trial) == evaluations(second, trial)
        assert np.array_equal(orders[trial], again[trial])
        assert recorded(first, trial) == recorded(second, trial)
        if trial.method not in ("", "scratch"):
            carried = [run.trial(trial).transfer.read_text() for run in (first, second)]
            assert carried[0] == carried[1]


def test_trials_differ_where_they_should(twice):
    (run, orders), _ = twice
    of_few = {trial.method: weights(run, trial) for trial in orders if trial.target == "few-5"}
    digests = {
        str({f: {n: t.tobytes() for n, t in ts.items()} for f, ts in found.items()}) for found in of_few.values()
    }
    assert len(digests) == len(METHODS)


def test_precision_threads_seeds_and_the_order_of_the_data_are_written_down(twice):
    (run, orders), _ = twice
    config = parse_experiment(EXPERIMENT)
    manifest = json.loads(run.manifest.read_text())
    assert (manifest["precision"], manifest["threads"]) == ("float32", 1)
    for trial, order in orders.items():
        status = run.trial(trial).status()
        assert (status["precision"], status["threads"], status["seed"]) == ("float32", 1, 3)
        data = task_of_experiment(config, trial.target, seed=3).family
        assert status["data"]["train"] == {"examples": len(data.train), "sha256": data.train.hashed()}
        assert status["data"]["test"]["sha256"] == data.test.hashed()
        if trial.method in ("", "scratch", "finetune"):  # others see the source's, too, or codes
            draws = np.random.default_rng(status["data"]["order_seed"])
            passes = [draws.permutation(len(data.train)) for _ in range(20)]
            np.testing.assert_array_equal(order, np.concatenate(passes)[: len(order)])


def test_what_is_hashed_is_every_example_in_its_place():
    config = parse_experiment(EXPERIMENT)
    one, other = (task_of_experiment(config, "few-2", seed=seed).family.train for seed in (3, 4))
    assert len({one.hashed(), other.hashed()}) == 2
    assert one.hashed() == task_of_experiment(config, "few-2", seed=3).family.train.hashed()
    turned = type(one)(inputs=one.inputs[::-1], labels=one.labels[::-1], classes=one.classes)
    relabelled = type(one)(inputs=one.inputs, labels=one.labels[::-1], classes=one.classes)
    assert len({one.hashed(), turned.hashed(), relabelled.hashed()}) == 3
