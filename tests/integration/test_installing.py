"""Installed as a wheel and as an editable project, in a user's project that has ``envs`` and ``tests`` of its own."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
OWN = """\
experiment: own
source: {family: rover, budget: 1000}
targets: {dusk: {environment: {palette: dusk}}}
methods: [finetune]
budget: 500
"""
POLES = """\
experiment: poles
seeds: 1
trunk: mlp
agent: {algorithm: ppo, num_envs: 4, n_steps: 16, batch_size: 32, n_epochs: 1}
source: {family: {id: CartPole-v1}, budget: 64}
targets: {shorter: {family: {id: CartPole-v1, wrappers: [{time_limit: {steps: 50}}]}}}
methods: [finetune]
budget: 64
evaluation: {every: 64, episodes: 2}
"""
PROGRAM = """
import envs, tests.helpers, rltransfer
assert (envs.MINE, tests.helpers.MINE) == ("the user's envs", "the user's tests")
env = rltransfer.make_env("rover", num_envs=2, seed=0)  # by its entry point; a reset would compile for long
assert env.observation_space.shape == (3, 64, 64)
import gymnasium, rltransfer_envs
assert "rltransfer/Rover-v0" in gymnasium.registry
print(rltransfer.__file__, rltransfer_envs.__file__, sep="\\n")
"""


def run(*command, cwd=None):
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, REPOSITORY)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory, wheel):
    """The Python of an environment that has the wheel, and of this environment everything but rltransfer itself.

    The other packages are linked one by one, because a path to this environment's packages as a whole would bring its
    editable rltransfer, whose entry points would stand beside the wheel's.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True, with_pip=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if "rltransfer" not in path.name and path.name != "__pycache__":
            (packages / path.name).symlink_to(path)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    return python


@pytest.fixture
def project(tmp_path):
    """A user's project: ``own.yaml``, and packages called ``envs`` and ``tests``."""
    for name, module in (("envs", "__init__"), ("tests", "helpers")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / f"{module}.py").write_text(f'MINE = "the user\'s {name}"\n')
    (tmp_path / "own.yaml").write_text(OWN)
    return tmp_path


def test_the_wheel_holds_the_packages_in_full_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    held = {name for name in names if ".dist-info/" not in name}
    sources = {
        str(path.relative_to(root))
        for root, package in ((REPOSITORY, "rltransfer"), (REPOSITORY / "envs", "rltransfer_envs"))
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == sources
    assert "rltransfer/runs/layout.py" in held
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_works_in_a_users_project(environment, project):
    command = environment.with_name("rltransfer")
    assert run(command, "check", "own.yaml", cwd=project).startswith("own.yaml: valid.")
    for file in run(environment, "-c", PROGRAM, cwd=project).split():
        assert Path(file).is_relative_to(environment.parents[1])
    (project / "poles.yaml").write_text(POLES)
    assert "poles: transfer against the from-scratch control" in run(command, "run", "poles.yaml", cwd=project)
    assert (project / "runs" / "poles" / "result.json").exists()


def test_the_editable_installation_works_in_a_users_project(project):
    command = Path(sys.executable).with_name("rltransfer")
    assert run(command, "check", "own.yaml", cwd=project).startswith("own.yaml: valid.")
    for file in run(sys.executable, "-c", PROGRAM, cwd=project).split():
        assert Path(file).is_relative_to(REPOSITORY)


@pytest.mark.parametrize("folder", ["envs", "configs", "experiments", "tests"])
def test_no_folder_that_users_have_too_is_a_package(folder):
    assert not list((REPOSITORY / folder).rglob("__init__.py")) or folder == "envs"
    assert not (REPOSITORY / folder / "__init__.py").exists()
