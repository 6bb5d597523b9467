"""Jobs in processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from rltransfer.errors import SkippedDataWarning
from rltransfer.launch.jobs import Job, JobEvent, Listener


@dataclass
class _Running:
    job: Job
    process: BaseProcess
    pipe: Connection
    failure: str | None = None


def run_locally(
    jobs: Sequence[Job], *, workers: int | None = None, listen: Listener, preload: Sequence[str] = ()
) -> dict[str, str]:
    """Run every job in a process of its own, ``workers`` at a time, in the given order as far as they may start.

    A job that fails, or whose process dies, does not stop the others. On an interrupt all processes are ended before
    KeyboardInterrupt goes on to the caller.

    Args:
        jobs: what to run.
        workers: processes at a time; as many as this process may use cores, where left out.
        listen: called in this process with every event.
        preload: modules to import once, before the processes are forked from there.

    Returns:
        Job name to ``"finished"``, ``"failed"`` or ``"not run"``.

    Raises:
        ValueError: jobs wait for each other, or for one that is not among them.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    workers = workers or len(os.sched_getaffinity(0))
    waiting = list(jobs)
    ended: dict[str, str] = {}
    running: dict[int, _Running] = {}
    try:
        while waiting or running:
            _drop_hopeless(waiting, ended, listen)
            while len(running) < workers and (job := _next_ready(waiting, ended)) is not None:
                waiting.remove(job)
                with _uninterrupted():
                    started = _start(context, job)
                    running[started.process.sentinel] = started
                listen(JobEvent(name=job.name, kind="started"))
            if not running:
                if waiting and not any(_lost(job, ended) for job in waiting):
                    names = ", ".join(job.name for job in waiting)
                    raise ValueError(f"these jobs wait for jobs that are not there, or for each other: {names}")
                continue
            pipes = {item.pipe: item for item in running.values() if not item.pipe.closed}
            for ready in wait([*pipes, *running]):
                if isinstance(ready, Connection):
                    _hear(pipes[ready], listen)
                elif ready in running:
                    _end(running.pop(ready), ended, listen)
    finally:
        _stop(list(running.values()))
    return ended


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold an interrupt back, so that no process is started and then forgotten."""
    if threading.current_thread() is not threading.main_thread():  # it gets no interrupts
        yield
        return
    resource_tracker.ensure_running()  # otherwise started below, and it lets interrupts through again
    held_back: list[int] = []

    def hold_back(number: int, _frame: object) -> None:
        held_back.append(number)
        os.write(2, b"stopping\n")  # the server may still be importing, and until then nothing can be ended

    handler = signal.signal(signal.SIGINT, hold_back)
    # The server that jobs are forked from inherits the mask; an interrupt would end its imports in a traceback.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if held_back:
        raise KeyboardInterrupt


def _start(context: Any, job: Job) -> _Running:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(job, theirs), name=job.name, daemon=True)
    process.start()
    theirs.close()
    return _Running(job, process, ours)


def _work(job: Job, pipe: Connection) -> None:
    """In the job's own process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the launching process's to deal with
    threading.Thread(target=_end_with_the_launcher, daemon=True).start()
    warnings.simplefilter("ignore", SkippedDataWarning)  # the launching process has read the data and told it

    def tell(content: Any) -> None:
        try:
            pipe.send(("told", content))
        except OSError:  # the launching process is gone, and another may have begun the job anew
            os._exit(1)

    try:
        job.run(job.argument, tell)
    except Exception as error:
        lines = traceback.format_exception_only(error)[-1].strip().splitlines()
        pipe.send(("failed", (lines or [type(error).__name__])[0]))
        raise SystemExit(1) from None
    finally:
        pipe.close()


def _end_with_the_launcher() -> None:
    """Wait for the launching process to be gone, however it went, and go too: nobody reads what comes out."""
    launcher = multiprocessing.parent_process()
    if launcher is not None:
        wait([launcher.sentinel])
        os._exit(1)


def _hear(item: _Running, listen: Listener) -> None:
    try:
        kind, content = item.pipe.recv()
    except (EOFError, OSError):
        item.pipe.close()
        return
    if kind == "failed":
        item.failure = content
    else:
        listen(JobEvent(name=item.job.name, kind="told", content=content))


def _end(item: _Running, ended: dict[str, str], listen: Listener) -> None:
    while not item.pipe.closed and item.pipe.poll():
        _hear(item, listen)
    item.process.join()
    code = item.process.exitcode
    if code == 0 and item.failure is None:
        ended[item.job.name] = "finished"
        listen(JobEvent(name=item.job.name, kind="finished"))
        return
    ended[item.job.name] = "failed"
    reason = item.failure or (
        f"the process was ended by signal {-code}" if code and code < 0 else f"exit status {code}"
    )
    listen(JobEvent(name=item.job.name, kind="failed", content=reason))


def _next_ready(waiting: Sequence[Job], ended: dict[str, str]) -> Job | None:
    return next((job for job in waiting if all(ended.get(name) == "finished" for name in job.after)), None)


def _drop_hopeless(waiting: list[Job], ended: dict[str, str], listen: Listener) -> None:
    """Give up jobs that wait for one that failed."""
    for job in list(waiting):
        if lost := _lost(job, ended):
            waiting.remove(job)
            ended[job.name] = "not run"
            listen(JobEvent(name=job.name, kind="not run", content=f"{lost[0]} failed"))


def _lost(job: Job, ended: dict[str, str]) -> list[str]:
    return [name for name in job.after if ended.get(name) in ("failed", "not run")]


def _stop(items: Sequence[_Running]) -> None:
    for item in items:
        item.process.terminate()
    for item in items:
        item.process.join(timeout=5)
        if item.process.is_alive():
            item.process.kill()
            item.process.join()
