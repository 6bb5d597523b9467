"""Making agents: Stable-Baselines3 models on trunks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import torch
from gymnasium import spaces
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.vec_env import VecEnv

from rltransfer.agents.adoption import adopt, extend
from rltransfer.agents.algorithms import Algorithm
from rltransfer.agents.anatomy import trunk_of
from rltransfer.agents.buffers import ChannelsLastRolloutBuffer
from rltransfer.agents.extractor import TrunkExtractor
from rltransfer.agents.normalizing import normalizing_env
from rltransfer.errors import ConfigError, SpaceMismatchError
from rltransfer.registry import ALGORITHMS, TRUNKS
from rltransfer.settings import parse
from rltransfer.tasks.perceived import perceived
from rltransfer.trunks.specs import TrunkSpec

if TYPE_CHECKING:
    from gymnasium import Env


class Exported(BaseAlgorithm):
    """What agents made and loaded here can do beside what Stable-Baselines3's can."""

    def to_sb3(self, path: Path | str) -> None:
        """Write a zip that Stable-Baselines3 opens by itself; see ``rltransfer.to_sb3``."""
        from rltransfer.agents.sb3_export import to_sb3

        to_sb3(self, path)


class Attaches(Protocol):
    """What ``make_agent`` asks of a transfer method."""

    @property
    def takes_source(self) -> bool:
        """Whether there must be a source agent."""

    def attach(self, model: BaseAlgorithm, source: BaseAlgorithm | None) -> Any:
        """Carry what ``source`` knows into ``model``, in place, and report."""


def make_agent(
    algorithm: str | Algorithm,
    env: VecEnv | Env[Any, Any],
    *,
    trunk: str | TrunkSpec | None = None,
    source: BaseAlgorithm | None = None,
    method: Attaches | None = None,
    seed: int | None = None,
    device: torch.device | str = "auto",
    **hyperparameters: Any,
) -> BaseAlgorithm:
    """A Stable-Baselines3 model on a trunk, with what ``method`` carries over from ``source``.

    Args:
        algorithm: name (``"ppo"``, ``"dqn"``) or settings of the learning algorithm.
        env: what it learns in; from ``make_env`` or any environment Stable-Baselines3 takes.
        trunk: name or settings of the perception network. The source's where there is one; otherwise ``nature`` for
            images and ``mlp`` for vectors.
        source: a trained agent, from ``load_agent`` or of your own.
        method: how to transfer from it. The report of what was carried over is ``model.transfer_report``.
        seed: of weights, exploration and environment.
        device: where to compute; ``"auto"`` takes a GPU where there is one.
        **hyperparameters: settings of the algorithm to change, in Stable-Baselines3's names.

    Raises:
        ConfigError: a name or a hyperparameter that does not hold, or only one of ``source`` and ``method``.
        SpaceMismatchError: the algorithm cannot act in the environment, or the trunk cannot read it.
    """
    if method is None if source is not None else method is not None and method.takes_source:
        raise ConfigError("source and method go together: give both, or neither to learn from scratch")
    settings = algorithm_settings(algorithm, hyperparameters)
    space = getattr(env, "observation_space", None)
    spec = trunk_spec(trunk if trunk is not None else _usual_trunk(space, source))
    env = normalizing_env(env, settings.normalize, gamma=settings.gamma)
    model = build_model(settings, spec, env=env, seed=seed, device=device)
    if method is not None:
        model.transfer_report = method.attach(model, source)  # type: ignore[attr-defined]
    return model


def algorithm_settings(algorithm: str | Algorithm, changes: Mapping[str, Any] | None = None) -> Algorithm:
    """Settings of ``algorithm`` with ``changes``, checked. Raises ConfigError where one does not hold."""
    if isinstance(algorithm, str):
        kind: type[Algorithm] = ALGORITHMS.get(algorithm)
        return parse(kind, dict(changes or {}))
    return parse(type(algorithm), {**algorithm.model_dump(), **(changes or {})}) if changes else algorithm


