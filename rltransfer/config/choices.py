"""Fields of an experiment file that name what is registered: a trunk, and a learning algorithm."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from rltransfer import registry
from rltransfer.config.named import name_of, named_by_key
from rltransfer.settings import Settings


def trunk_named(value: object) -> Settings:
    """The settings of a trunk, by its name or by ``{name: ..., option: ...}``."""
    return named_by_key(registry.TRUNKS, value, key="name", default="nature")


def _trunk_as_written(trunk: Settings) -> dict[str, Any]:
    return {"name": name_of(registry.TRUNKS, trunk), **trunk.model_dump(mode="json")}


def agent_named(value: object) -> Settings:
    """The settings of an algorithm, by its name or by ``{algorithm: ..., option: ...}``."""
    return named_by_key(registry.ALGORITHMS, value, key="algorithm", default="ppo")


def _agent_as_written(agent: Settings) -> dict[str, Any]:
    return {"algorithm": name_of(registry.ALGORITHMS, agent), **agent.model_dump(mode="json")}


def _another_agent(value: object) -> Settings | None:
    return None if value is None else agent_named(value)


def _another_as_written(agent: Settings | None) -> dict[str, Any] | None:
    return None if agent is None else _agent_as_written(agent)


TrunkChoice = Annotated[Any, PlainValidator(trunk_named), PlainSerializer(_trunk_as_written)]
"""An instance of a class in ``rltransfer.registry.TRUNKS``."""
AgentChoice = Annotated[Any, PlainValidator(agent_named), PlainSerializer(_agent_as_written)]
"""An instance of a class in ``rltransfer.registry.ALGORITHMS``."""
AnotherAgent = Annotated[Any, PlainValidator(_another_agent), PlainSerializer(_another_as_written)]
"""The same, or None."""
