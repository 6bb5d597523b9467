"""Targets of several sizes together: who wins at which, as a table and a figure."""

import json

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from rltransfer.config import parse_experiment, resolved_yaml
from rltransfer.report import collect, plain_text, write_result
from rltransfer.report.sizes import BEST, LEVEL, scores
from rltransfer.report.styles import look_of
from rltransfer.runs import EvaluationRow, RunDirectory, TrialName

TEXT = """\
kind: images
experiment: sizes
seeds: 5
size: 8
source: {data: digits, per_class: 9, budget: 64}
targets:
  other: {data: mnist, per_class: 7}
  digits: {data: digits, per_class: [20, 1, all]}
methods: [frozen, finetune]
budget: 64
evaluation: {every: 32}
"""
ENDS = {  # accuracy at the end of seeds 0 to 4
    "digits-1": {"scratch": 0.1, "frozen": 0.5, "finetune": 0.3},
    "digits-20": {"scratch": 0.4, "frozen": 0.7, "finetune": 0.7},
    "digits-all": {"scratch": 0.9, "frozen": 0.8},
}
WOBBLE = {"scratch": (0, 0.01, 0.02, 0.03, 0.04), "frozen": (0.02,) * 5, "finetune": (0.0, 0.05, 0.03, -0.04, 0.02)}


@pytest.fixture
def run(tmp_path):
    run = RunDirectory(tmp_path / "run")
    run.path.mkdir()
    run.config.write_text(resolved_yaml(parse_experiment(TEXT)))
    for target, methods in ENDS.items():
        for method, end in methods.items():
            for seed, wobble in enumerate(WOBBLE[method]):
                trial = run.trial(TrialName(target, method, seed))
                trial.clear()
                trial.write_evaluations([row(0, 0.0), row(32, 0.2), row(64, end + wobble)])
                trial.write_status("finished", steps_per_second=1.0)
    return run


def row(steps, accuracy):
    return EvaluationRow(
        env_steps=steps, on="target", return_mean=accuracy, return_std=0.0, length_mean=1.0, success_rate=None,
        episodes=5, train_seconds=1.0,
    )  # fmt: skip


def test_sizes_of_the_same_data_stand_together_from_few_to_many(run):
    result = collect(run)
    (sizes,) = result.sizes
    assert sizes.name == "digits"
    assert sizes.targets == ("digits-1", "digits-20", "digits-all")
    assert sizes.labels == ("1", "20", "all (144)")
    assert sizes.per_class[:2] == (1, 20)
    assert sizes.per_class[2] == pytest.approx(1438 / 10)  # four fifths of 1,797, class by class


def test_the_best_is_marked_and_what_is_not_told_apart_from_it(run):
    result = collect(run)
    found = scores(result.sizes[0], result.targets)
    marks = {method: [score and score.mark for score in of_size] for method, of_size in found.items()}
    # With 20: frozen is ahead by 0.02, -0.03, -0.01, 0.06, 0.0: no evidence of a difference.
    assert marks == {
        "scratch": ["", "", BEST],
        "frozen": [BEST, BEST, ""],
        "finetune": ["", LEVEL, None],
    }
    assert found["scratch"][0].reached.point == pytest.approx(0.12)
    assert found["frozen"][2].reached.low == pytest.approx(0.82)


def test_the_table_and_the_figure_are_part_of_the_report(run):
    result = collect(run)
    write_result(run, result)
    text = plain_text(result)
    assert "digits: accuracy at the end, by examples of each class to learn from" in text
    rows = [" ".join(line.split()) for line in text.splitlines() if line.startswith("   frozen ")]
    assert rows[-1] == "frozen 0.52 [0.52, 0.52] * 0.72 [0.72, 0.72] * 0.82 [0.82, 0.82]"
    assert max(map(len, text.splitlines())) <= 130
    assert json.loads(run.result.read_text())["sizes"][0]["targets"] == ["digits-1", "digits-20", "digits-all"]
    image = matplotlib.image.imread(run.sizes)[..., :3]
    above_legend = image[: int(0.85 * len(image))]
    for place in range(3):
        near = np.abs(above_legend - np.array(to_rgb(look_of(place)[0]))).max(axis=-1) < 0.02
        assert near.sum() > 200, place


def test_without_several_sizes_there_is_neither(run):
    one = TEXT.replace("[20, 1, all]", "[1]")
    run.config.write_text(resolved_yaml(parse_experiment(one)))
    result = collect(run)
    write_result(run, result)
    assert result.sizes == ()
    assert "by examples of each class" not in plain_text(result)
    assert not run.sizes.exists()
