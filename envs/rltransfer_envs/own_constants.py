"""A simulator's class with module constants of its own, so that environments side by side differ in them.

Some environments read their physics from constants of a module, which every instance in the process shares.
Assigning to them would change all. A function finds its globals in the dictionary that it was made with: here it is
made again with another dictionary, the same code and the constants replaced.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import FunctionType
from typing import Any, TypeVar

C = TypeVar("C")


def with_constants(simulator: type[C], constants: Mapping[str, Any]) -> type[C]:
    """A subclass of ``simulator`` whose own methods read ``constants`` in place of those of its module.

    What a module computed from its constants when it was imported is not computed again: give every derived constant.
    Classes that the methods make are globals too, and can be replaced in the same way.

    Args:
        simulator: a class that reads constants of the module it is defined in.
        constants: name in that module to value.

    Raises:
        AttributeError: the module has no such name, so replacing it would have no effect.
    """
    module = sys.modules[simulator.__module__]
    for name in constants:
        getattr(module, name)
    names = {**vars(module), **constants}
    methods = {
        name: _with_globals(function, names)
        for name, function in vars(simulator).items()
        if isinstance(function, FunctionType)
    }
    return type(simulator.__name__, (simulator,), {**methods, "__module__": simulator.__module__})


def _with_globals(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    made = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__doc__ = function.__doc__
    made.__annotations__ = function.__annotations__
    return made
