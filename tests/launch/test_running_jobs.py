"""Jobs run in processes of their own: in order, so many at a time, and none takes another with it."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rltransfer.launch import Job, run_locally


@pytest.fixture
def jobs(monkeypatch):
    """The functions that jobs run, importable here and, as ``sys.path`` is handed on, in their processes."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    import launched_jobs

    yield launched_jobs
    sys.modules.pop("launched_jobs", None)


def job(name, run, argument=None, after=()):
    return Job(name=name, run=run, argument=argument, after=after)


def launched(jobs, workers=2):
    """How the jobs ended, and their events as (name, kind, content)."""
    events = []
    ended = run_locally(jobs, workers=workers, listen=lambda e: events.append((e.name, e.kind, e.content)))
    return ended, events


def of_kind(events, *kinds):
    return [name for name, kind, _ in events if kind in kinds]


def test_no_job_outlives_the_launching_process(jobs, tmp_path):
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import launched_jobs\n"
        "from rltransfer.launch import Job, run_locally\n"
        "def show(event):\n    print(event.content, flush=True) if event.kind == 'told' else None\n"
        "if __name__ == '__main__':\n"
        "    run_locally([Job(name='a', run=launched_jobs.sleep_long, argument=60)], workers=1, listen=show)\n"
    )
    (tmp_path / "launcher.py").write_text(program)
    command = [sys.executable, tmp_path / "launcher.py", Path(__file__).parent]
    launcher = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    working = int(launcher.stdout.readline())
    os.kill(working, 0)  # it is there
    launcher.kill()
    launcher.wait()
    launcher.stdout.close()
    for _ in range(100):
        if not Path(f"/proc/{working}").exists():
            return
        time.sleep(0.1)
    os.kill(working, signal.SIGKILL)
    pytest.fail("the job went on for 10 s after its launcher was killed")


def test_jobs_run_in_the_given_order_one_by_one(jobs):
    names = ["d", "a", "c", "b"]
    ended, events = launched([job(name, jobs.say, name.upper()) for name in names], workers=1)
    assert events == [
        event for n in names for event in ((n, "started", None), (n, "told", n.upper()), (n, "finished", None))
    ]
    assert ended == dict.fromkeys(names, "finished")


def test_a_job_starts_after_those_it_waits_for(jobs):
    plan = [
        job("late", jobs.say, after=("first", "second")),
        job("first", jobs.sleep_long, 0.3),
        job("second", jobs.say),
        job("free", jobs.say),
    ]
    _, events = launched(plan)
    order = [(name, kind) for name, kind, _ in events]
    assert of_kind(events, "started")[:2] == ["first", "second"]
    assert order.index(("late", "started")) > order.index(("first", "finished"))
    assert order.index(("free", "started")) < order.index(("first", "finished"))


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_as_many_run_at_a_time_as_there_are_workers(jobs, tmp_path, workers):
    _, events = launched([job(str(k), jobs.count_others, tmp_path) for k in range(5)], workers=workers)
    assert max(content for _, kind, content in events if kind == "told") == workers


def test_without_a_number_there_is_a_worker_for_each_core(jobs, tmp_path):
    cores = len(os.sched_getaffinity(0))
    _, events = launched([job(str(k), jobs.count_others, tmp_path) for k in range(cores + 1)], workers=None)
    assert max(content for _, kind, content in events if kind == "told") == cores


def test_everything_told_arrives_in_order_before_the_end(jobs):
    contents = [*range(50), b"x" * 1_000_000, {"nested": [1.5, None]}]
    _, events = launched([job("a", jobs.say_all, contents)])
    assert [content for _, kind, content in events if kind == "told"] == contents
    assert events[-1] == ("a", "finished", None)


def test_what_a_process_told_before_it_ended_is_not_lost_on_a_slow_listener(jobs):
    told = []

    def listen(event):
        if event.kind == "told":
            time.sleep(0.3 if not told else 0)  # the process ends meanwhile
            told.append(event.content)

    run_locally([job("a", jobs.say_all, range(20))], workers=1, listen=listen)
    assert told == list(range(20))


