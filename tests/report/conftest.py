"""Run directories written by hand: curves that are known give figures that are known."""

import json

import pytest

from rltransfer.config import resolved_yaml
from rltransfer.config.load import parse_experiment
from rltransfer.runs import EvaluationRow, RunDirectory, TrialName

TEXT = """\
experiment: by-hand
seeds: {seeds}
source: {{family: rover, budget: 1000}}
targets: {{{targets}}}
methods: {methods}
budget: 100
evaluation: {{every: 50, episodes: 5}}
threshold: {threshold}
"""
STEPS = (0, 50, 100)


class HandWritten:
    """Writes a run, trial by trial."""

    def __init__(self, path):
        self.run = RunDirectory(path)

    @staticmethod
    def rows(curve, on="target", steps=STEPS, success=None):
        return [
            EvaluationRow(env_steps=step, on=on, return_mean=value, return_std=0.0, length_mean=9.0,
                          success_rate=success, episodes=5, train_seconds=1.0)
            for step, value in zip(steps, curve, strict=True)
        ]  # fmt: skip

    def configure(self, *, seeds=5, targets=("dusk",), methods="[direct, finetune, hard_sharing]", threshold="null"):
        points = {"dusk": "dusk: {environment: {palette: dusk}}", "wheels": "wheels: {robot: differential}"}
        text = TEXT.format(
            seeds=seeds, targets=", ".join(points[t] for t in targets), methods=methods, threshold=threshold
        )
        self.run.path.mkdir(parents=True, exist_ok=True)
        self.run.config.write_text(resolved_yaml(parse_experiment(text)))
        return self

    def trial(self, method, seed, evaluations, *, target="dusk", speed=100.0, beside=0):
        directory = self.run.trial(TrialName(target, method, seed))
        directory.clear()
        directory.write_evaluations(evaluations)
        directory.write_status("finished", steps_per_second=speed, source_env_steps=beside)
        return directory

    def source(self, seed, curve):
        return self.trial("", seed, self.rows(curve, on="source", success=0.5), target="source")

    def result(self):
        """Collect and write, and read what was written, as strict JSON."""
        from rltransfer.report import collect, write_result

        write_result(self.run, collect(self.run))

        def refuse(constant):
            raise ValueError(f"{constant} is not JSON")

        return json.loads(self.run.result.read_text(), parse_constant=refuse)

    def arms(self, target=0):
        return {arm["method"]: arm for arm in self.result()["targets"][target]["arms"]}


@pytest.fixture
def by_hand(tmp_path):
    return HandWritten(tmp_path / "run")


@pytest.fixture
def five_seeds(by_hand):
    """Five seeds k = 0 to 4 of scratch, direct, finetune and hard sharing; see ``test_figures_by_hand``."""
    by_hand.configure()
    rows = by_hand.rows
    for k in range(5):
        by_hand.source(k, (0.0, 1.0, 3.0 + k))
        by_hand.trial("scratch", k, rows((0.0, 2.0 + 0.1 * k, 4.0), success=0.2 * k), speed=100.0 + k)
        flat = (2.5, 1.5, 2.5, 1.5, 2.1)[k]
        by_hand.trial("direct", k, rows((flat, flat), steps=(0, 100)), speed=None)
        late = (3.0, 3.0) if k == 4 else (4.0, 5.0)
        by_hand.trial("finetune", k, rows((1.0 + 0.1 * k, *late)))
        shared = rows((0.0, 1.0, 2.0)) + rows((3.0 + k, 9.0, 1.5), on="source")
        by_hand.trial("hard_sharing", k, sorted(shared, key=lambda row: row.env_steps), beside=100)
    return by_hand
