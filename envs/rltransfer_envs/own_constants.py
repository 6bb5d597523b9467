"""A simulator's class with module constants of its own, so that environments side by side differ in them.

Some environments read their physics from constants of a module, which every instance in the process shares.
Assigning to them would change all. A function finds its globals in the dictionary that it was made with: here it is
made again with another dictionary, the same code and the constants replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import FunctionType
from typing import Any, TypeVar

from rltransfer.errors import ConfigError

C = TypeVar("C")


def with_constants(simulator: type[C], constants: Mapping[str, Any]) -> type[C]:
    """A subclass of ``simulator`` whose own methods read ``constants`` in place of those of its module.

    What a module computed from its constants when it was imported is not computed again: give every derived constant.
    Classes that the methods make are globals too, and can be replaced in the same way.

    Args:
        simulator: a class that reads constants of the module it is defined in.
        constants: name in that module to value.

    Raises:
        ConfigError: the module has no such name, so replacing it would have no effect.
    """
    methods = {
        name: rebound(function, constants)
        for name, function in vars(simulator).items()
        if isinstance(function, FunctionType)
    }
    return type(simulator.__name__, (simulator,), {**methods, "__module__": simulator.__module__})


def rebound(function: FunctionType, constants: Mapping[str, Any]) -> FunctionType:
    """``function`` reading ``constants`` where it would read globals of its module of these names.

    With no constant changed it is the very same code: bit-identical, whatever upstream's next version does.

    Raises:
        ConfigError: the module has no such global; a renamed constant must not be lost silently.
    """
    missing = sorted(set(constants) - set(function.__globals__))
    if missing:
        raise ConfigError(f"{function.__module__} has no {', '.join(missing)}: install a version that has")
    made = FunctionType(
        function.__code__,
        {**function.__globals__, **constants},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__doc__ = function.__doc__
    made.__annotations__ = function.__annotations__
    return made
