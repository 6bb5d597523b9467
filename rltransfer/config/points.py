"""What a source and its targets name, held against their families, before any environment is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from rltransfer import registry
from rltransfer.config.section import as_mapping
from rltransfer.config.task_settings import DataFamily, OwnFamily, PublishedFamily, Randomize, own_family
from rltransfer.errors import ConfigError, RLTransferError, UnknownNameError
from rltransfer.flaws import Flaw, hint, shown

_RANDOMIZE: TypeAdapter[Any] = TypeAdapter(Randomize)


_OF_GYMNASIUM = "a Gymnasium environment has none. Change its kwargs, attributes or wrappers under 'family'."
_OF_DATA = "labelled data have none. Leave it out."


@dataclass(frozen=True)
class Point:
    """A task with every axis filled in. ``environment`` has the factors that differ from their defaults."""

    family: object
    robot: str | None = None
    task: str | None = None
    environment: Mapping[str, object] | None = None
    randomize: Mapping[str, object] | None = None


def source_point(raw: Mapping[str, Any]) -> tuple[Point | None, list[Flaw]]:
    """The point that a raw source names, or None with the reasons.

    Flaws that the fields show by themselves (an unknown family, text for a mapping) are left to them.
    """
    return _point(raw, raw.get("family"), None)


def target_point(
    raw: Mapping[str, Any], source_family: object, source: Point | None
) -> tuple[Point | None, list[Flaw]]:
    """The point that a raw target names.

    Args:
        raw: the target as written.
        source_family: as the source has it, for targets that name none; may be known where ``source`` is not.
        source: the source's point, or None where something is wrong with it.
    """
    named = raw.get("family")
    family = source_family if named is None else named
    kept = source if source is not None and _comparable(family) == source.family else None
    point, flaws = _point(raw, family, kept)
    if point is not None and point == source:
        changed = "robot, task, environment, randomize or family" if isinstance(point.family, str) else "family"
        flaws = [Flaw((), f"changes nothing: it is the source. Give it another {changed}.")]
    return (None, flaws) if flaws else (point, [])


def changes(point: Point, source: Point) -> dict[str, Any]:
    """The least that a target must say to turn ``source`` into ``point``."""
    if point.family != source.family:
        return {
            "family": point.family,
            "robot": point.robot,
            "task": point.task,
            "environment": point.environment,
            "randomize": point.randomize,
        }
    family = registered_family(point.family)
    before, after = _full(source, family), _full(point, family)
    return {
        "robot": point.robot if point.robot != source.robot else None,
        "task": point.task if point.task != source.task else None,
        "environment": {name: after[name] for name in sorted(after) if after[name] != before[name]},
        "randomize": point.randomize,
    }


def _full(point: Point, family: Any) -> dict[str, object]:
    defaults = {name: factor.default for name, factor in family.factors.items()} if family else {}
    return {**defaults, **(point.environment or {})}


def _point(raw: Mapping[str, Any], family: object, kept: Point | None) -> tuple[Point | None, list[Flaw]]:
    comparable = _comparable(family)
    if isinstance(comparable, OwnFamily) or as_mapping(family) is not None:
        message = _OF_DATA if isinstance(comparable, DataFamily | PublishedFamily) else _OF_GYMNASIUM
        flaws = [Flaw((key,), message) for key in ("robot", "task", "environment", "randomize") if raw.get(key)]
        return (None, flaws) if flaws or comparable is None else (Point(comparable), [])
    found = registered_family(family)
    if found is None:
        return None, []
    chosen: dict[str, str] = {}
    flaws = []
    for axis, known in (("robot", found.robots), ("task", found.tasks)):
        chosen[axis] = raw.get(axis) or (getattr(kept, axis) if kept else next(iter(known)))
    if isinstance(chosen["robot"], str):
        try:
            chosen["robot"] = found.resolve_robot(chosen["robot"])
        except UnknownNameError as error:
            name = chosen["robot"]
            message = f"unknown robot {shown(name)} of family {found.name!r}. {hint(name, error.known)}"
            flaws.append(Flaw(("robot",), message))
        except ConfigError as error:
            flaws.append(Flaw(("robot",), str(error)))
    if isinstance(chosen["task"], str) and chosen["task"] not in found.tasks:
        name = chosen["task"]
        message = f"unknown task {shown(name)} of family {found.name!r}. {hint(name, found.tasks)}"
        flaws.append(Flaw(("task",), message))
    values, faults = _factor_values(found, raw.get("environment"))
    environment = {**((kept and kept.environment) or {}), **values}
    randomize, more_faults = _randomization(found, chosen["task"], raw.get("randomize"))
    flaws += faults + more_faults
    is_mistyped = any(not isinstance(name, str) for name in chosen.values())
    if raw.get("environment") is not None and as_mapping(raw["environment"]) is None:
        is_mistyped = True
    if flaws or is_mistyped:
        return None, flaws
    varied = {
        name: environment[name] for name in sorted(environment) if environment[name] != found.factors[name].default
    }
    if flaw := _refusal(found, chosen, varied, raw):
        return None, [flaw]
    return Point(family, environment=varied, randomize=randomize, **chosen), []


def _refusal(family: Any, chosen: dict[str, str], values: Mapping[str, object], raw: Mapping[str, Any]) -> Flaw | None:
    """What a family that takes each of these by itself has against all together, at what the file can change."""
    try:
        family.task(environment=values, **chosen)
    except ConfigError as error:
        culprit = next((name for name in values if _holds(family, chosen, values, without=name)), None)
        written = as_mapping(raw.get("environment")) or {}
        if culprit in written:
            return Flaw(("environment", str(culprit)), str(error))
        return Flaw(next(((axis,) for axis in ("task", "robot", "environment") if raw.get(axis)), ()), str(error))
    return None


def _holds(family: Any, chosen: dict[str, str], values: Mapping[str, object], *, without: str) -> bool:
    try:
        family.task(environment={name: value for name, value in values.items() if name != without}, **chosen)
    except ConfigError:
        return False
    return True


def _randomization(family: Any, task: object, raw: object) -> tuple[dict[str, object] | None, list[Flaw]]:
    """The factors to draw and their split; a flaw for each that the family does not have, or cannot draw there."""
    if raw is None:
        return None, []
    try:
        settings = _RANDOMIZE.validate_python(raw)
    except ValidationError:
        return cast(Any, raw), []  # the field says what is wrong with it
    at = () if isinstance(raw, list | tuple) else ("factors",)
    known_task = task if task in family.tasks else None
    flaws = []
    for index, name in enumerate(settings.factors):
        if name not in family.factors:
            flaw = f"unknown factor of family {family.name!r}. {hint(name, family.factors)}"
        else:
            flaw = family.why_not_drawn(name, split=settings.split, task=known_task)
        if flaw is not None:
            flaws.append(Flaw(("randomize", *at, index), flaw))
    return {"factors": list(settings.factors), "split": settings.split}, flaws


def _factor_values(family: Any, raw: object) -> tuple[dict[str, object], list[Flaw]]:
    values: dict[str, object] = {}
    flaws: list[Flaw] = []
    for name, value in (as_mapping(raw) or {}).items():
        path = ("environment", str(name))
        if name not in family.factors:
            message = f"unknown factor of family {family.name!r}. {hint(str(name), family.factors)}"
            flaws.append(Flaw(path, message))
            continue
        try:
            values[name] = family.factors[name].validate(value)
        except ConfigError as error:
            is_scalar = isinstance(value, str | int | float)
            flaws.append(Flaw(path, str(error) if is_scalar else f"needs one value, not {shown(value)}."))
    return values, flaws


def registered_family(family: object) -> Any:
    """The registered family of that name, or None where there is none that can be imported."""
    if not isinstance(family, str):
        return None
    try:
        return registry.FAMILIES.get(family)
    except (RLTransferError, ImportError, AttributeError):
        return None


def _comparable(family: object) -> object:
    """``family`` so that equal ones compare equal: a name, or validated settings, or None if it is wrong."""
    fields = as_mapping(family)
    if fields is None:
        return family
    try:
        return own_family(fields)
    except ValidationError:
        return None
