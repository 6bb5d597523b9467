"""Packages that optional extras bring."""

from __future__ import annotations

import importlib
from types import ModuleType

from rltransfer.errors import MissingExtraError


def imported(module: str, *, family: str, extra: str) -> ModuleType:
    """``module``, imported now.

    Args:
        module: of a simulator.
        family: the name of the family that needs it.
        extra: the optional extra that brings it.

    Raises:
        MissingExtraError: it is not installed; the message is the command that mends it.
    """
    from gymnasium.error import DependencyNotInstalled

    package = module.split(".", maxsplit=1)[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and not module.startswith(error.name.split(".")[0]):
            raise  # something that the module itself needs
        cause: Exception = error
    except DependencyNotInstalled as error:  # what Gymnasium's own environments make of a missing package
        package = getattr(error.__cause__, "name", None) or package
        cause = error
    raise MissingExtraError(
        f'family {family!r} needs the package {package!r}: pip install "rltransfer[{extra}]"'
    ) from cause