def test_a_failing_job_stops_no_other_and_what_waits_for_it_is_not_run(jobs):
    plan = [
        job("bad", jobs.raise_value_error, "no such\nthing"),
        job("good", jobs.say),
        job("child", jobs.say, after=("good", "bad")),
        job("grandchild", jobs.say, after=("child",)),
        job("other", jobs.say, after=("good",)),
    ]
    ended, events = launched(plan)
    assert ended == {
        "bad": "failed",
        "good": "finished",
        "child": "not run",
        "grandchild": "not run",
        "other": "finished",
    }
    assert ("bad", "told", "before") in events
    assert ("bad", "failed", "ValueError: no such") in events  # one line of it
    assert ("child", "not run", "bad failed") in events
    assert ("grandchild", "not run", "child failed") in events
    assert not {"child", "grandchild"} & set(of_kind(events, "started"))


@pytest.mark.parametrize(
    ("function", "argument", "reason"),
    [
        ("kill_itself", signal.SIGKILL, "the process was ended by signal 9"),
        ("kill_itself", signal.SIGSEGV, "the process was ended by signal 11"),
        ("leave", 3, "exit status 3"),
    ],
)
def test_a_process_that_dies_is_reported_with_how_it_died(jobs, function, argument, reason):
    ended, events = launched([job("dies", getattr(jobs, function), argument), job("lives", jobs.say)])
    assert ended == {"dies": "failed", "lives": "finished"}
    assert [event for event in events if event[0] == "dies"] == [("dies", "started", None), ("dies", "failed", reason)]


def test_jobs_that_can_never_start_are_an_error_and_no_endless_loop(jobs):
    with pytest.raises(ValueError, match="wait for jobs that are not there, or for each other: a"):
        launched([job("a", jobs.say, after=("ghost",))])
    plan = [job("free", jobs.say), job("a", jobs.say, after=("b",)), job("b", jobs.say, after=("a", "free"))]
    with pytest.raises(ValueError, match="for each other: a, b"):
        launched(plan)


def test_no_jobs_are_done_at_once():
    assert launched([]) == ({}, [])


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, RuntimeError])
def test_whatever_ends_the_launch_ends_its_processes(jobs, interrupt):
    pids = []

    def listen(event):
        if event.kind == "told":
            pids.append(event.content)
            if len(pids) == 2:
                raise interrupt

    began = time.monotonic()
    with pytest.raises(interrupt):
        run_locally([job(str(k), jobs.sleep_long, 60) for k in range(4)], workers=2, listen=listen)
    assert time.monotonic() - began < 10
    assert len(pids) == 2
    assert not any(map(is_alive, pids))


def test_an_interrupt_while_a_process_starts_is_not_lost(jobs, monkeypatch):
    from rltransfer.launch import local

    start = local._start
    started = []

    def start_interrupted(context, item):
        os.kill(os.getpid(), signal.SIGINT)
        started.append(start(context, item))
        return started[-1]

    monkeypatch.setattr(local, "_start", start_interrupted)
    before = signal.getsignal(signal.SIGINT), signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with pytest.raises(KeyboardInterrupt):
        run_locally([job("a", jobs.sleep_long, 60)], workers=1, listen=lambda event: None)
    assert len(started) == 1
    assert not started[0].process.is_alive()
    assert (signal.getsignal(signal.SIGINT), signal.pthread_sigmask(signal.SIG_BLOCK, [])) == before


def test_jobs_are_deaf_to_interrupts(jobs):
    _, events = launched([job("a", jobs.threads_and_interrupts)])
    assert ("a", "told", True) in events


def test_a_launch_may_run_in_a_thread(jobs):
    found = []
    thread = threading.Thread(target=lambda: found.append(launched([job("a", jobs.say, 1)])[0]))
    thread.start()
    thread.join()
    assert found == [{"a": "finished"}]
