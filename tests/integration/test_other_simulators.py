"""docs/other-simulators.md: its files, written out and run against a small simulator with Procgen's interface."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from rltransfer.config import parse_experiment
from rltransfer.registry import FAMILIES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "other-simulators.md").read_text(encoding="utf-8")
SIMULATOR = '''
"""As gym was before 0.26: reset gives an observation, step gives four things, the next episode has begun by then."""
import numpy as np


class Game:
    def __init__(self, rand_seed, use_backgrounds, num_levels, start_level, **rest):
        print("a simulator that prints")
        self.rng, self.light = np.random.default_rng([rand_seed, start_level]), 255 if use_backgrounds else 128

    def seen(self):
        pixels = np.zeros((64, 64, 3), np.uint8)
        pixels[self.at * 4 : self.at * 4 + 4] = self.light
        return pixels

    def reset(self):
        self.at, self.steps = int(self.rng.integers(2, 6)), 0
        return self.seen()

    def step(self, action):
        self.at += 1 if action >= 7 else -1
        self.steps += 1
        done, solved = self.at in (0, 8) or self.steps == 40, self.at == 8
        return self.reset() if done else self.seen(), float(solved), done, {"prev_level_complete": solved}

    def close(self):
        pass


def make(env_id, **options):
    assert env_id.startswith("procgen:procgen-")
    return Game(**options)
'''


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def package(tmp_path):
    """The document's package, importable with its entry point, and the simulator for the other Python."""
    folder, other = tmp_path / "my_procgen", tmp_path / "other"
    information = folder / "my_procgen-0.1.dist-info"
    information.mkdir(parents=True)
    other.mkdir()
    server, family = blocks("python")
    (folder / "procgen_server.py").write_text(server)
    (folder / "procgen_family.py").write_text(family)
    (other / "gym.py").write_text(SIMULATOR)
    (group, entry) = re.search(r'entry-points\."([\w.]+)"\]\n(.*)', blocks("toml")[0]).groups()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-procgen\nVersion: 0.1\n")
    (information / "entry_points.txt").write_text(f"[{group}]\n{entry.replace(chr(34), '')}\n")
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={other} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return folder, python


def test_the_family_runs_from_yaml_in_another_python(package, tmp_path, rltransfer):
    folder, python = package
    text = next(block for block in blocks("yaml") if "family: procgen" in block)
    small = re.sub(r"  (plain|unseen-levels): .*\n", "", text)  # each environment starts a Python
    for long, short in (
        ("1_000_000", "64"),
        ("200_000", "64"),
        ("impala", "nature\nseeds: 1"),
        (", finetune, frozen", ""),
    ):
        assert long in small
        small = small.replace(long, short)
    small += "agent: {algorithm: ppo, num_envs: 1, n_steps: 32, batch_size: 32, n_epochs: 1}\n"
    small += "evaluation: {every: 64, episodes: 1}\n"
    (tmp_path / "procgen.yaml").write_text(small)
    done = rltransfer("run", "procgen.yaml", cwd=tmp_path, PYTHONPATH=folder, PROCGEN_PYTHON=python)
    assert done.returncode == 0, done.stdout + done.stderr
    run = tmp_path / "runs" / "procgen"
    for name in ("maze/direct", "maze/scratch"):
        assert json.loads((run / name / "seed-0" / "status.json").read_text())["state"] == "finished"


def test_the_familys_environment_keeps_its_promises(package, monkeypatch):
    from rltransfer.tasks.conformance import CHECKS, Effort

    folder, python = package
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PROCGEN_PYTHON", str(python))
    import procgen_family

    monkeypatch.setattr(procgen_family.PROCGEN, "tasks", {"maze": "one is enough"})
    effort = Effort(copies=2, steps=30)
    for name in ("declared plainly", "deterministic", "batch size changes nothing", "ends are told truly"):
        CHECKS[name](procgen_family.PROCGEN, effort)
    sys.modules.pop("procgen_family")


def test_without_the_other_python_it_says_what_to_set(package, tmp_path, in_process, monkeypatch):
    monkeypatch.syspath_prepend(package[0])
    monkeypatch.delenv("PROCGEN_PYTHON", raising=False)
    monkeypatch.setitem(FAMILIES._loaded, "procgen", importlib.import_module("procgen_family").PROCGEN)
    sys.modules.pop("procgen_family")
    (tmp_path / "procgen.yaml").write_text(next(block for block in blocks("yaml") if "family: procgen" in block))
    assert in_process("check", "procgen.yaml", cwd=tmp_path).returncode == 0
    done = in_process("run", "procgen.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert "source: set PROCGEN_PYTHON to the Python that has procgen" in done.stderr


def test_the_documents_other_experiments_check():
    metaworld, attributes = blocks("yaml")[:2]
    assert parse_experiment(metaworld).source.family.kwargs == {"env_name": "reach-v3"}
    whole = (
        "experiment: constants\nsource: {family: {id: CartPole-v1}, budget: 20_000}\n"
        + attributes
        + "methods: [direct]\nbudget: 20_000\n"
    )
    assert set(parse_experiment(whole).targets) == {"moon", "leaning"}


def test_a_constant_that_changes_nothing_is_told_in_one_line(tmp_path, rltransfer):
    (tmp_path / "heavy.yaml").write_text(
        "experiment: heavy\nseeds: 1\ntrunk: mlp\n"
        "agent: {algorithm: ppo, num_envs: 2, n_steps: 32, batch_size: 32, n_epochs: 1}\n"
        "source: {family: {id: CartPole-v1}, budget: 64}\n"
        "targets: {heavy: {family: {id: CartPole-v1, attributes: {masscart: 3.0}}}}\n"
        "methods: [direct]\nbudget: 64\nevaluation: {every: 64, episodes: 1}\n"
    )
    done = rltransfer("run", "heavy.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = "warning: targets.heavy: environment 'CartPole-v1': attribute 'masscart' had no effect"
    assert " ".join(done.stdout.split()).count(told) == 1
