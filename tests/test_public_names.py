"""What ``import rltransfer`` offers, and what it does not cost."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import rltransfer
import rltransfer.transfer


def loaded_by(statement):
    program = f"import sys\n{statement}\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", rltransfer.__all__)
def test_every_public_name_is_there(name):
    thing = getattr(rltransfer, name)
    assert thing is getattr(rltransfer, name)
    if name != "__version__":
        assert (thing.__name__, thing.__doc__ is not None) == (name, True)
        assert thing.__module__.startswith("rltransfer.")


def test_every_registered_method_is_public():
    from rltransfer.registry import METHODS

    for name in METHODS:
        kind = METHODS.get(name)
        if kind.__module__.startswith("rltransfer."):
            assert getattr(rltransfer, kind.__name__) is getattr(rltransfer.transfer, kind.__name__) is kind


def test_names_are_listed_before_they_are_loaded():
    program = "import rltransfer; assert set(rltransfer.__all__) <= set(dir(rltransfer)); rltransfer.Finetune"
    assert "torch" not in loaded_by(program)


def test_no_public_name_is_a_module_of_its_package():
    """Importing the module would put it in the place of the function that it was named after."""
    folder = Path(rltransfer.__file__).parent
    for init in folder.rglob("__init__.py"):
        modules = {file.stem for file in init.parent.glob("*.py")} | {part.name for part in init.parent.iterdir()}
        exported = set(re.findall(r'^    "(\w+)": "rltransfer\.', init.read_text(encoding="utf-8"), re.MULTILINE))
        assert not exported & modules, init


@pytest.mark.parametrize("package", [rltransfer, rltransfer.transfer])
def test_an_unknown_name_is_an_attribute_error(package):
    with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'Fintune'"):
        _ = package.Fintune


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import rltransfer", {"torch", "stable_baselines3", "gymnasium", "numpy", "pydantic"}),
        ("import rltransfer.transfer", {"torch", "stable_baselines3", "gymnasium"}),
        ("import rltransfer.config", {"torch", "stable_baselines3", "gymnasium"}),
        ("import rltransfer.metrics", {"torch", "stable_baselines3", "gymnasium", "scipy"}),
        ("import rltransfer.tasks", {"torch", "stable_baselines3", "gymnasium"}),
        ("import rltransfer.report", {"torch", "stable_baselines3", "gymnasium"}),
        ("import rltransfer.experiment", {"torch", "stable_baselines3", "gymnasium"}),
        ("import rltransfer_envs", {"torch", "stable_baselines3", "gymnasium", "numba"}),
    ],
)
def test_importing_is_cheap(statement, heavy):
    assert not heavy & loaded_by(statement)


def test_the_version_is_the_installed_one():
    from importlib.metadata import version

    assert rltransfer.__version__ == version("rltransfer")
