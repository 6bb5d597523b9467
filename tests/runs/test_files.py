"""Files are written whole or not at all, whatever happens in the middle."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from rltransfer import files
from rltransfer.errors import ArtifactError
from rltransfer.files import read_bytes, write_atomically, write_json


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_crash_in_the_middle_leaves_the_former_content_and_nothing_else(tmp_path, monkeypatch, step, error):
    path = tmp_path / "status.json"
    write_atomically(path, b"former")

    def crash(*_):
        raise error

    monkeypatch.setattr(files.os, step, crash)
    with pytest.raises(type(error)):
        write_atomically(path, b"new, and longer")
    monkeypatch.undo()
    assert path.read_bytes() == b"former"
    assert list(tmp_path.iterdir()) == [path]


def test_a_process_killed_while_writing_leaves_the_former_content(tmp_path):
    path = tmp_path / "status.json"
    write_atomically(path, b"former")
    program = (
        "import os, signal, sys, pathlib\nfrom rltransfer import files\n"
        "files.os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write_atomically(pathlib.Path(sys.argv[1]), b'new')"
    )
    done = subprocess.run([sys.executable, "-c", program, path], timeout=60, check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == b"former"


def test_a_reader_never_sees_a_part(tmp_path):
    path = tmp_path / "evaluations.csv"
    contents = [bytes([65 + k]) * (1 + 40_000 * k) for k in range(4)]
    write_atomically(path, contents[0])
    seen, is_over = set(), threading.Event()

    def read():
        while not is_over.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(200):
        write_atomically(path, contents[turn % 4])
    is_over.set()
    reader.join()
    assert seen <= set(contents)
    assert len(seen) > 1


def test_content_is_on_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(files.os, "fsync", lambda handle: calls.append("fsync"))
    replace = os.replace
    monkeypatch.setattr(files.os, "replace", lambda *names: (calls.append("replace"), replace(*names)))
    write_atomically(tmp_path / "a" / "b" / "file", b"content")
    assert calls == ["fsync", "replace"]
    assert (tmp_path / "a" / "b" / "file").read_bytes() == b"content"


def test_others_may_read_what_is_written(tmp_path):
    write_atomically(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_json_is_written_strictly(tmp_path):
    write_json(tmp_path / "file.json", {"a": [1, None, "b"]})
    assert json.loads((tmp_path / "file.json").read_text()) == {"a": [1, None, "b"]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "file.json", {"a": float("nan")})
    assert json.loads((tmp_path / "file.json").read_text()) == {"a": [1, None, "b"]}


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(ArtifactError, match=r"cannot be read \(") as refused:
        read_bytes(tmp_path / name)
    assert str(tmp_path) in str(refused.value)
