"""Making environments: from names to what a Stable-Baselines3 model learns in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from rltransfer.errors import ConfigError
from rltransfer.registry import FAMILIES, WRAPPERS
from rltransfer.settings import parse
from rltransfer.tasks.context import Visibility
from rltransfer.tasks.family import HIDDEN, Context, Family, Randomization, Task
from rltransfer.tasks.gymnasium_family import GymnasiumFamily

if TYPE_CHECKING:
    from rltransfer.tasks.vec_env import TaskVecEnv


def make_env(
    family: str | Mapping[str, Any] | Family | Task,
    *,
    robot: str | None = None,
    task: str | None = None,
    environment: Mapping[str, object] | None = None,
    randomize: Sequence[str] | Randomization | None = None,
    context: Visibility | Context = "hidden",
    num_envs: int = 1,
    seed: int | None = None,
    render_mode: str | None = None,
) -> TaskVecEnv:
    """Copies of a task for a Stable-Baselines3 model.

    Args:
        family: a registered family's name; a Gymnasium environment as
            ``{"id": ..., "kwargs": ..., "attributes": ..., "wrappers": ...}``; or a family or task object.
        robot: which of the family's robots; its default where left out.
        task: which of the family's tasks; its default where left out.
        environment: factor name to value, for what differs from the default environment.
        randomize: factors that are drawn anew for every episode from the range that sources are trained in, or a
            ``Randomization`` that says from which.
        context: ``"hidden"``, ``"observed"`` or ``"side"``: whether observations tell the factors that ``randomize``
            names, or all of the family's where it names none; or a ``Context`` that says which factors.
        num_envs: copies, stepped together.
        seed: copy ``k`` is reset with ``seed + k`` the first time.
        render_mode: ``"rgb_array"`` for frames.

    Raises:
        UnknownNameError: a family, robot, task, factor, wrapper, split or context that does not exist.
        ConfigError: a factor out of its bounds or that cannot be drawn, or options that do not hold.
    """
    drawn = randomize
    if drawn is not None and not isinstance(drawn, Randomization):
        drawn = Randomization(factors=cast(tuple[str, ...], drawn))
    told = context if isinstance(context, Context) else Context(visibility=context)
    if isinstance(family, Task):
        point = family.changed(
            robot=robot,
            task=task,
            environment=environment,
            randomization=drawn,
            context=None if told == HIDDEN else told,
        )
    else:
        point = find_family(family).task(
            robot=robot, task=task, environment=environment, randomization=drawn, context=told
        )
    return vec_env(point, num_envs=num_envs, seed=seed, render_mode=render_mode)


def vec_env(task: Task, *, num_envs: int, seed: int | None = None, render_mode: str | None = None) -> TaskVecEnv:
    """``num_envs`` copies of ``task`` for a Stable-Baselines3 model; see ``make_env``."""
    from rltransfer.tasks.vec_env import TaskVecEnv

    env = TaskVecEnv(task.make_vec(num_envs=num_envs, render_mode=render_mode), task)
    if seed is not None:
        env.seed(seed)
    return env


def find_family(family: str | Mapping[str, Any] | Family) -> Family:
    """A family by name, as an ad-hoc Gymnasium id, or as it is. Raises as ``make_env`` does."""
    if isinstance(family, Family):
        return family
    if isinstance(family, str):
        found: Family = FAMILIES.get(family)
        return found
    if not isinstance(family, Mapping):
        raise ConfigError(
            f"a family is a registered name, a mapping with the id of a Gymnasium environment, or a family or task "
            f"object, not {family!r:.60}"
        )
    unknown = set(family) - {"id", "kwargs", "attributes", "wrappers"}
    if "id" not in family or unknown:
        raise ConfigError(
            f"an ad-hoc family has id, kwargs, attributes and wrappers, not {', '.join(map(str, family))}"
        )
    if not isinstance(family.get("attributes") or {}, Mapping):
        raise ConfigError("attributes is a mapping of names to values")
    wrappers = []
    items = family.get("wrappers") or ()
    if not isinstance(items, list | tuple) or any(isinstance(item, Mapping) and len(item) != 1 for item in items):
        raise ConfigError("wrappers is a list of names, and of mappings of one name to its options")
    for item in items:
        name, options = next(iter(item.items())) if isinstance(item, Mapping) else (item, {})
        wrappers.append(parse(WRAPPERS.get(name), options or {}))
    return GymnasiumFamily(
        family["id"], kwargs=family.get("kwargs"), attributes=family.get("attributes"), wrappers=wrappers
    )
