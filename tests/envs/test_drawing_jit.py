from pathlib import Path

import pytest

import rltransfer_envs.rover
from rltransfer_envs.drawing import jit
from rltransfer_envs.drawing.jit import cache_directory, compiled

ROVER = Path(rltransfer_envs.rover.__file__).parent


@pytest.fixture
def _fresh_cache():
    cache_directory.cache_clear()
    yield
    cache_directory.cache_clear()


@pytest.mark.usefixtures("_fresh_cache")
def test_compiled_code_goes_where_it_can_be_written(monkeypatch, tmp_path):
    monkeypatch.setattr(jit._config, "CACHE_DIR", str(tmp_path))
    assert cache_directory(ROVER).startswith(str(tmp_path / "rover-"))


@pytest.mark.usefixtures("_fresh_cache")
def test_without_a_writable_place_code_is_compiled_all_the_same(monkeypatch):
    def refuse(**_):
        raise PermissionError

    monkeypatch.setattr(jit.tempfile, "TemporaryFile", refuse)
    assert cache_directory(ROVER) is None

    def doubled(x: float) -> float:
        return 2 * x

    assert compiled(doubled)(21.0) == 42.0


def test_the_cache_setting_of_others_is_left_alone():
    before = jit._config.CACHE_DIR
    compiled(cache_directory.__wrapped__)
    assert before == jit._config.CACHE_DIR
