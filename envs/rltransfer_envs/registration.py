"""Rover's entry in Gymnasium's registry, whichever of the two packages is imported first.

A configuration is validated through ``rltransfer_envs`` in milliseconds, and importing Gymnasium takes 200
of them. So its registry is filled where Gymnasium is there already, and otherwise in the moment in which it
is imported.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

REGISTRY = "gymnasium.envs.registration"


def register() -> None:
    """Put ``rltransfer/Rover-v0`` into Gymnasium's registry, once."""
    from gymnasium.envs.registration import register, registry

    if "rltransfer/Rover-v0" not in registry:
        register(
            id="rltransfer/Rover-v0",
            entry_point="rltransfer_envs.rover.env:RoverEnv",
            vector_entry_point="rltransfer_envs.rover.vector_env:RoverVectorEnv",
        )


class _OnImport(MetaPathFinder):
    """Waits for the import of Gymnasium's registry, registers right after it, and is gone."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != REGISTRY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            register()

        spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


def register_when_possible() -> None:
    """Register now where Gymnasium is imported, otherwise when it will be."""
    if REGISTRY in sys.modules:
        register()
    else:
        sys.meta_path.insert(0, _OnImport())
