"""What a family says of itself, held against what it makes."""

from __future__ import annotations

import importlib
import inspect
import warnings

from gymnasium import spaces
from gymnasium.vector import AutoresetMode

from rltransfer.tasks.conformance.checking import Effort, Violation, every_task, made, require
from rltransfer.tasks.factor import Factor
from rltransfer.tasks.family import Family

HEADINGS = (
    "Description",
    "Action Space",
    "Observation Space",
    "Rewards",
    "Starting State",
    "Episode End",
    "Arguments",
    "Version History",
)
"""What the description of an environment has, as Gymnasium's do."""


def declared_plainly(family: Family, effort: Effort) -> str:
    """Robots, tasks and factors have a line of description; factors have bounds, a unit or choices."""
    for kind, names in (("robot", family.robots), ("task", family.tasks)):
        if not names:
            raise Violation(f"it has no {kind}s")
        require(all(names.values()), f"a {kind} has no description: {dict(names)}")
    for name, factor in family.factors.items():
        require(name == factor.name, f"factor {factor.name!r} is declared as {name!r}")
        require(bool(factor.description), f"factor {name!r} has no description")
        require(factor.validate(factor.default) == factor.default, f"factor {name!r} refuses its own default")
        if not isinstance(factor.default, bool | str):
            require(factor.low is not None and factor.high is not None, f"factor {name!r} has no bounds")
            low, high = factor.usual_range
            require(float(factor.low or 0) <= low <= high <= float(factor.high or 0), f"factor {name!r}: usual range")
            require(low <= factor.default <= high, f"factor {name!r}: its default is not in the usual range")
        require(bool(factor.extremes()), f"factor {name!r} cannot differ from its default")
        _declares_what_exists(family, factor)
    return f"{len(family.robots)} robots, {len(family.tasks)} tasks, {len(family.factors)} factors"


def _declares_what_exists(family: Family, factor: Factor) -> None:
    unknown = set(factor.tasks or ()) - set(family.tasks)
    require(not unknown, f"factor {factor.name!r} acts in tasks that are not there: {', '.join(sorted(unknown))}")
    robots = set(factor.idle_for) - set(family.robots)
    require(not robots, f"factor {factor.name!r} is idle for robots that are not there: {', '.join(sorted(robots))}")
    wakers = {name for names in factor.idle_for.values() for name in names} - {*family.tasks, *family.factors}
    require(not wakers, f"factor {factor.name!r}: neither tasks nor factors: {', '.join(sorted(wakers))}")
    others = {**dict.fromkeys(factor.requires), **factor.shown_where}
    missing = [name for name in others if name not in family.factors or name == factor.name]
    require(not missing, f"factor {factor.name!r} requires factors that are not there: {', '.join(missing)}")
    for name, values in factor.requires.items():
        require(all(family.factors[name].validate(value) == value for value in values), f"{factor.name!r}: {name}")
        default = family.factors[name].default
        shown = factor.shown_with.get(name, default)
        require(bool(values) or shown != default, f"factor {factor.name!r} is shown with no {name} but the default")


def described(family: Family, effort: Effort) -> str:
    """The docstring has Gymnasium's headings and a table with a row for every factor."""
    where = type(family)
    if family.described_in:
        module, _, attribute = family.described_in.partition(":")
        where = getattr(importlib.import_module(module), attribute)
    text = inspect.getdoc(where) or ""
    missing = [heading for heading in HEADINGS if f"## {heading}" not in text]
    require(not missing, f"the docstring of {where.__name__} lacks: {', '.join(missing)}")
    rows = {line.split("|")[1].strip(" `") for line in text.splitlines() if line.count("|") >= 4}
    unlisted = sorted(set(family.factors) - rows)
    require(not unlisted, f"the factor table of {where.__name__} lacks: {', '.join(unlisted)}")
    return where.__name__


def spaces_as_declared(family: Family, effort: Effort) -> str:
    """``spaces`` and ``action_kind`` say what environments have; observations lie in their space."""
    for task in every_task(family, effort):
        with made(family, task, 2) as env:
            found = (env.single_observation_space, env.single_action_space)
            require(family.spaces(task) == found, f"{task}: spaces() gives {family.spaces(task)}, not {found}")
            kind = family.action_kind(task.robot)
            is_discrete = isinstance(found[1], spaces.Discrete)
            require(kind in (None, "discrete" if is_discrete else "continuous"), f"{task}: action_kind is {kind}")
            require(env.metadata.get("autoreset_mode") is AutoresetMode.SAME_STEP, f"{task}: no SAME_STEP reset")
            observations, _ = env.reset(seed=0)
            require(env.observation_space.contains(observations), f"{task}: an observation is outside its space")
    return ""


def gymnasium_and_sb3_checkers(family: Family, effort: Effort) -> str:
    """Gymnasium's and Stable-Baselines3's own checkers pass on every robot in every task."""
    from gymnasium.utils.env_checker import check_env as gymnasium_check
    from stable_baselines3.common.env_checker import check_env as sb3_check

    count = 0
    for task in every_task(family, effort):
        env = family.make(task, render_mode="rgb_array")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                gymnasium_check(env, skip_render_check=True)
                sb3_check(env, warn=False)
        except Exception as error:  # the checkers raise whatever the environment does
            raise Violation(f"{task}: {type(error).__name__}: {str(error)[:200]}") from error
        finally:
            env.close()
        count += 1
    return f"{count} environments"
