"""An experiment on labelled images, from its file to its tables."""

import csv
import json

import numpy as np
from sklearn.datasets import load_digits

EXPERIMENT = """\
kind: images
experiment: numerals
seeds: 1
trunk: {name: nature, features: 16}
size: 36
source: {data: mnist, budget: 512}
targets:
  few: {data: digits, per_class: 5}
methods: [finetune, frozen, soft_sharing, hard_sharing, source_ensemble]
budget: 512
evaluation: {every: 256}
"""


def test_it_runs_as_experiments_with_agents_do(in_process, tmp_path):
    (tmp_path / "numerals.yaml").write_text(EXPERIMENT)
    done = in_process("run", "numerals.yaml", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "accuracies on all test examples" in done.stdout
    assert "source classifiers trained for 512 examples" in done.stdout
    run = tmp_path / "run"
    held_out = sum(round(0.2 * count) for count in np.bincount(load_digits().target))
    for method in ("scratch", "finetune", "frozen", "soft_sharing", "hard_sharing", "source_ensemble"):
        trial = run / "few" / method / "seed-0"
        table = csv.DictReader((trial / "evaluations.csv").read_text().splitlines())
        rows = [row for row in table if row["on"] == "target"]
        assert [int(row["env_steps"]) for row in rows] == [0, 256, 512], method
        assert {int(row["episodes"]) for row in rows} == {held_out}
        assert all(0 <= float(row["return_mean"]) <= 1 for row in rows)
        if method != "scratch":
            fates = json.loads((trial / "transfer.json").read_text())
            assert fates["method"] == method
    again = in_process("run", "numerals.yaml", "--out", "run", cwd=tmp_path)
    assert again.returncode == 0
    assert again.stdout.startswith("7 trials were finished before")
