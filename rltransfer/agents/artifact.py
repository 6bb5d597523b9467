"""An agent on disk: ``agent.json``, ``weights.safetensors`` and its trunk. Nothing in it can execute."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save as save_tensors
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import adopt, check_spaces, raw_space
from rltransfer.agents.algorithms import Algorithm
from rltransfer.agents.algorithms.algorithm import ACTIVATIONS, activation_of
from rltransfer.agents.anatomy import TEMPERATURE, policy_of, task_of, trunk_of, trunk_sites
from rltransfer.agents.making import build_model
from rltransfer.agents.normalizing import Statistics, normalizing_env, set_statistics, statistics_of
from rltransfer.agents.resting import at_rest
from rltransfer.agents.space_records import space_from, space_record
from rltransfer.errors import ArtifactError
from rltransfer.files import write_atomically, write_json
from rltransfer.registry import ALGORITHMS, FAMILIES
from rltransfer.tasks.family import Context, Randomization, Task
from rltransfer.trunks.artifact import load_trunk, opened_artifact
from rltransfer.trunks.pretrained import weights_put_in_later

if TYPE_CHECKING:
    from gymnasium import Env
    from stable_baselines3.common.vec_env import VecEnv

FORMAT = 1


def save(model: BaseAlgorithm, directory: Path | str, *, provenance: Mapping[str, Any] | None = None) -> None:
    """Write an agent into ``directory``, which is made where it does not exist.

    The trunk goes into its folder ``trunk``, from where the image suite and other agents can take it alone.

    Args:
        model: an agent from ``make_agent`` or ``load_agent``, or a Stable-Baselines3 model with ``"CnnPolicy"``.
        directory: where ``agent.json``, ``weights.safetensors`` and ``trunk/`` go.
        provenance: where the agent comes from, kept as it is; JSON values only.

    Raises:
        SpaceMismatchError: the model's features extractor is not a trunk.
        ArtifactError: the algorithm or the policy is none that ``load_agent`` could build again.
    """
    adopt(model)
    with at_rest(model):
        _write(model, Path(directory), provenance)


def _write(model: BaseAlgorithm, directory: Path, provenance: Mapping[str, Any] | None) -> None:
    statistics = statistics_of(model)
    tensors = {**_outside_trunk(model), **({} if statistics is None else statistics.as_tensors())}
    weights = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    data = save_tensors(weights)
    settings = settings_of(model)
    check_rebuildable(model, settings)
    task = task_of(model)
    trunk_of(model).save(directory / "trunk", provenance={"agent": settings.name, **(provenance or {})})
    write_atomically(directory / "weights.safetensors", data)
    write_json(
        directory / "agent.json",
        {
            "format": FORMAT,
            "algorithm": settings.name,
            "settings": settings.model_dump(mode="json"),
            "observation_space": space_record(raw_space(model)),
            "action_space": space_record(model.action_space),
            "statistics": None if statistics is None else statistics.as_record(),
            "task": None if task is None else _task_record(task),
            "env_steps": int(model.num_timesteps),
            "sha256": hashlib.sha256(data).hexdigest(),
            "provenance": dict(provenance or {}),
        },
    )


def load_agent(
    directory: Path | str, *, env: VecEnv | Env[Any, Any] | None = None, device: torch.device | str = "auto"
) -> BaseAlgorithm:
    """The agent saved in ``directory``, as a Stable-Baselines3 model.

    Args:
        directory: written by ``save``; a trial's folder in a run will do, too.
        env: an environment to go on learning in; without one the agent can act, and ``set_env`` may follow.
        device: where to compute.

    Raises:
        ArtifactError: a file is missing, damaged or of a later format, or the parts do not fit together.
    """
    directory = Path(directory)
    if not (directory / "agent.json").exists() and (directory / "agent" / "agent.json").exists():
        directory /= "agent"
    if not (directory / "agent.json").exists():
        raise ArtifactError(
            f"{directory / 'agent.json'}: there is no such file, so no trained agent. Name the folder of a trial that "
            "has finished, such as runs/quickstart/source/seed-0, or one that rltransfer.save wrote."
        )
    with opened_artifact(directory / "agent.json", directory / "weights.safetensors", FORMAT) as (record, weights):
        return _rebuilt(record, weights, directory, env, device)


def algorithm_of(model: BaseAlgorithm) -> type[Algorithm] | None:
    """The registered algorithm that ``model`` learns by; None where there is no such."""
    kinds: list[type[Algorithm]] = [ALGORITHMS.get(name) for name in ALGORITHMS]
    return next((kind for kind in kinds if kind.is_of(model)), None)


def settings_of(model: BaseAlgorithm) -> Algorithm:
    """The algorithm and hyperparameters of a Stable-Baselines3 model, as settings.

    Raises:
        ArtifactError: the algorithm is not one that rltransfer builds.
    """
    kind = algorithm_of(model)
    if kind is not None:
        return kind.of(model)
    raise ArtifactError(f"agents of class {type(model).__name__} cannot be saved; {', '.join(ALGORITHMS)} can")


def _rebuilt(
    record: dict[str, Any],
    weights: dict[str, torch.Tensor],
    directory: Path,
    env: VecEnv | Env[Any, Any] | None,
    device: torch.device | str,
) -> BaseAlgorithm:
    trunk = load_trunk(directory / "trunk")
    settings = ALGORITHMS.get(record["algorithm"]).model_validate_json(json.dumps(record["settings"]))
    try:
        space, actions = space_from(record["observation_space"]), space_from(record["action_space"])
    except ArtifactError as error:
        raise ArtifactError(f"{directory / 'agent.json'}: {error}") from error
    if env is not None:
        env = BaseAlgorithm._wrap_env(env, verbose=0)  # images channels-first, as the agent has them
        check_spaces(env, space, actions)
        env = BaseAlgorithm._wrap_env(normalizing_env(env, settings.normalize, gamma=settings.gamma), verbose=0)
        settings = settings.model_copy(update={"num_envs": env.num_envs})
    # building draws initial weights; loading must not move the caller's
    with torch.random.fork_rng(devices=[]), weights_put_in_later():
        model = build_model(
            settings,
            trunk.spec,
            env=env,
            observation_space=space,
            action_space=actions,
            device=device,
        )
    own = _outside_trunk(model)
    statistics = _statistics(record, weights, directory)
    weights = {name: tensor for name, tensor in weights.items() if not name.startswith("statistics.")}
    odd = sorted(n for n in {*own, *weights} if not (n in own and n in weights and own[n].shape == weights[n].shape))
    if odd:
        raise ArtifactError(f"{directory}: weights do not fit the agent ({', '.join(odd[:5])})")
    with torch.no_grad():
        trunk_of(model).load_state_dict(trunk.state_dict())
        for name, tensor in weights.items():
            own[name].copy_(tensor)
    set_statistics(model, statistics)
    model.num_timesteps = int(record["env_steps"])
    if record["task"] is not None:
        model.trained_on = _task_from(record["task"])  # type: ignore[attr-defined]
    return model


def _statistics(record: dict[str, Any], weights: Mapping[str, torch.Tensor], directory: Path) -> Statistics | None:
    if record.get("statistics") is None:
        return None
    try:
        return Statistics.restored(record["statistics"], weights)
    except ArtifactError as error:
        raise ArtifactError(f"{directory / 'agent.json'}: {error}") from error


def check_rebuildable(model: BaseAlgorithm, settings: Algorithm) -> None:
    """Raise ArtifactError for a policy that its settings do not describe."""
    policy = policy_of(model)
    widths = getattr(policy, "net_arch", None) or []
    activation = activation_of(model)
    odd = [
        what
        for what, found in {
            "features extractors that are shared or apart": sum(site.role == "online" for site in trunk_sites(model))
            != settings.trunk_copies,
            "a net_arch that is not a list": not isinstance(widths, list),
            f"hidden layers of {activation}": activation is not None and activation not in ACTIVATIONS.values(),
        }.items()
        if found
    ]
    if odd:
        raise ArtifactError(f"policies with {' and '.join(odd)} cannot be saved; use Stable-Baselines3's own save")


def _outside_trunk(model: BaseAlgorithm) -> dict[str, torch.Tensor]:
    """Every tensor of the model that is not in its acting trunk, each once."""
    acting = trunk_sites(model)[0]
    inside = {id(t) for t in (*acting.trunk.parameters(), *acting.trunk.buffers())}
    policy = policy_of(model)
    tensors: dict[str, torch.Tensor] = {}
    seen = set(inside)
    for name, tensor in (*policy.named_parameters(), *policy.named_buffers()):
        if id(tensor) not in seen:
            seen.add(id(tensor))
            tensors[name] = tensor
    temperature = getattr(model, TEMPERATURE, None)
    return tensors if temperature is None else {**tensors, TEMPERATURE: temperature}


def _task_record(task: Task) -> dict[str, Any] | None:
    if task.family.name not in FAMILIES:
        return None
    return {
        "family": task.family.name,
        "robot": task.robot,
        "task": task.task,
        "environment": dict(task.environment),
        "randomization": None if task.randomization is None else asdict(task.randomization),
        "context": asdict(task.context),
    }


def _task_from(record: dict[str, Any]) -> Task | None:
    """The task an agent was trained on, or None where its family is not installed here."""
    if record["family"] not in FAMILIES:
        return None
    drawn, told = record.get("randomization"), record.get("context") or {}
    task: Task = FAMILIES.get(record["family"]).task(
        robot=record["robot"],
        task=record["task"],
        environment=record["environment"],
        randomization=None if drawn is None else Randomization(factors=tuple(drawn["factors"]), split=drawn["split"]),
        context=Context(**{**told, "factors": told.get("factors") and tuple(told["factors"])}),
    )
    return task
