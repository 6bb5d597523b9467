"""Jobs for the tests of launching: module-level functions, as processes of their own need them."""

import os
import signal
import sys
import time
from pathlib import Path


def say(content, tell):
    tell(content)


def say_all(contents, tell):
    for content in contents:
        tell(content)


def raise_value_error(text, tell):
    tell("before")
    raise ValueError(text)


def leave(code, tell):
    sys.exit(code)


def kill_itself(number, tell):
    os.kill(os.getpid(), number)
    time.sleep(10)


def count_others(folder, tell):
    """Tells how many of its kind run at this moment, itself included."""
    mark = Path(folder) / str(os.getpid())
    mark.touch()
    most = 0
    for _ in range(15):
        most = max(most, len(list(Path(folder).iterdir())))
        time.sleep(0.02)
    mark.unlink()
    tell(most)


def sleep_long(seconds, tell):
    tell(os.getpid())
    time.sleep(seconds)


def threads_and_interrupts(_, tell):
    tell(signal.getsignal(signal.SIGINT) == signal.SIG_IGN)
