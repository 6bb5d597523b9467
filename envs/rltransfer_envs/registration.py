"""The families' entries in Gymnasium's registry, whichever of the two packages is imported first.

A configuration is validated through ``rltransfer_envs`` in milliseconds, and importing Gymnasium takes 200
of them. So its registry is filled where Gymnasium is there already, and otherwise in the moment in which it
is imported.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

from rltransfer.registry import FAMILIES

if TYPE_CHECKING:
    from gymnasium import Env
    from gymnasium.vector import VectorEnv

REGISTRY = "gymnasium.envs.registration"
IDS = {
    "rltransfer/Rover-v0": "rover",
    "rltransfer/Arm-v0": "arm",
    "rltransfer/Atari-v0": "atari",
    "rltransfer/MiniGrid-v0": "minigrid",
    "rltransfer/CartPole-v0": "cartpole",
    "rltransfer/MountainCar-v0": "mountain-car",
    "rltransfer/Acrobot-v0": "acrobot",
    "rltransfer/Pendulum-v0": "pendulum",
    "rltransfer/LunarLander-v0": "lunar-lander",
    "rltransfer/Locomotion-v0": "locomotion",
    "rltransfer/Racing-v0": "racing",
    "rltransfer/Bipedal-v0": "bipedal",
    "rltransfer/ViZDoom-v0": "vizdoom",
    "rltransfer/Highway-v0": "highway",
}
"""Gymnasium's id to the family's name. All take ``robot``, ``task`` and ``environment``."""


def make(
    *,
    family: str,
    robot: str | None = None,
    task: str | None = None,
    environment: Mapping[str, object] | None = None,
    render_mode: str | None = None,
) -> Env[Any, Any]:
    """One environment of a family; what ``gymnasium.make`` calls."""
    found = FAMILIES.get(family)
    env: Env[Any, Any] = found.make(
        found.task(robot=robot, task=task, environment=environment), render_mode=render_mode
    )
    return env


def make_vec(
    *,
    family: str,
    num_envs: int = 1,
    robot: str | None = None,
    task: str | None = None,
    environment: Mapping[str, object] | None = None,
    render_mode: str | None = None,
) -> VectorEnv[Any, Any, Any]:
    """Copies of a task of a family, stepped together; what ``gymnasium.make_vec`` calls."""
    point = FAMILIES.get(family).task(robot=robot, task=task, environment=environment)
    env: VectorEnv[Any, Any, Any] = point.make_vec(num_envs=num_envs, render_mode=render_mode)
    return env


def register() -> None:
    """Put every id into Gymnasium's registry, once."""
    from gymnasium.envs.registration import register, registry

    for gymnasium_id, family in IDS.items():
        if gymnasium_id not in registry:
            register(
                id=gymnasium_id,
                entry_point="rltransfer_envs.registration:make",
                vector_entry_point="rltransfer_envs.registration:make_vec",
                kwargs={"family": family},
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
