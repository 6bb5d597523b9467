"""Classes with constants of their own."""

import colorsys

import pytest

from rltransfer.errors import ConfigError
from rltransfer_envs.own_constants import with_constants

RATE = 2


class Counter:
    """Reads a constant of this module, through a superclass and a default argument as well."""

    def __init__(self, start=1):
        self.count = start

    def step(self, *, times=1):
        self.count += RATE * times
        return self.count


class Doubled(Counter):
    def step(self, *, times=1):
        return super().step(times=times) * RATE


def test_each_class_reads_its_own_and_the_module_keeps_its_own():
    fast, slow = with_constants(Counter, {"RATE": 10}), with_constants(Counter, {"RATE": 1})
    a, b, c = fast(), slow(start=5), Counter()
    assert [(a.step(), b.step(times=2), c.step()) for _ in range(2)] == [(11, 7, 3), (21, 9, 5)]
    assert isinstance(a, Counter)
    assert RATE == 2


def test_only_the_classes_own_methods_are_made_again():
    assert with_constants(Doubled, {"RATE": 10})().step() == (1 + 2) * 10


def test_a_constant_that_is_not_there_is_an_error():
    with pytest.raises(ConfigError, match="has no SPEED"):
        with_constants(Counter, {"SPEED": 1})
    assert not hasattr(colorsys, "SPEED")
