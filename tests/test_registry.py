"""One registry for every kind of named thing: lazy, strict about names, and open to third parties."""

import subprocess
import sys
from importlib import metadata

import pytest

from rltransfer import registry
from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import Registry, nearest


@pytest.fixture
def entry_points(monkeypatch):
    """Lets packages seem installed: give (name, value) pairs for the group ``test.things``."""

    def install(*points):
        found = [metadata.EntryPoint(name, value, "test.things") for name, value in points]
        monkeypatch.setattr(metadata, "entry_points", lambda *, group: [p for p in found if p.group == group])

    install()
    return install


def things(**builtin):
    return Registry("thing", "test.things", builtin)


def test_an_entry_is_what_its_target_names(entry_points):
    import fractions

    assert things(half="fractions:Fraction").get("half") is fractions.Fraction


def test_listing_names_imports_nothing(entry_points):
    entry_points(("there", "no_such_module:thing"))
    everything = things(here="no_such_package.module:thing")
    assert everything.names() == tuple(everything) == ("here", "there")
    assert "here" in everything
    assert "nowhere" not in everything
    for name in everything:
        with pytest.raises(ModuleNotFoundError):
            everything.get(name)


def test_a_module_is_imported_once_by_the_first_get(entry_points, monkeypatch, tmp_path):
    (tmp_path / "loaded_lazily.py").write_text("import loaded_count\nloaded_count.number += 1\nthing = object()\n")
    (tmp_path / "loaded_count.py").write_text("number = 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    import loaded_count

    everything = things(lazy="loaded_lazily:thing")
    assert (everything.names(), loaded_count.number) == (("lazy",), 0)
    assert everything.get("lazy") is everything.get("lazy")
    assert loaded_count.number == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("finetun", "Did you mean 'finetune'?"),
        ("FineTune", "Did you mean 'finetune'?"),
        ("xy", "Known: direct, finetune."),
    ],
)
def test_an_unknown_name_suggests_the_nearest(entry_points, name, hint):
    with pytest.raises(UnknownNameError) as refused:
        things(finetune="a:b", direct="a:c").get(name)
    assert str(refused.value) == f"unknown thing {name!r}. {hint}"
    assert isinstance(refused.value, ConfigError)


def test_nothing_is_suggested_of_nothing():
    assert nearest("a", []) is None
    assert nearest("", ["abc"]) is None


def test_registering_is_for_this_process_and_for_free_names(entry_points):
    entry_points(("theirs", "a:b"))
    everything = things(ours="a:b")
    thing = object()
    assert everything.register("mine", thing) is thing
    assert everything.get("mine") is thing
    assert everything.name_of(thing) == "mine"
    for taken in ("mine", "ours", "theirs"):
        with pytest.raises(ConfigError, match=f"thing '{taken}' is registered already"):
            everything.register(taken, object())
    assert everything.get("mine") is thing


def test_entry_points_are_found_and_loaded(entry_points):
    import json

    entry_points(("dump", "json:dumps"))
    everything = things()
    assert everything.get("dump") is json.dumps
    assert everything.name_of(json.dumps) == "dump"


@pytest.mark.parametrize(
    "points", [[("ours", "their_package:thing")], [("x", "one:thing"), ("x", "other:thing")]], ids=["built-in", "two"]
)
def test_two_packages_with_one_name_are_refused(entry_points, points):
    entry_points(*points)
    with pytest.raises(ConfigError, match=f"two packages register the thing '{points[0][0]}'"):
        things(ours="a:b").names()


def test_a_package_found_twice_is_one_package(entry_points):
    """An editable install beside an old one lists the same entry point twice."""
    entry_points(("x", "json:dumps"), ("x", "json:dumps"))
    assert things().names() == ("x",)


def test_what_is_not_registered_has_no_name(entry_points):
    with pytest.raises(UnknownNameError, match="unknown thing 'Fraction'"):
        things(dump="json:dumps").name_of(__import__("fractions").Fraction)


def test_everything_registered_loads_without_torch():
    program = """
import sys
from rltransfer import registry
loaded = 0
for kind in (registry.FAMILIES, registry.TRUNKS, registry.ALGORITHMS, registry.METHODS, registry.WRAPPERS):
    assert kind.names(), kind.kind
    for name in kind:
        thing = kind.get(name)
        assert thing is not None
        loaded += 1
assert loaded >= 18, loaded
heavy = sorted({"torch", "stable_baselines3", "gymnasium", "numba"} & set(sys.modules))
sys.exit(f"{heavy} loaded" if heavy else 0)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("kind", [registry.TRUNKS, registry.ALGORITHMS, registry.METHODS, registry.WRAPPERS])
def test_every_registered_thing_has_a_sentence_for_lists(kind):
    for name in kind:
        assert kind.name_of(kind.get(name)) == name
        assert kind.get(name).__doc__.strip()
