"""Functions of a simulator with other constants than those of its module."""

from __future__ import annotations

import types
from collections.abc import Mapping

from rltransfer.errors import ConfigError


def with_constants(function: types.FunctionType, constants: Mapping[str, object]) -> types.FunctionType:
    """``function`` reading ``constants`` where it would read globals of its module of these names.

    The module itself is left as it is, so other environments in the process keep their constants, and with no constant
    changed the function is the very same code: bit-identical, whatever upstream's next version does.

    Raises:
        ConfigError: the module has no such global; a renamed constant must not be lost silently.
    """
    missing = sorted(set(constants) - set(function.__globals__))
    if missing:
        raise ConfigError(f"{function.__module__} has no {', '.join(missing)}: install a version that has, as 1.4.0")
    rebound = types.FunctionType(
        function.__code__,
        {**function.__globals__, **constants},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    rebound.__kwdefaults__ = function.__kwdefaults__
    return rebound
