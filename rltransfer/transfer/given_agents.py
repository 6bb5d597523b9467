"""Further trained agents that a method is given, beside the experiment's source. Imports no torch by itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from rltransfer.errors import ConfigError, NotApplicableError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


def _distinct(folders: tuple[str, ...]) -> tuple[str, ...]:
    if len({Path(folder) for folder in folders}) < len(folders):
        raise ValueError("names an agent twice")
    return folders


AgentFolders = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], AfterValidator(_distinct)]
"""Folders of saved agents, or of finished trials, from where the command runs."""


def check_folders(setting: str, folders: Sequence[str]) -> None:
    """Raise ConfigError where a folder that ``setting`` names holds no saved agent."""
    for folder in folders:
        if not any((Path(folder) / inner / "agent.json").is_file() for inner in (".", "agent")):
            raise ConfigError(
                f"{setting}: {folder} holds no trained agent. Name the folder of a trial that has finished, such as "
                "runs/quickstart/source/seed-0, or one that rltransfer.save wrote."
            )


def load_given(folders: Sequence[str]) -> dict[str, BaseAlgorithm]:
    """The agents by their folders, to be looked at and not trained.

    Raises:
        ArtifactError: a folder holds none, or a damaged one.
        NotApplicableError: one reads observations that its own running statistics scaled, which are not the target's.
    """
    from rltransfer.agents.artifact import load_agent
    from rltransfer.agents.normalizing import statistics_of

    agents = {folder: load_agent(folder) for folder in folders}
    for folder, agent in agents.items():
        statistics = statistics_of(agent)
        if statistics is not None and statistics.of_observations:
            raise NotApplicableError(
                f"{folder} learned from observations scaled by statistics of its own, which the target does not share"
            )
    return agents
