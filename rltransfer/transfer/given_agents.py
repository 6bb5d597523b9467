"""Further trained agents that a method is given, beside the experiment's source. Imports no torch by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field

from rltransfer.errors import ConfigError, NotApplicableError

STEPS_BESIDE = "steps_beside"
"""The finding that says how many environment steps further agents took while the target learned, by their folders."""
TRAINED_BESIDE = "trained_beside"
"""The finding that says how many environment steps further agents had been trained for before, by their folders."""

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


def load_given(folders: Sequence[str], findings: dict[str, Any]) -> dict[str, BaseAlgorithm]:
    """The agents by their folders, to be looked at and not trained.

    Args:
        folders: see ``AgentFolders``.
        findings: gains ``trained_beside``, a part of the transfer's cost.

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
    _note_training(agents, findings)
    return agents


def load_to_learn(folders: Sequence[str], model: BaseAlgorithm, findings: dict[str, Any]) -> dict[str, BaseAlgorithm]:
    """The agents by their folders, each in the task that it was trained on, to go on learning beside ``model``.

    Args:
        folders: see ``AgentFolders``.
        model: says how many environment copies each has; its seed gives those of the environments.
        findings: see ``load_given``.

    Raises:
        ArtifactError: a folder holds no agent, or a damaged one.
        NotApplicableError: an agent's task is not on record, as where its family is not registered.
    """
    from rltransfer.agents.anatomy import task_of
    from rltransfer.agents.artifact import load_agent
    from rltransfer.agents.draws import seed_for
    from rltransfer.tasks.making import vec_env

    agents = {}
    for folder in folders:
        task = task_of(load_agent(folder))
        if task is None:
            raise NotApplicableError(f"{folder} is to go on learning and does not say in which task it was trained")
        env = vec_env(task, num_envs=model.n_envs, seed=seed_for(model, f"environments of {folder}"))
        agents[folder] = load_agent(folder, env=env, device=model.device)
        agents[folder].action_space.seed(seed_for(model, f"exploration of {folder}"))
    _note_training(agents, findings)
    return agents


def _note_training(agents: Mapping[str, BaseAlgorithm], findings: dict[str, Any]) -> None:
    if agents:
        findings[TRAINED_BESIDE] = {folder: int(agent.num_timesteps) for folder, agent in agents.items()}


def count_steps(model: BaseAlgorithm, agents: Mapping[str, BaseAlgorithm], findings: dict[str, Any]) -> None:
    """Keep in ``findings`` how many environment steps each of ``agents`` has taken from now on."""
    from rltransfer.agents.updates import after_updates

    begun = {folder: agent.num_timesteps for folder, agent in agents.items()}

    def write() -> None:
        findings[STEPS_BESIDE] = {folder: agent.num_timesteps - begun[folder] for folder, agent in agents.items()}

    write()
    after_updates(model, write)
