"""Attributes set on somebody else's environment, and a rollout that shows whether the change does anything.

An environment may compute other constants from an attribute when it is made: CartPole-v1 reads ``masscart`` there
and never again, so a new value changes nothing. That is found out here, in place of a study without a change.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gymnasium import Env
from gymnasium.utils.env_checker import data_equivalence

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest

STEPS = 200
"""Of the rollout that looks for an effect."""


def set_attributes(env: Env[Any, Any], attributes: Mapping[str, object]) -> None:
    """Set ``attributes`` on ``env.unwrapped``; ``"model.opt.gravity"`` is set on what ``model.opt`` holds.

    Args:
        env: changed in place, so before its first reset.
        attributes: name to a number, text, true or false, or a list of numbers; as the present value is.

    Raises:
        UnknownNameError: a name that is not there; it carries the nearest one.
        ConfigError: a method or another thing that no such value fits, or one that cannot be set.
    """
    for name, value in attributes.items():
        owner: Any = env.unwrapped
        *path, last = name.split(".")
        for part in path:
            owner = _present(owner, part)
        fitting = _fitting(name, _present(owner, last), value)
        try:
            setattr(owner, last, fitting)
        except (AttributeError, TypeError, ValueError) as error:
            raise ConfigError(f"attribute {name!r} cannot be set: {error}") from error


def _present(owner: Any, name: str) -> Any:
    """The attribute of that name. Raises UnknownNameError where there is none."""
    if name.startswith("_") or not hasattr(owner, name):
        known = tuple(
            one
            for one in dir(owner)
            if not one.startswith("_") and not inspect.isroutine(inspect.getattr_static(owner, one))
        )
        raise UnknownNameError(f"attribute of {type(owner).__name__}", name, known, nearest(name, known))
    return getattr(owner, name)


def _fitting(name: str, present: Any, value: object) -> Any:
    """``value`` in the kind of the present one. Raises ConfigError where it is of another kind, or not a number."""
    numbers = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(number, float) and math.isnan(number) for number in numbers):
        raise ConfigError(f"attribute {name!r} cannot be nan, which is not a number. Give it a number.")
    if isinstance(present, bool | np.bool_):
        if isinstance(value, bool):
            return value
    elif isinstance(present, int | float | np.number):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
    elif isinstance(present, str):
        if isinstance(value, str):
            return value
    elif isinstance(present, np.ndarray | list | tuple):
        shape = np.shape(present)
        if isinstance(value, list | tuple) and np.shape(value) == shape:
            kept = np.array(value, present.dtype if isinstance(present, np.ndarray) else None)
            return kept if isinstance(present, np.ndarray) else type(present)(value)
        raise ConfigError(f"attribute {name!r} has the shape {shape}; give a list of as many, not {value!r:.60}")
    else:
        raise ConfigError(f"attribute {name!r} is a {type(present).__name__}, which no value from a file can replace")
    raise ConfigError(f"attribute {name!r} is {present!r:.60}, and {value!r:.60} is of another kind")


def doubtful_attributes(
    make: Callable[[Mapping[str, object]], Env[Any, Any]], attributes: Mapping[str, object], *, steps: int = STEPS
) -> dict[str, str]:
    """Attributes whose change could not be shown to have an effect, with what was found instead.

    An environment with all attributes is played beside one without the attribute in question, from the same seed and
    by the same random actions. Equal to the last bit means that the attribute is without effect there.

    Args:
        make: an environment with the attributes it is given.
        attributes: name to value.
        steps: at most; a rollout stops at the first difference.
    """
    if attributes and _differ(make(attributes), make(attributes), steps):
        return dict.fromkeys(attributes, "cannot be shown to have an effect: the same seed gives different episodes")
    doubts = {}
    for name in attributes:
        others = {other: value for other, value in attributes.items() if other != name}
        if not _differ(make(attributes), make(others), steps):
            doubts[name] = (
                f"had no effect in {steps} steps. It may have that value already, or be read only when the "
                "environment is made: look for what is computed from it, or use a keyword argument."
            )
    return doubts


def _differ(one: Env[Any, Any], other: Env[Any, Any], steps: int) -> bool:
    """Whether two environments part ways under the same seed and actions. Both are closed."""
    try:
        one.action_space.seed(0)
        if not _same(one.reset(seed=0)[0], other.reset(seed=0)[0]):
            return True
        for _ in range(steps):
            action = one.action_space.sample()
            mine, theirs = one.step(action)[:4], other.step(action)[:4]
            if mine[1:] != theirs[1:] or not _same(mine[0], theirs[0]):
                return True
            if (mine[2] or mine[3]) and not _same(one.reset()[0], other.reset()[0]):
                return True
        return False
    finally:
        one.close()
        other.close()


def _same(one: Any, other: Any) -> bool:
    return bool(data_equivalence(one, other, exact=True))
