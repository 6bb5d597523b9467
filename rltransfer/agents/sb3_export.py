"""Agents as zips of Stable-Baselines3, which need nothing of rltransfer to be opened."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import gymnasium
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import FlattenExtractor, NatureCNN
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from rltransfer.agents.adoption import adopt, raw_space
from rltransfer.agents.algorithms import Algorithm
from rltransfer.agents.anatomy import TEMPERATURE, policy_of, trunk_of
from rltransfer.agents.artifact import check_rebuildable, load_agent, settings_of
from rltransfer.agents.making import assembled
from rltransfer.agents.normalizing import Statistics, statistics_of
from rltransfer.agents.resting import at_rest
from rltransfer.agents.sb3_names import to_sb3_names, trunk_as_heads
from rltransfer.errors import ArtifactError
from rltransfer.files import require_ending, write_atomically
from rltransfer.trunks.specs import MLP, Flatten, Nature, TrunkSpec

_EXTRACTORS: dict[type[TrunkSpec], Any] = {Nature: NatureCNN, Flatten: FlattenExtractor, MLP: FlattenExtractor}
_READ_BY_LAYERS = ("ppo", "a2c", "trpo", "dqn", "qr_dqn")
"""Algorithms whose heads are plain layers on the features, so that a trunk of plain layers can stand in them."""


def to_sb3(agent: BaseAlgorithm | Path | str, path: Path | str) -> None:
    """Write ``agent`` as a zip that ``PPO.load(path)`` (or its own algorithm's) opens where rltransfer is not.

    The trunk ``nature`` is written as a ``NatureCNN``, and ``flatten`` as an ``MlpPolicy``; ``mlp`` is, too, for
    algorithms without a critic of actions, and policy and value then learn on with layers of their own. Other trunks
    are classes of rltransfer, which such a zip could only name, so they are refused.

    A trunk that computed in bfloat16 computes in float32 there. Optimizer states are fresh. Statistics of normalised
    observations and rewards go into a ``VecNormalize`` beside it, ``<name>-vecnormalize.pkl``.

    Args:
        agent: or the folder that it was saved into.
        path: ending in ``.zip``.

    Raises:
        ArtifactError: Stable-Baselines3 alone has no such network; the message says what of it.
    """
    path = Path(path)
    require_ending(path, ".zip")
    if not isinstance(agent, BaseAlgorithm):
        agent = load_agent(agent, device="cpu")
    adopt(agent)
    settings = settings_of(agent)
    check_rebuildable(agent, settings)
    plain = _plain_model(agent, settings)
    with at_rest(agent):
        _give(plain, agent)
    content = io.BytesIO()
    plain.save(content)
    write_atomically(path, content.getvalue())
    statistics = statistics_of(agent)
    if statistics is not None:
        normalizer = _normalizer(statistics, raw_space(agent), agent.action_space)
        write_atomically(path.with_name(f"{path.stem}-vecnormalize.pkl"), pickle.dumps(normalizer))


def _plain_model(agent: BaseAlgorithm, settings: Algorithm) -> BaseAlgorithm:
    """A fresh model of Stable-Baselines3's own parts, of the shape that ``agent`` has."""
    spec, space = trunk_of(agent).spec, raw_space(agent)
    normed = isinstance(spec, Nature) and spec.batch_norm
    if type(spec) not in _EXTRACTORS or normed:
        trunk = f"{type(spec).__name__.lower()!r}{' with batch_norm' if normed else ''}"
        raise ArtifactError(
            f"its trunk, {trunk}, is no network of Stable-Baselines3, so the zip would need "
            "rltransfer to be opened. Use rltransfer.save; nature, flatten and mlp can be exported."
        )
    if settings.sb3.startswith("rltransfer."):
        raise ArtifactError(
            f"{settings.name} is an algorithm of rltransfer's own, so the zip would need rltransfer to be opened. Use "
            "rltransfer.save."
        )
    if isinstance(spec, MLP):
        settings = _with_trunk(settings, spec)
    if isinstance(space, spaces.Dict):
        raise ArtifactError("observations in several parts join their features in another order in Stable-Baselines3")
    if is_image_space(space) != (space.dtype == "uint8" or isinstance(spec, Nature)):
        raise ArtifactError(f"Stable-Baselines3 reads {space} otherwise: it scales uint8 pictures by 255 and no others")
    arguments: dict[str, Any] = {"features_extractor_class": _EXTRACTORS[type(spec)]}
    if isinstance(spec, Nature):
        arguments["features_extractor_kwargs"] = {"features_dim": spec.features}
    return assembled(
        settings,
        settings.policy(parted=False),
        arguments,
        observation_space=space,
        action_space=agent.action_space,
        device="cpu",
    )


def _with_trunk(settings: Algorithm, spec: MLP) -> Algorithm:
    """Settings whose hidden layers begin with the trunk's. Raises ArtifactError where the trunk cannot stand there."""
    usual = "relu" if settings.name in ("dqn", "qr_dqn") else "tanh"
    if settings.name not in _READ_BY_LAYERS:
        raise ArtifactError(
            f"{settings.name}'s networks put more between the trunk 'mlp' and their outputs than layers, so Stable-"
            "Baselines3's MlpPolicy has no place for it. Use rltransfer.save, or train on the trunk 'flatten'."
        )
    if settings.net_arch and (settings.activation_fn or usual) != spec.activation:
        raise ArtifactError(
            f"its trunk has layers of {spec.activation} and its heads of {settings.activation_fn or usual}; an "
            "MlpPolicy of Stable-Baselines3 has one of the two. Use rltransfer.save."
        )
    layers = (*spec.widths, *settings.net_arch)
    return settings.model_copy(update={"net_arch": layers, "activation_fn": spec.activation})


@torch.no_grad()
def _give(plain: BaseAlgorithm, agent: BaseAlgorithm) -> None:
    """The agent's weights and steps to ``plain``. Raises ArtifactError where they have no place in it."""
    spec, own = trunk_of(agent).spec, policy_of(agent).state_dict()
    weights = trunk_as_heads(own, len(spec.widths)) if isinstance(spec, MLP) else to_sb3_names(own)
    places = policy_of(plain).state_dict()
    odd = sorted(
        n for n in {*weights, *places} if n not in weights or n not in places or weights[n].shape != places[n].shape
    )
    if odd:
        raise ArtifactError(
            f"the agent was changed in a way that Stable-Baselines3 has no place for ({', '.join(odd[:3])}). Use "
            "rltransfer.save."
        )
    policy_of(plain).load_state_dict(weights)
    temperature = getattr(agent, TEMPERATURE, None)
    if temperature is not None:
        getattr(plain, TEMPERATURE).copy_(temperature)
    plain.num_timesteps = agent.num_timesteps


class _Nowhere(gymnasium.Env[Any, Any]):
    """An environment of two spaces, in which nothing happens."""

    def __init__(self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any]) -> None:
        self.observation_space, self.action_space = observation_space, action_space


def _normalizer(statistics: Statistics, observation: spaces.Space[Any], action: spaces.Space[Any]) -> VecNormalize:
    """A ``VecNormalize`` that goes on from ``statistics``; it is pickled without its environment."""
    normalizer = VecNormalize(
        DummyVecEnv([lambda: _Nowhere(observation, action)]),
        norm_obs=statistics.of_observations,
        norm_reward=statistics.normalized in ("rewards", "both"),
        clip_obs=statistics.clip[0],
        clip_reward=statistics.clip[1],
        epsilon=statistics.epsilon,
    )
    statistics.give_to(normalizer)
    return normalizer
