"""Experiments run once a session, through the command line, for all the tests that look at them."""

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock
from typer.testing import CliRunner

from rltransfer.cli import app
from rltransfer.launch import JobEvent
from rltransfer.registry import FAMILIES

REPOSITORY = Path(__file__).parents[2]
RLTRANSFER = Path(sys.executable).with_name("rltransfer")

TINY = """\
experiment: tiny
seeds: 2
agent: {algorithm: ppo, num_envs: 8, n_steps: 16, batch_size: 64, n_epochs: 1}
source: {family: rover, robot: omni, task: reach, budget: 256}
targets:
  dusk: {environment: {palette: dusk}}
methods: [direct, hard_sharing]
budget: 1000
evaluation: {every: 128, episodes: 5}
"""
TOY = """\
experiment: toy
seeds: 1
trunk: mlp
agent: {algorithm: ppo, num_envs: 8, n_steps: 16, batch_size: 64, n_epochs: 1}
source: {family: toy, budget: 256}
targets:
  foggy: {environment: {fog: 0.5}}
methods: [direct, finetune]
budget: 256
evaluation: {every: 128, episodes: 5}
"""


@pytest.fixture(scope="session")
def rltransfer():
    """Runs the command in a process of its own."""

    def run(*arguments, cwd=None, timeout=300, **environment):
        return subprocess.run(
            [RLTRANSFER, *map(str, arguments)],
            cwd=cwd, env={**os.environ, **{key: str(value) for key, value in environment.items()}},
            capture_output=True, text=True, timeout=timeout, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def in_process(monkeypatch):
    """As ``rltransfer``, in this process, in which its trials run one after another: for what hangs on no process."""

    def launch(jobs, *, listen, **_):
        waiting, ended = list(jobs), {}
        while waiting:
            job = next(job for job in waiting if ended.keys() >= set(job.after))
            tell = lambda kind, content=None, job=job: listen(JobEvent(name=job.name, kind=kind, content=content))  # noqa: E731
            tell("started")
            job.run(job.argument, lambda content, tell=tell: tell("told", content))
            tell("finished")
            waiting.remove(job)
            ended[job.name] = "finished"
        return ended

    def run(*arguments, cwd):
        monkeypatch.chdir(cwd)
        done = CliRunner().invoke(app, [*map(str, arguments)])
        return SimpleNamespace(returncode=done.exit_code, stdout=done.stdout, stderr=done.stderr)

    monkeypatch.setattr("rltransfer.experiment.run_locally", launch)
    return run


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Makes a folder once a session, whichever of pytest-xdist's workers comes first."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make(name, fill):
        folder = base / f"shared-{name}"
        with FileLock(base / f"{name}.lock"):
            if not folder.exists():
                unfinished = base / f"unfinished-{name}"
                shutil.rmtree(unfinished, ignore_errors=True)
                unfinished.mkdir()
                fill(unfinished)
                unfinished.rename(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def tiny(shared, rltransfer):
    """The folder of a tiny experiment on Rover: ``tiny.yaml``, ``run``, and what the command printed, in ``stdout``."""

    def fill(folder):
        (folder / "tiny.yaml").write_text(TINY)
        done = rltransfer("run", "tiny.yaml", "budget=256", "--out", "run", "--workers", 2, cwd=folder)
        (folder / "stdout").write_text(done.stdout)
        assert (done.returncode, done.stderr) == (0, "")

    return shared("tiny", fill)


@pytest.fixture(scope="session")
def third_party(shared):
    """A folder for PYTHONPATH with a third party's package, as pip would install it: the family ``toy``."""

    def fill(folder):
        shutil.copy(Path(__file__).parent / "toy" / "toy_family.py", folder)
        (folder / "toy-1.0.dist-info").mkdir()
        (folder / "toy-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
        points = "[rltransfer.families]\ntoy = toy_family:TOY\n"
        (folder / "toy-1.0.dist-info" / "entry_points.txt").write_text(points)

    return shared("third-party", fill)


@pytest.fixture(scope="session")
def toy(shared, rltransfer, third_party):
    """The folder of a tiny experiment on a third party's family, with a target that ``direct`` cannot serve."""

    def fill(folder):
        (folder / "toy.yaml").write_text(TOY.replace("methods:", "  three: {robot: three}\nmethods:"))
        done = rltransfer("run", "toy.yaml", "--out", "run", cwd=folder, PYTHONPATH=third_party)
        (folder / "stdout").write_text(done.stdout)
        assert (done.returncode, done.stderr) == (0, "")

    return shared("toy", fill)


@pytest.fixture
def toy_here(third_party, monkeypatch):
    """The third party's family registered in this process."""
    monkeypatch.syspath_prepend(third_party)
    FAMILIES.register("toy", importlib.import_module("toy_family").TOY)
    yield
    del FAMILIES._loaded["toy"]
    sys.modules.pop("toy_family")


@pytest.fixture
def toy_file(tmp_path):
    """An experiment file on the third party's family."""
    path = tmp_path / "toy.yaml"
    path.write_text(TOY)
    return path


@pytest.fixture(scope="session")
def snapshot():
    """Path to content and time of change of every file below a folder."""

    def take(folder):
        return {
            str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }

    return take
