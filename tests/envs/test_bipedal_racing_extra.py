"""Bipedal and Racing without their simulator: declared all the same, and refused in a line when made."""

import subprocess
import sys

import pytest

from rltransfer.errors import MissingExtraError
from rltransfer_envs.bipedal.family import BIPEDAL
from rltransfer_envs.racing.family import RACING


@pytest.mark.parametrize("family", [BIPEDAL, RACING], ids=lambda family: family.name)
@pytest.mark.parametrize("missing", ["Box2D", "pygame"])
def test_a_missing_package_is_named_with_what_brings_it(family, missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=rf'{missing}.*pip install "rltransfer\[box2d\]"'):
        family.make(family.task())


def test_they_are_declared_without_a_simulator():
    code = (
        "import sys, rltransfer_envs.bipedal.family, rltransfer_envs.racing.family;"
        "print(sorted({'Box2D', 'gymnasium', 'numba', 'numpy', 'pygame', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
