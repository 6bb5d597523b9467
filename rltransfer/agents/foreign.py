"""Agents that other programs trained, imported from their weights alone."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor

from rltransfer.agents.algorithms import Algorithm
from rltransfer.agents.algorithms.algorithm import ACTIVATIONS
from rltransfer.agents.anatomy import TEMPERATURE, policy_of
from rltransfer.agents.foreign_files import SavedModel, read_saved_model
from rltransfer.agents.import_report import ImportReport
from rltransfer.agents.making import algorithm_settings, build_model
from rltransfer.agents.normalizing import Statistics, given_statistics, normalizing_env, set_statistics
from rltransfer.agents.sb3_names import from_sb3, hidden_widths, trunk_in
from rltransfer.agents.training_folder import TrainingFolder, read_training_folder
from rltransfer.errors import ArtifactError, ConfigError
from rltransfer.registry import ALGORITHMS
from rltransfer.tasks.family import Task
from rltransfer.tasks.vec_env import channels_first
from rltransfer.trunks.specs import TrunkSpec

if TYPE_CHECKING:
    from gymnasium import Env
    from stable_baselines3.common.vec_env import VecEnv

NOT_READ = ("num_envs", "net_arch", "activation_fn", "normalize", "buffer_size")
"""Settings that are not the file's attribute of the same name; a buffer's size is this machine's affair."""


def import_agent(
    path: Path | str,
    env: VecEnv | Env[Any, Any] | Task | None = None,
    *,
    algorithm: str | None = None,
    statistics: Path | str | Mapping[str, Any] | None = None,
    device: torch.device | str = "auto",
    **hyperparameters: Any,
) -> BaseAlgorithm:
    """The agent in a Stable-Baselines3 zip or a training folder of rl-zoo3, from its weights and plain values alone.

    No pickle in the file is executed, so it need not be trusted; and what it holds only pickled is asked for by name.
    ``NatureCNN`` becomes the trunk ``nature``; an ``MlpPolicy`` stands on the trunk ``flatten``, with all its layers as
    heads. The report is ``agent.import_report``.

    Args:
        path: of the zip, or of a folder with one.
        env: what it acts in, with the wrappers that it was trained in: its spaces are needed, and it may go on
            learning there. Of a task the spaces are taken, for an agent that is only to act or be a source.
        algorithm: what it was trained by (``"ppo"``); a training folder says so itself.
        statistics: what observations were scaled by in a ``VecNormalize``, where they were: ``observation.mean``,
            ``observation.var`` and ``observation.count``, and the same of ``reward``; or a safetensors file of these.
        device: where to compute.
        **hyperparameters: settings of the algorithm that the file does not say, or that are to be others.

    Raises:
        ConfigError: something is missing or does not hold; it is named.
        ArtifactError: the file is damaged, holds code among its weights, or an agent that cannot be built here.
    """
    folder = read_training_folder(Path(path))
    saved = read_saved_model(folder.zip)
    name = algorithm or folder.algorithm
    if name is None:
        raise ConfigError(f"{saved.path}: which algorithm trained it stands there only pickled. Give algorithm='ppo'.")
    if env is None:
        raise ConfigError(f"{saved.path}: the spaces stand there only pickled. Give env, what the agent acts in.")
    moments = given_statistics(statistics)
    if folder.normalizes_observations and moments is None and hyperparameters.get("normalize") != "none":
        raise ConfigError(
            f"{saved.path}: it learned from normalised observations, and {folder.statistics or 'their statistics'} is "
            "a pickle, which is not read. Give statistics (see docs/foreign-agents.md), or normalize='none'."
        )
    spec = _spec_of(saved)
    settings, read = _settings(ALGORITHMS.get(name), saved, hyperparameters, moments)
    env, space, actions = _surroundings(env, settings)
    if env is not None and not isinstance(env, Task):
        settings = settings.model_copy(update={"num_envs": env.num_envs})
    with torch.random.fork_rng(devices=[]):  # building draws initial weights, which are replaced at once
        model = build_model(settings, spec, env=env, observation_space=space, action_space=actions, device=device)
    numbers = _give_weights(model, saved)
    set_statistics(model, moments)
    steps = saved.plain.get("num_timesteps")
    model.num_timesteps = steps if isinstance(steps, int) and not isinstance(steps, bool) and steps >= 0 else 0
    model.import_report = ImportReport(  # type: ignore[attr-defined]
        file=str(saved.path),
        algorithm=settings.name,
        numbers=numbers,
        read=read,
        defaults={k: v for k, v in dict(settings).items() if k not in read and k not in hyperparameters},
        left=tuple(saved.pickled),
        notes=_notes(folder, moments),
    )
    return model


def _spec_of(saved: SavedModel) -> TrunkSpec:
    """The trunk of a saved model. Raises ArtifactError for what cannot be built here."""
    spec = trunk_in(saved.weights)
    if spec is None:
        kind = saved.policy_argument("features_extractor_class", "one of the user's own")
        raise ArtifactError(
            f"{saved.path}: its features extractor ({str(kind)[:100]}) is no NatureCNN. Make an agent with the trunk "
            "it is, and import the weights with rltransfer.import_weights(agent, file, key_map)."
        )
    if saved.plain.get("use_sde") is True:
        raise ArtifactError(f"{saved.path}: it explores by use_sde=True, which agents here do not")
    if saved.policy_argument("normalize_images") is False:
        raise ArtifactError(f"{saved.path}: it has normalize_images=False, and trunks read pixels as fractions of 255")
    return spec


