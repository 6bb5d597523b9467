"""Packages that are not installed: one line with the command that brings them."""

import sys

import pytest
from typer.testing import CliRunner

import rltransfer as rlt
from rltransfer import session
from rltransfer.cli import app
from rltransfer.errors import MissingExtraError
from rltransfer.registry import FAMILIES
from rltransfer.report.registered import families_table
from rltransfer.tasks.extras import imported


@pytest.fixture
def without(monkeypatch):
    """Let a package seem not to be installed, for what is imported from now on."""

    def hide(package, *forgotten):
        monkeypatch.setitem(sys.modules, package, None)
        for module in [name for name in sys.modules if name.startswith(forgotten or "nothing at all")]:
            monkeypatch.delitem(sys.modules, module)

    return hide


@pytest.mark.parametrize("package", ["pygame", "Box2D"])
def test_what_gymnasium_makes_of_a_missing_package_names_the_extra(package, without):
    pytest.importorskip("Box2D")
    without(package, "gymnasium.envs.box2d")
    with pytest.raises(MissingExtraError) as refused:
        rlt.make_env("lunar-lander")
    expected = f"family 'lunar-lander' needs the package '{package}': pip install \"rltransfer[box2d]\""
    assert str(refused.value) == expected


def test_what_an_installed_package_lacks_is_its_own_error(monkeypatch, tmp_path):
    (tmp_path / "half_there.py").write_text("import not_there_at_all")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        imported("half_there", family="x", extra="x")


@pytest.mark.parametrize(("family", "package"), [("vizdoom", "vizdoom"), ("minigrid", "minigrid")])
def test_a_family_without_its_simulator_is_not_checked(family, package, without):
    without(package)
    result = CliRunner().invoke(app, ["check-family", family])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f'family {family!r} needs the package {package!r}: pip install "rltransfer[{family}]"\n'


def test_the_list_tells_the_command_that_installs_each_family():
    console = session._console()
    console.width = 1_000
    with console.capture() as said:
        console.print(families_table())
    extras = {FAMILIES.get(name).extra for name in FAMILIES} - {None}
    assert len(extras) > 3
    assert [extra for extra in extras if f'pip install "rltransfer[{extra}]"' not in said.get()] == []
