"""A run directory belongs to one configuration and one writer at a time."""

import json
import subprocess
import sys

import pytest
from filelock import FileLock

from rltransfer.config import load_experiment
from rltransfer.config.load import parse_experiment
from rltransfer.errors import RunConflictError, RunLockedError
from rltransfer.runs import RunDirectory, opened, opening
from rltransfer.runs.manifest import circumstances

TEXT = """\
experiment: quick
seeds: [3, 5]
source: {family: rover, budget: 1000}
targets: {dusk: {environment: {palette: dusk}}, wheels: {robot: differential}}
methods: [direct, finetune]
budget: 500
"""


def config(*overrides):
    return parse_experiment(TEXT, overrides=overrides)


def contents(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path / "runs" / "quick")


def test_the_resolved_yaml_loads_to_an_equal_configuration(run):
    with opened(run, config("workers=2")):
        pass
    assert load_experiment(run.config) == config("workers=2")


def test_the_manifest_holds_the_circumstances(run):
    with opened(run, config(), device="cpu", precision="bfloat16", threads=1):
        manifest = json.loads(run.manifest.read_text())
    assert manifest["seeds"] == [3, 5]
    assert (manifest["device"], manifest["precision"], manifest["threads"]) == ("cpu", "bfloat16", 1)
    import numpy
    import torch

    assert manifest["packages"]["torch"] == torch.__version__
    assert manifest["packages"]["numpy"] == numpy.__version__
    assert manifest["python"] == ".".join(map(str, sys.version_info[:3]))
    assert manifest["cores"] >= 1
    assert manifest["started"].endswith("+00:00")


def test_the_commit_of_the_working_directory_is_told_with_its_changes(tmp_path, monkeypatch):
    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b"]
        done = subprocess.run(["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert circumstances()["git"]["working directory"] is None
    git("init", "-q")
    (tmp_path / "code.py").write_text("1")
    git("add", ".")
    git("commit", "-qm", "first")
    assert circumstances()["git"]["working directory"] == git("rev-parse", "HEAD")
    (tmp_path / "code.py").write_text("2")
    assert circumstances()["git"]["working directory"] == git("rev-parse", "HEAD") + "+changes"


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("budget=501", "budget"),
        ("seeds=2", "seeds.0"),
        ("source.budget=999", "source.budget"),
        ("targets.dusk.environment.palette=night", "targets.dusk.environment.palette"),
        ("agent.learning_rate=1e-4", "agent.learning_rate"),
        ("evaluation.episodes=51", "evaluation.episodes"),
        ("threads=2", "threads"),
    ],
)
def test_another_configuration_is_refused_naming_its_keys_and_nothing_changes(run, override, key):
    with opened(run, config()):
        pass
    before = contents(run.path)
    with pytest.raises(RunConflictError) as refused, opened(run, config(override)):
        pytest.fail("it was opened")
    message = str(refused.value)
    assert str(run.path) in message
    assert key in message.partition("differs in ")[2]
    assert "experiment" not in message.partition("differs in ")[2].partition(")")[0]
    assert {path: found for path, found in contents(run.path).items() if path.name != ".lock"} == {
        path: found for path, found in before.items() if path.name != ".lock"
    }


def test_workers_may_differ_and_the_manifest_gains_each_continuation(run):
    with opened(run, config("workers=1"), device="cpu"):
        pass
    before = json.loads(run.manifest.read_bytes())
    for device in ("one card", "another"):
        with opened(run, config("workers=7"), device=device):
            pass
    after = json.loads(run.manifest.read_bytes())
    continued = after.pop("continued")
    assert after == before
    assert [session["device"] for session in continued] == ["one card", "another"]
    assert all(session["packages"] == before["packages"] for session in continued)


@pytest.mark.parametrize("content", ["", "[]", "{", None])
def test_a_lost_manifest_does_not_keep_a_run_from_going_on(run, content):
    with opened(run, config()):
        pass
    run.manifest.unlink() if content is None else run.manifest.write_text(content)
    with opened(run, config()):
        pass
    assert len(json.loads(run.manifest.read_bytes())["continued"]) == 1


def test_a_directory_of_something_else_is_refused_and_left_alone(run):
    run.path.mkdir(parents=True)
    (run.path / "thesis.tex").write_text("years of work")
    with pytest.raises(RunConflictError, match="holds something else than a run"), opened(run, config()):
        pytest.fail("it was opened")
    assert [path.name for path in run.path.iterdir()] == ["thesis.tex"]


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("text")
    with pytest.raises(RunConflictError, match="is a file"), opened(RunDirectory(tmp_path / "file"), config()):
        pytest.fail("it was opened")


def test_an_empty_directory_will_do(run):
    run.path.mkdir(parents=True)
    with opened(run, config()):
        assert run.config.exists()


def test_a_run_has_one_writer_at_a_time(run):
    program = (
        "import sys\nfrom rltransfer.config.load import parse_experiment\nfrom rltransfer.runs import *\n"
        f"with opened(RunDirectory(sys.argv[1]), parse_experiment({TEXT!r})): print('in')"
    )

    def other():
        return subprocess.run(
            [sys.executable, "-c", program, run.path], capture_output=True, text=True, timeout=60, check=False
        )

    with opened(run, config()):
        refused = other()
        with pytest.raises(RunLockedError, match="is being written by another process"), opened(run, config()):
            pytest.fail("it was opened")
    assert "RunLockedError" in refused.stderr
    assert (other().stdout, refused.stdout) == ("in\n", "")


def test_the_lock_is_given_back_after_an_error(run, monkeypatch):
    kept = []  # a lock that is thrown away is given back, too
    monkeypatch.setattr(opening, "FileLock", lambda path: kept.append(FileLock(path)) or kept[-1])
    with pytest.raises(ZeroDivisionError), opened(run, config()):
        _ = 1 / 0
    with opened(run, config()):
        pass
