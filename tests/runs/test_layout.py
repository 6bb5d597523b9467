"""A trial's files say what was written into them, or that they are damaged."""

import json
import math

import pytest

from rltransfer.errors import ArtifactError
from rltransfer.runs import EvaluationRow, RunDirectory, TrialName

NAME = TrialName("dusk", "finetune", 3)


def row(**changes):
    values = {"env_steps": 128, "on": "target", "return_mean": 0.1 + 0.2, "return_std": 1 / 3, "length_mean": 7.0,
              "success_rate": 0.25, "episodes": 5, "train_seconds": 1.5}  # fmt: skip
    return EvaluationRow(**{**values, **changes})


@pytest.fixture
def trial(tmp_path):
    return RunDirectory(tmp_path / "run").trial(NAME)


def test_names_are_paths(tmp_path):
    run = RunDirectory(tmp_path)
    assert str(NAME) == "dusk/finetune/seed-3"
    assert str(TrialName("source", "", 0)) == "source/seed-0"
    assert run.trial(NAME).path == tmp_path / "dusk" / "finetune" / "seed-3"
    assert TrialName("source", "", 0).is_source
    assert not NAME.is_source


def test_a_status_comes_back_as_written(trial):
    assert trial.status() == {}
    assert not trial.is_done
    trial.write_status("running", started="now")
    assert trial.status() == {"state": "running", "started": "now", "target": "dusk", "method": "finetune", "seed": 3}
    assert not trial.is_done
    trial.write_status("failed", error="x")
    assert "started" not in trial.status()


@pytest.mark.parametrize(
    ("state", "is_done"),
    [("finished", True), ("not applicable", True), ("running", False), ("failed", False), ("interrupted", False)],
)
def test_only_what_has_come_to_an_end_is_done(trial, state, is_done):
    trial.write_status(state)
    assert trial.is_done is is_done


def test_evaluations_come_back_bit_for_bit(trial):
    rows = [
        row(env_steps=0, return_mean=-1e-300, success_rate=None),
        row(),
        row(on="source", return_mean=math.pi, success_rate=0.0),
        row(env_steps=10**12, return_std=0.0),
    ]
    trial.write_evaluations(rows)
    assert trial.evaluations() == rows


def test_clearing_leaves_an_empty_folder(trial):
    trial.write_status("failed")
    trial.write_evaluations([row()])
    (trial.path / "agent").mkdir()
    trial.clear()
    assert trial.path.is_dir()
    assert not list(trial.path.iterdir())
    trial.clear()


DAMAGES = {
    "cut": "env_steps,on,return_mean,return_std,length_mean,success_rate,episodes,train_seconds\n0,target,0.5,0.1",
    "binary": b"\x93NUMPY\xff\x00".decode("latin1"),
    "another table": "a,b\n1,2\n",
    "text for a number": "env_steps,on,return_mean,return_std,length_mean,success_rate,episodes,train_seconds\n"
    "0,target,high,0,1,,5,0\n",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_is_named(trial, damage):
    trial.write_evaluations([row()])
    (trial.path / "evaluations.csv").write_text(DAMAGES[damage], encoding="latin1")
    with pytest.raises(ArtifactError) as refused:
        trial.evaluations()
    assert str(trial.path / "evaluations.csv") in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_missing_table_is_named(trial):
    with pytest.raises(ArtifactError, match=r"evaluations\.csv: cannot be read"):
        trial.evaluations()


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"finished"', "{}", '{"state": 3}', "\ufeff{}"])
def test_a_damaged_status_is_named(trial, content):
    trial.write_status("finished")
    (trial.path / "status.json").write_text(content)
    for read in (trial.status, lambda: trial.is_done):
        with pytest.raises(ArtifactError) as refused:
            read()
        assert str(trial.path / "status.json") in str(refused.value)


def test_a_status_is_json_that_others_can_read(trial):
    trial.write_status("finished", wall_seconds=1.25)
    assert json.loads((trial.path / "status.json").read_text())["wall_seconds"] == 1.25
