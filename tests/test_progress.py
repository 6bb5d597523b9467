"""The bar on long work: there on a terminal, and nowhere else."""

import io
import multiprocessing
import sys

from rltransfer.progress import tracked


class Terminal(io.StringIO):
    """Takes down what is shown."""

    def isatty(self):
        return True


def terminal_of(monkeypatch):
    """In the place of what pytest put there for this phase of a test, so no fixture."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TTY_COMPATIBLE", raising=False)
    monkeypatch.setattr(sys, "stderr", Terminal())
    return sys.stderr


def test_a_terminal_shows_what_is_done_and_how_much_of_it(monkeypatch):
    terminal = terminal_of(monkeypatch)
    assert list(tracked(iter("abcd"), "reading letters", total=4)) == ["a", "b", "c", "d"]
    shown = terminal.getvalue()
    assert "reading letters" in shown
    assert "100%" in shown


def test_a_bar_that_is_left_early_goes(monkeypatch):
    terminal = terminal_of(monkeypatch)
    for letter in tracked("abcd", "reading letters"):
        if letter == "b":
            break
    assert list(tracked("ab", "reading more")) == ["a", "b"]  # which two bars at a time could not
    assert "reading more" in terminal.getvalue()


def test_a_file_gets_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert list(tracked("ab", "reading letters")) == ["a", "b"]
    assert sys.stderr.getvalue() == ""


def test_a_process_that_another_started_draws_none(monkeypatch):
    terminal = terminal_of(monkeypatch)
    monkeypatch.setattr(multiprocessing, "parent_process", object)
    assert list(tracked("ab", "reading letters")) == ["a", "b"]
    assert terminal.getvalue() == ""
