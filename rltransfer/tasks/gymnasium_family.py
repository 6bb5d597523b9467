"""Any Gymnasium environment as a family of its own, with no Python from the user."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rltransfer.errors import ConfigError, MissingExtraError
from rltransfer.tasks.family import Task
from rltransfer.tasks.single_env_family import SingleEnvFamily

if TYPE_CHECKING:
    from gymnasium import Env

    from rltransfer.tasks.wrappers import WrapperSpec


class GymnasiumFamily(SingleEnvFamily):
    """An ad-hoc family: one Gymnasium id with keyword arguments and named wrappers.

    Two of them make a source and a target. It has one robot, one task and no factors: what changes between source
    and target is the id, the arguments, the attributes or the wrappers themselves.

    Args:
        env_id: Gymnasium's id, ``"CartPole-v1"`` or ``"my_package:Mine-v0"``.
        kwargs: keyword arguments for the environment.
        attributes: set on the unwrapped environment once it is made; see ``set_attributes``.
        wrappers: applied in order, the first innermost.
    """

    render_modes = None
    robots: Mapping[str, str] = {"default": "the environment's own"}
    tasks: Mapping[str, str] = {"default": "the environment's own"}

    def __init__(
        self,
        env_id: str,
        *,
        kwargs: Mapping[str, Any] | None = None,
        attributes: Mapping[str, Any] | None = None,
        wrappers: Sequence[WrapperSpec] = (),
    ) -> None:
        self.id = env_id
        self.kwargs = dict(kwargs or {})
        self.attributes = dict(attributes or {})
        self.wrappers = tuple(wrappers)
        self.name = env_id
        self.summary = f"Gymnasium's {env_id}"
        self.factors = {}

    def make(self, task: Task | None = None, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One environment with its wrappers; there is but one task.

        Raises:
            ConfigError: Gymnasium does not know the id, or the environment refuses its arguments or a wrapper.
            MissingExtraError: a package the environment needs is not installed.
        """
        env = self._bare(self.attributes, render_mode)
        for wrapper in self.wrappers:
            try:
                env = wrapper.wrap(env)
            except _refusals() as error:
                name = type(wrapper).__name__
                raise ConfigError(f"environment {self.id!r}, wrapper {name}: {_first_line(error)}") from error
        return env

    def doubts(self, task: Task) -> tuple[str, ...]:
        """Attributes that a rollout could not show to have an effect; see ``Family.doubts``."""
        from rltransfer.tasks.attributes import doubtful_attributes

        found = doubtful_attributes(lambda attributes: self._bare(attributes, None), self.attributes)
        return tuple(f"environment {self.id!r}: attribute {name!r} {reason}" for name, reason in found.items())

    def _bare(self, attributes: Mapping[str, Any], render_mode: str | None) -> Env[Any, Any]:
        """The environment with ``attributes``, and without wrappers."""
        import gymnasium

        options = dict(self.kwargs)
        if render_mode is not None or self._needs_frames():
            options["render_mode"] = render_mode or "rgb_array"
        try:
            env = gymnasium.make(self.id, **options)
        except gymnasium.error.DependencyNotInstalled as error:
            raise MissingExtraError(f"environment {self.id!r}: {_first_line(error)}") from error
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"environment {self.id!r}: {_first_line(error).rstrip('.')}. Install the package that brings it."
            ) from error
        except _refusals() as error:
            raise ConfigError(f"environment {self.id!r} cannot be made: {_first_line(error)}") from error
        if attributes:
            from rltransfer.tasks.attributes import set_attributes

            try:
                set_attributes(env, attributes)
            except ConfigError as error:
                env.close()
                raise ConfigError(f"environment {self.id!r}: {error}") from error
        return env

    def _needs_frames(self) -> bool:
        from rltransfer.tasks.wrappers import Pixels

        return any(isinstance(wrapper, Pixels) for wrapper in self.wrappers)


def _refusals() -> tuple[type[Exception], ...]:
    """What environments and wrappers raise at arguments they do not like, or at files that do not hold."""
    import gymnasium

    mujoco: Any = sys.modules.get("mujoco")
    of_mujoco = () if mujoco is None else (mujoco.FatalError,)
    usual = (AssertionError, AttributeError, LookupError, OSError, TypeError, ValueError)
    return (gymnasium.error.Error, *usual, *of_mujoco)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    if not lines or isinstance(error, KeyError):  # which says the key and no more
        lines = [f"{type(error).__name__} {error}".strip()]
    return lines[0][:200]
