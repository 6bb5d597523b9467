"""Trials that fail, processes that die, and interrupts: what is said, what is kept, and what running again does."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

RLTRANSFER = Path(sys.executable).with_name("rltransfer")


def states(run):
    found = {}
    for path in run.rglob("status.json"):
        record = json.loads(path.read_text())
        found[f"{record['target']}/{record['method']}"] = record["state"]
    return found


def alive(session):
    """The living processes of a session, by number; the dead whom nobody has waited for are not counted."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return found


@pytest.fixture
def started(toy_file, third_party, tmp_path):
    """A slow run in a session of its own, with trials running; ended with the test.

    Interrupts are listened to even where the tests run in the background, whose children would ignore them.
    """
    process = subprocess.Popen(
        [RLTRANSFER, "run", toy_file, "--out", tmp_path / "run", "--workers", "2"],
        env={**os.environ, "PYTHONPATH": str(third_party), "TOY_PAUSE": "0.05"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    try:
        wait_until(lambda: list((tmp_path / "run").glob("**/status.json")))
        yield process
    finally:
        for pid in alive(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.communicate()


def test_failed_trials_do_not_stop_the_rest_and_are_tried_again(toy_file, third_party, rltransfer, snapshot, tmp_path):
    toy_file.write_text(
        toy_file.read_text().replace(
            "methods: [direct, finetune]",
            "  raising: {environment: {fault: raise}}\n  killed: {environment: {fault: kill}}\nmethods: [direct]",
        )
    )
    broken, run = tmp_path / "broken", tmp_path / "run"
    broken.touch()

    def go():
        return rltransfer("run", toy_file, "--out", run, PYTHONPATH=third_party, TOY_BROKEN=broken)

    done = go()
    assert done.returncode == 1
    assert states(run) == {
        "source/": "finished",
        "foggy/scratch": "finished",
        "foggy/direct": "finished",
        "raising/scratch": "failed",
        "raising/direct": "failed",
        "killed/scratch": "failed",
        "killed/direct": "failed",
    }
    assert "failed: raising/direct/seed-0: RuntimeError: the toy is broken" in done.stdout
    assert "failed: killed/direct/seed-0: the process was ended by signal 9" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "RuntimeError: the toy is broken" in (run / "raising/direct/seed-0/log.txt").read_text()

    before = snapshot(run / "foggy") | snapshot(run / "source")
    broken.unlink()
    again = go()
    assert (again.returncode, again.stderr) == (0, "")
    assert set(states(run).values()) == {"finished"}
    assert again.stdout.startswith("3 trials were finished before\n")
    assert "failed:" not in again.stdout
    assert not (run / "raising/direct/seed-0/log.txt").exists()
    assert snapshot(run / "foggy") | snapshot(run / "source") == before


def test_what_waits_for_a_failed_source_is_not_run_and_scratch_is(toy_file, third_party, rltransfer, tmp_path):
    text = toy_file.read_text().replace("family: toy,", "family: toy, environment: {fault: raise},")
    toy_file.write_text(text.replace("foggy: {environment: {fog: 0.5}}", "foggy: {environment: {fault: none}}"))
    (tmp_path / "broken").touch()
    done = rltransfer(
        "run", toy_file, "--out", tmp_path / "run", PYTHONPATH=third_party, TOY_BROKEN=tmp_path / "broken"
    )
    assert done.returncode == 1
    assert states(tmp_path / "run") == {"source/": "failed", "foggy/scratch": "finished"}
    assert "foggy/finetune/seed-0 not run: source/seed-0 failed" in done.stdout
    assert "not finished: 2 trials (foggy/direct/seed-0, foggy/finetune/seed-0)" in done.stdout


def test_an_interrupt_ends_every_process_and_running_again_completes(
    started, toy_file, third_party, rltransfer, tmp_path
):
    run = tmp_path / "run"
    wait_until(lambda: "running" in states(run).values())
    began = time.monotonic()
    os.killpg(started.pid, signal.SIGINT)  # as a terminal does: every process of the group gets it
    stdout, stderr = started.communicate(timeout=30)
    assert time.monotonic() - began < 10
    assert started.returncode == 130
    assert stderr == ""
    assert "run the same command to go on" in stdout
    wait_until(lambda: not alive(started.pid), seconds=5)
    assert set(states(run).values()) == {"interrupted"}

    shown = rltransfer("show", run, PYTHONPATH=third_party)
    assert shown.returncode == 0
    assert "not finished: 4 trials" in shown.stdout

    again = rltransfer("run", toy_file, "--out", run, PYTHONPATH=third_party)
    assert (again.returncode, again.stderr) == (0, "")
    assert set(states(run).values()) == {"finished"}


def test_a_run_that_is_being_written_is_refused_and_killing_it_leaves_no_process(
    started, toy_file, third_party, rltransfer, tmp_path
):
    second = rltransfer("run", toy_file, "--out", tmp_path / "run", PYTHONPATH=third_party)
    assert (second.returncode, second.stdout) == (2, "")
    assert len(second.stderr.splitlines()) == 1
    assert "is being written by another process" in second.stderr

    started.kill()  # it can end nothing itself
    wait_until(lambda: not alive(started.pid), seconds=20)
    assert "failed" not in states(tmp_path / "run").values()
