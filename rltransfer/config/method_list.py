"""The methods of an experiment: parsed one by one, told apart by their labels, led by the control."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError, ValidationInfo

from rltransfer import registry
from rltransfer.config.named import name_of, named_by_mapping
from rltransfer.errors import ConfigError, NotApplicableError, UnknownNameError
from rltransfer.flaws import Flaw, KeyPath, flaw_error, found_flaws, shown

CONTROL = "scratch"
"""The registered name of the method that every other is measured against."""
COMPOSITION = "compose"
"""The registered name of several methods together, which a list stands for."""


def parse_methods(value: object, info: ValidationInfo) -> tuple[Any, ...]:
    """Instances of the classes in ``rltransfer.registry.METHODS``, the control first, named or not.

    Args:
        value: names, single-key mappings of a name to options, or methods made already.
        info: the fields validated so far; the trunk, if it holds, says which stages methods may name, and the agent
            which methods serve it. Where the context asks for ``files``, those that methods name must be there.
    """
    if not isinstance(value, list | tuple):
        raise flaw_error("methods", [Flaw((), f"needs a list of methods, not {shown(value)}. Write '- finetune'.")])
    flaws: list[Flaw] = []
    made: dict[int, Any] = {}
    for index, item in enumerate(value):
        try:
            made[index] = _method(item)
        except ValidationError as error:
            flaws += [flaw.below(index) for flaw in found_flaws(error, item)]
    flaws += _repeated_labels(made)
    flaws += _wrong_stages(made, info.data.get("trunk"))
    flaws += _algorithms_not_served(made, info.data.get("agent"))
    if info.context and info.context.get("files"):
        flaws += _missing_files(made, value)
    if flaws:
        raise flaw_error("methods", flaws)
    control = registry.METHODS.get(CONTROL)
    first = [method for method in made.values() if isinstance(method, control)] or [control()]
    return (*first, *(method for method in made.values() if not isinstance(method, control)))


def _method(item: object) -> Any:
    """One method, or the composition that a list of several, or ``{compose: {methods: [...]}}``, stands for."""
    options = item.get(COMPOSITION) if isinstance(item, Mapping) and len(item) == 1 else None
    where: tuple[str | int, ...] = (COMPOSITION, "methods")
    if isinstance(item, list | tuple):
        options, where = {"methods": item}, ()
    members = options.get("methods") if isinstance(options, Mapping) else None
    if not isinstance(options, Mapping) or not isinstance(members, list | tuple):
        return named_by_mapping(registry.METHODS, item)
    made, flaws = [], []
    for index, member in enumerate(members):
        try:
            made.append(_method(member))
        except ValidationError as error:
            flaws += [flaw.below(*where, index) for flaw in found_flaws(error, member)]
    if flaws:
        raise flaw_error("methods", flaws)
    try:
        return named_by_mapping(registry.METHODS, {COMPOSITION: {**options, "methods": made}})
    except ValidationError as error:
        found = found_flaws(error, item)
        if where:
            raise flaw_error("methods", found) from None
        raise flaw_error("methods", [Flaw(flaw.path[2:], flaw.message) for flaw in found]) from None


def methods_as_written(methods: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Each method as a mapping of its registered name to all its options."""
    return [{name_of(registry.METHODS, method): _options_as_written(method)} for method in methods]


def _options_as_written(method: Any) -> dict[str, Any]:
    options: dict[str, Any] = method.model_dump(mode="json")
    members = method.together()
    return options if members == (method,) else {**options, "methods": methods_as_written(members)}


def _repeated_labels(made: dict[int, Any]) -> list[Flaw]:
    first: dict[str, int] = {}
    flaws = []
    for index, method in made.items():
        label = method.label.casefold()
        if label in first:
            message = f"the method {method.label!r} stands twice (also item {first[label]}). Give one a 'name'."
            flaws.append(Flaw((index,), message))
        first.setdefault(label, index)
    if CONTROL not in first or isinstance(made[first[CONTROL]], registry.METHODS.get(CONTROL)):
        return flaws
    return [
        *flaws,
        Flaw((first[CONTROL],), f"the name {CONTROL!r} is kept for the control. Give another 'name'."),
    ]


def _wrong_stages(made: dict[int, Any], trunk: Any) -> list[Flaw]:
    """Methods that name a stage which the trunk does not have, where both can tell without being built.

    A trunk of default settings may be one that no one has named. Its methods may then name stages of either usual
    trunk; which of the two it is, ``with_usual_trunk`` finds when observations are known.
    """
    if trunk is None:
        return []
    try:
        stages = trunk.stage_names()
    except NotImplementedError:
        return []
    usual = [registry.TRUNKS.get(name)() for name in ("nature", "mlp")]
    flaws = []
    for index, method in made.items():
        try:
            method.check_stages(stages)
        except ConfigError as error:
            if trunk == usual[0] and _fits(method, usual[1]):
                continue
            option = _option_naming(method, error.name) if isinstance(error, UnknownNameError) else ()
            flaws.append(Flaw((index, name_of(registry.METHODS, method), *option), str(error)))
    return flaws


def _fits(method: Any, trunk: Any) -> bool:
    try:
        method.check_stages(trunk.stage_names())
    except ConfigError:
        return False
    return True


def _algorithms_not_served(made: dict[int, Any], agent: Any) -> list[Flaw]:
    """Methods that do not serve the learning algorithm."""
    if agent is None:
        return []
    flaws = []
    for index, method in made.items():
        try:
            method.check_algorithm(type(agent))
        except NotApplicableError as error:
            flaws.append(Flaw((index,), str(error)))
    return flaws


def _missing_files(made: dict[int, Any], raw: list[Any] | tuple[Any, ...]) -> list[Flaw]:
    """Methods that name a file or folder which is not there."""
    flaws = []
    for index, method in made.items():
        for place, part in enumerate(method.together()):
            try:
                part.check_files()
            except ConfigError as error:
                where = (index, place) if isinstance(raw[index], list | tuple) else (index,)
                option, _, message = str(error).removeprefix(f"{part.registered}.").partition(": ")
                flaws.append(Flaw((*where, part.registered, option), message))
    return flaws


def _option_naming(method: Any, stage: str) -> KeyPath:
    """The option of ``method`` that has ``stage`` as its value or among its keys."""
    for option, value in method:
        if value == stage:
            return (option,)
        if isinstance(value, dict) and stage in value:
            return (option, stage)
    return ()