def _settings(
    kind: type[Algorithm], saved: SavedModel, changes: Mapping[str, Any], statistics: Statistics | None
) -> tuple[Algorithm, dict[str, Any]]:
    """The algorithm's settings, and those among them that the file says."""
    read: dict[str, Any] = {"net_arch": hidden_widths(saved.weights, str(saved.path))}
    for name in kind.model_fields:
        value = saved.plain.get(name)
        if name not in NOT_READ and isinstance(value, int | float | str):
            read[name] = value
    usual = algorithm_settings(kind.name)
    policy = inspect.signature(_policy_class(usual).__init__).parameters
    for name in usual.policy_settings():
        if name in policy:
            read[name] = saved.policy_argument(name, policy[name].default)
    if (activation := _activation(saved)) is not None:
        read["activation_fn"] = activation
    read = {name: value for name, value in read.items() if name not in changes}
    told = {} if statistics is None else {"normalize": statistics.normalized}
    try:
        return algorithm_settings(kind.name, {**read, **told, **changes}), read
    except ConfigError as error:
        raise ConfigError(f"{saved.path}: {error}") from error


def _activation(saved: SavedModel) -> str | None:
    """What follows hidden layers; None where it is the usual. Raises ArtifactError for a layer not known here."""
    text = saved.policy_argument("activation_fn")  # "<class 'torch.nn.modules.activation.ReLU'>"
    if text is None:
        return None
    kind = str(text).rpartition(".")[2].rstrip("'>")
    name = next((name for name, found in ACTIVATIONS.items() if found == kind), None)
    if name is None:
        raise ArtifactError(
            f"{saved.path}: its hidden layers are followed by {kind[:60]!r}; {', '.join(ACTIVATIONS)} can be"
        )
    return name


def _policy_class(settings: Algorithm) -> Any:
    policy = settings.policy(parted=False)
    return settings.sb3_class().policy_aliases[policy] if isinstance(policy, str) else policy


def _surroundings(
    env: VecEnv | Env[Any, Any] | Task, settings: Algorithm
) -> tuple[VecEnv | None, spaces.Space[Any], spaces.Space[Any]]:
    """Environment, where there is one, and spaces."""
    if isinstance(env, Task):
        observation, action = env.spaces()
        return None, channels_first(observation), action
    wrapped = BaseAlgorithm._wrap_env(env, verbose=0)  # images channels-first, as the weights want them
    normalized = normalizing_env(wrapped, settings.normalize, gamma=settings.gamma)
    wrapped = BaseAlgorithm._wrap_env(normalized, verbose=0)
    return wrapped, wrapped.observation_space, wrapped.action_space


@torch.no_grad()
def _give_weights(model: BaseAlgorithm, saved: SavedModel) -> int:
    """Load every tensor of the policy; says how many numbers. Raises ArtifactError where one does not fit."""
    policy = policy_of(model)
    theirs, ours = from_sb3(saved.weights), policy.state_dict()
    for whose in ("pi_features_extractor.", "vf_features_extractor."):  # files of before version 1.7 lack these
        shared = {n: theirs[n.removeprefix(whose[:3])] for n in ours if n.startswith(whose) and n not in theirs
                  and n.removeprefix(whose[:3]) in theirs}  # fmt: skip
        theirs.update(shared)
    odd = [
        f"{name} is {_shape(theirs.get(name))} in the file and {_shape(ours.get(name))} here"
        for name in sorted({*ours, *theirs})
        if name not in ours or name not in theirs or ours[name].shape != theirs[name].shape
    ]
    if odd:
        raise ArtifactError(
            f"{saved.path}: its weights do not fit: {'; '.join(odd[:3])}{'; ...' if odd[3:] else ''}. Give the "
            "algorithm, net_arch and the environment, with its wrappers, that it was trained with."
        )
    policy.load_state_dict(theirs)
    temperature = getattr(model, TEMPERATURE, None)
    if temperature is not None and TEMPERATURE in saved.variables:
        temperature.copy_(saved.variables[TEMPERATURE])
    return sum(parameter.numel() for parameter in policy.parameters())


def _shape(tensor: Tensor | None) -> str:
    return "absent" if tensor is None else str(tuple(tensor.shape))


def _notes(folder: TrainingFolder, statistics: Statistics | None) -> tuple[str, ...]:
    notes = [f"trained in {folder.env_id}"] if folder.env_id else []
    notes += [f"the environment was put into {around}; the one given here must be, too" for around in folder.around()]
    if folder.statistics is not None:
        notes.append(f"{folder.statistics.name} is a pickle and was not read")
    if statistics is None and not folder.normalizes_observations:
        notes.append("observations are taken as they are; had it learned in a VecNormalize, it would need statistics")
    notes.append("optimizer states are left: methods build optimizers anew")
    return tuple(notes)
