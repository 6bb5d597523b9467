"""Registered things with options, as YAML names them: trunks, algorithms, methods, wrappers."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.flaws import Flaw, flaw_error, found_flaws, hint, shown
from rltransfer.registry import Registry
from rltransfer.settings import Settings


def look_up(registry: Registry[Any], name: object) -> Any:
    """The entry of ``registry`` called ``name``.

    Raises:
        ValidationError: no such name, with the nearest known one; or an entry that does not import.
    """
    if not isinstance(name, str):
        raise flaw_error(registry.kind, [Flaw((), f"needs the name of a {registry.kind}, not {shown(name)}.")])
    try:
        return registry.get(name)
    except UnknownNameError as error:
        message = f"unknown {registry.kind} {shown(name)}. {hint(name, error.known)}"
    except (ImportError, AttributeError) as error:
        message = f"the {registry.kind} {shown(name)} cannot be imported: {str(error)[:200]}"
    except ConfigError as error:
        message = str(error)
    raise flaw_error(registry.kind, [Flaw((), message)])


def named_by_key(registry: Registry[Any], value: object, *, key: str, default: str) -> Settings:
    """Settings from ``{<key>: name, option: value, ...}``, from a bare name, or made already.

    Args:
        registry: where the name is looked up; its entries are Settings classes.
        value: what the user wrote.
        key: the key that holds the name, ``"name"`` or ``"algorithm"``.
        default: the name where the key is left out.
    """
    if isinstance(value, Settings):
        return _registered(registry, value)
    if isinstance(value, Mapping):
        name, options = value.get(key, default), {k: v for k, v in value.items() if k != key}
        where: tuple[str, ...] = (key,)
    else:
        name, options, where = value, {}, ()
    try:
        kind = look_up(registry, name)
    except ValidationError as error:
        raise flaw_error(registry.kind, [flaw.below(*where) for flaw in found_flaws(error, {})]) from None
    return _made(kind, options, extra=key)


def named_by_mapping(registry: Registry[Any], value: object) -> Settings:
    """Settings from ``name``, from ``{name: {option: value, ...}}``, or made already."""
    if isinstance(value, Settings):
        return _registered(registry, value)
    name, options = value, None
    if isinstance(value, Mapping):
        if len(value) != 1:
            message = f"has {len(value)} keys. Write one {registry.kind} an item."
            raise flaw_error(registry.kind, [Flaw((), message)])
        name, options = next(iter(value.items()))
    try:
        kind = look_up(registry, name)
        if options is not None and not isinstance(options, Mapping):
            raise flaw_error(registry.kind, [Flaw((), f"needs a mapping of options, not {shown(options)}.")])
        return _made(kind, options or {})
    except ValidationError as error:
        flaws = found_flaws(error, options)
        is_located = isinstance(value, Mapping) or name in registry
        raise flaw_error(registry.kind, [flaw.below(str(name)) if is_located else flaw for flaw in flaws]) from None


def name_of(registry: Registry[Any], settings: Settings) -> str:
    """The registered name of what made ``settings``."""
    return registry.name_of(type(settings))


def _registered(registry: Registry[Any], settings: Settings) -> Settings:
    """``settings`` themselves, made in Python by a class that YAML can name too."""
    try:
        name_of(registry, settings)
    except UnknownNameError as error:
        raise flaw_error(registry.kind, [Flaw((), str(error))]) from None
    return settings


def _made(kind: type[Settings], options: Mapping[str, Any], extra: str | None = None) -> Settings:
    known = [*([extra] if extra else []), *kind.model_fields]
    try:
        made = kind.model_validate(options)
    except ValidationError as error:
        flaws = found_flaws(error, options, known)
        flawed = {flaw.path[0] for flaw in flaws if flaw.path}
        with contextlib.suppress(ValidationError, ConfigError):
            sound = {name: raw for name, raw in options.items() if name not in flawed}
            flaws += _guessed_options(sound, kind.model_validate(sound))
        raise flaw_error(kind.__name__, flaws) from None
    except ConfigError as error:
        raise flaw_error(kind.__name__, [Flaw((), str(error))]) from None
    if guessed := _guessed_options(options, made):
        raise flaw_error(kind.__name__, guessed)
    return made


def _guessed_options(options: Mapping[str, Any], made: Settings) -> list[Flaw]:
    return [flaw for name, raw in options.items() for flaw in _guessed(raw, getattr(made, name, raw), name)]


def _guessed(raw: object, made: object, *path: str | int) -> list[Flaw]:
    """Where pydantic took true or text for a number, or another thing for true: a slip in a file."""
    if isinstance(raw, Mapping) and isinstance(made, Mapping):
        return [flaw for key in raw for flaw in _guessed(raw[key], made.get(key), *path, key)]
    if isinstance(raw, list) and isinstance(made, list | tuple):
        return [
            flaw for index, pair in enumerate(zip(raw, made, strict=False)) for flaw in _guessed(*pair, *path, index)
        ]
    if isinstance(made, bool) and not isinstance(raw, bool):
        return [Flaw(path, f"needs true or false, not {shown(raw)}.")]
    if isinstance(made, int | float) and isinstance(raw, bool | str) and not isinstance(made, type(raw)):
        return [Flaw(path, f"needs a number, not {shown(raw)}.")]
    return []