def trunk_spec(trunk: str | TrunkSpec) -> TrunkSpec:
    """The settings of a trunk given by name, or as they are.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(trunk, str):
        named: TrunkSpec = parse(TRUNKS.get(trunk), {})
        return named
    if not isinstance(trunk, TrunkSpec):
        message = f"trunk: needs a name or a trunk's settings, not {type(trunk).__name__}. Write trunk='nature' or "
        raise ConfigError(f"{message}trunk=rltransfer.trunks.specs.Nature(batch_norm=True).")
    return trunk


def build_model(
    settings: Algorithm,
    spec: TrunkSpec,
    *,
    env: VecEnv | Env[Any, Any] | None = None,
    observation_space: spaces.Space[Any] | None = None,
    action_space: spaces.Space[Any] | None = None,
    seed: int | None = None,
    device: torch.device | str = "auto",
) -> BaseAlgorithm:
    """A Stable-Baselines3 model on a freshly initialised trunk.

    Args:
        settings: the algorithm and its hyperparameters.
        spec: the trunk's architecture.
        env: what it learns in; without one, both spaces are needed and ``set_env`` may follow.
        observation_space: channels-first, where there is no environment.
        action_space: where there is no environment.
        seed: see ``make_agent``.
        device: see ``make_agent``.
    """
    space = env.observation_space if env is not None else observation_space
    parted = isinstance(space, spaces.Dict)
    options: dict[str, Any] = {}
    if issubclass(settings.sb3_class(), PPO | A2C) and not parted:
        options["rollout_buffer_class"] = ChannelsLastRolloutBuffer
    model = assembled(
        settings,
        settings.policy(parted=parted),
        {
            "features_extractor_class": TrunkExtractor,
            "features_extractor_kwargs": {"spec": spec},
            **settings.optimizer(),
        },
        env=env,
        observation_space=observation_space,
        action_space=action_space,
        seed=seed,
        device=device,
        **options,
    )
    adopt(model)
    return extend(model, Exported)


def assembled(
    settings: Algorithm,
    policy: Any,
    policy_arguments: Mapping[str, Any],
    *,
    env: VecEnv | Env[Any, Any] | None = None,
    observation_space: spaces.Space[Any] | None = None,
    action_space: spaces.Space[Any] | None = None,
    seed: int | None = None,
    device: torch.device | str = "auto",
    **options: Any,
) -> BaseAlgorithm:
    """A model of Stable-Baselines3 with the hyperparameters and hidden layers of ``settings``.

    Args:
        settings: see ``build_model``.
        policy: Stable-Baselines3's name of it, or its class.
        policy_arguments: ``policy_kwargs`` beside those that the settings say.
        env: see ``build_model``, also for the rest.
        observation_space: where there is no environment.
        action_space: where there is no environment.
        seed: see ``make_agent``.
        device: see ``make_agent``.
        **options: further arguments of the model.
    """
    actions = env.action_space if env is not None else action_space
    check_agent_spaces(settings, env.observation_space if env is not None else observation_space, actions)
    assert actions is not None
    build: Any = settings.sb3_class()
    model: BaseAlgorithm = build(
        policy,
        env,
        **settings.hyperparameters(actions),
        **options,
        policy_kwargs={
            "net_arch": list(settings.net_arch),
            **settings.policy_settings(),
            **settings.activation(),
            **policy_arguments,
        },
        seed=seed,
        device=device,
        _init_setup_model=False,
    )
    if env is None:
        assert observation_space is not None
        assert action_space is not None
        model.observation_space, model.action_space, model.n_envs = (
            observation_space,
            action_space,
            settings.num_envs,
        )
        if getattr(model, "target_entropy", None) == "auto":  # Stable-Baselines3 asks an environment for it
            model.target_entropy = -float(spaces.flatdim(action_space))  # type: ignore[attr-defined]
    model._setup_model()
    return model


def check_agent_spaces(
    settings: Algorithm, observation: spaces.Space[Any] | None, action: spaces.Space[Any] | None
) -> None:
    """Raise SpaceMismatchError where the algorithm cannot act in ``action``, or take ``observation``."""
    kinds = {spaces.Discrete: "discrete", spaces.Box: "continuous"}
    if action is None or kinds.get(type(action)) not in settings.actions:
        raise SpaceMismatchError(
            f"algorithm {settings.name!r} learns {' and '.join(settings.actions)} actions, not {action}. "
            "Choose another algorithm or another robot."
        )
    if isinstance(observation, spaces.Dict) and not settings.reads_parts:
        raise SpaceMismatchError(
            f"algorithm {settings.name!r} takes observations in one part, not {', '.join(observation.spaces)}. "
            "Choose another algorithm, or give a context as 'observed'."
        )


def _usual_trunk(space: spaces.Space[Any] | None, source: BaseAlgorithm | None) -> str | TrunkSpec:
    if source is not None:
        adopt(source)
        return trunk_of(source).spec
    return usual_trunk(space)


def usual_trunk(space: spaces.Space[Any] | None) -> str:
    """The name of the trunk for observations in ``space`` where none is asked for."""
    return "nature" if space is not None and is_image_space(perceived(space)) else "mlp"
