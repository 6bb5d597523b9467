"""Making a Stable-Baselines3 model's networks read observations as they are, through trunks."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeVar, cast

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.distributions import CategoricalDistribution
from stable_baselines3.common.policies import ActorCriticPolicy, BaseModel
from stable_baselines3.common.preprocessing import is_image_space
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor, FlattenExtractor, NatureCNN
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor, nn

from rltransfer.agents.anatomy import networks, policy_of
from rltransfer.agents.extractor import TrunkExtractor, trunk_of_nature_cnn
from rltransfer.errors import SpaceMismatchError
from rltransfer.tasks.perceived import change_perceived, of_perceived, perceived, perceived_key
from rltransfer.trunks.specs import Flatten

Thing = TypeVar("Thing")


class ReadsThroughTrunk(BaseModel):
    """What a network gains by adoption; it stands behind the network's own class and before ``BaseModel``.

    Stable-Baselines3 turns every batch of pixels into float32 before the network sees it, which costs more memory
    traffic than the network's first layer. A trunk takes the pixels as they are.
    """

    raw_space: spaces.Space[Any] | None = None
    """The environment's observation space, where ``observation_space`` is that of cached features."""

    def extract_features(self, obs: Any, features_extractor: BaseFeaturesExtractor) -> Tensor:
        """Features of ``obs``, without Stable-Baselines3's conversion to float32."""
        return cast(Tensor, features_extractor(obs))

    def obs_to_tensor(self, observation: Any) -> tuple[Any, bool]:
        """As in Stable-Baselines3, and raw observations of an agent with cached features are encoded first."""
        if self.raw_space is None or not self._is_raw(observation):
            return super().obs_to_tensor(observation)
        cached_space = self.observation_space
        self.observation_space = self.raw_space
        try:
            tensor, vectorized = super().obs_to_tensor(observation)
        finally:
            self.observation_space = cached_space
        extractor = next(m for m in self.modules() if isinstance(m, TrunkExtractor))
        encode = partial(extractor.trunk, start=0, stop=extractor.start)
        with torch.no_grad():
            return change_perceived(tensor, perceived_key(self.raw_space), encode), vectorized

    def is_vectorized_observation(self, observation: Any) -> bool:
        """As in Stable-Baselines3, for raw observations too."""
        if self.raw_space is None or not self._is_raw(observation):
            return super().is_vectorized_observation(observation)
        part = of_perceived(observation, perceived_key(self.raw_space))
        return np.ndim(part) == len(perceived(self.raw_space).shape) + 1

    def _is_raw(self, observation: Any) -> bool:
        """Whether ``observation`` is what the environment gives, not what the cache makes of it.

        Pixels are whole numbers and features are not; otherwise shapes tell, or nothing was cached.
        """
        given = np.asarray(of_perceived(observation, perceived_key(self.observation_space)))
        features = perceived(self.observation_space).shape
        return given.dtype.kind in "iu" or given.shape[-len(features) :] != features


def raw_space(model: BaseAlgorithm) -> spaces.Space[Any]:
    """The observation space of the model's environment, whether or not its features are cached."""
    policy = policy_of(model)
    cached = policy.raw_space if isinstance(policy, ReadsThroughTrunk) else None
    return cached if cached is not None else model.observation_space


def check_spaces(env: VecEnv, space: spaces.Space[Any], actions: spaces.Space[Any]) -> None:
    """Raise SpaceMismatchError where an agent of these spaces cannot act in ``env``."""
    if env.observation_space != space or env.action_space != actions:
        raise SpaceMismatchError(
            f"the agent observes {space} and acts in {actions}; the environment has {env.observation_space} and "
            f"{env.action_space}. Transfer to it with a method instead."
        )


class ActsQuickly(ActorCriticPolicy):
    """Acting with discrete actions in half the calls; it stands before the policy's own class.

    Stable-Baselines3 builds a checked distribution object for every step, which for a handful of environments costs
    more than the heads. Here are the same operations in the same order, so the numbers and draws are the same.
    """

    def forward(self, obs: Any, deterministic: bool = False) -> tuple[Tensor, Tensor, Tensor]:
        """Actions (batch,), values (batch, 1) and log-probabilities (batch,) for observations."""
        plain = type(self.action_dist) is CategoricalDistribution and self.share_features_extractor
        if torch.is_grad_enabled() or not plain:
            return super().forward(obs, deterministic)
        latent_pi, latent_vf = self.mlp_extractor(self.extract_features(obs))
        values = self.value_net(latent_vf)
        logits = self.action_net(latent_pi)
        logits = logits - logits.logsumexp(dim=-1, keepdim=True)
        chances = logits.softmax(dim=-1)
        actions = chances.argmax(dim=-1) if deterministic else torch.multinomial(chances, 1, True).squeeze(1)
        return actions, values, logits.gather(-1, actions.unsqueeze(-1)).squeeze(-1)


class StepsWhatLearns(BaseAlgorithm):
    """What an agent of sb3-contrib's TRPO gains: its natural gradient leaves frozen parameters out.

    TRPO takes derivatives by every parameter of the policy, and torch has none by those that are frozen.
    """

    def _compute_actor_grad(self, *args: Any, **kwargs: Any) -> Any:
        policy = policy_of(self)
        learned = [(name, parameter) for name, parameter in policy.named_parameters() if parameter.requires_grad]
        policy.named_parameters = lambda: iter(learned)  # type: ignore[assignment, misc]
        try:
            return super()._compute_actor_grad(*args, **kwargs)  # type: ignore[misc]
        finally:
            del policy.named_parameters


def extend(thing: Thing, addition: type, *, first: bool = False) -> Thing:
    """Give one object the methods of ``addition``, in place, leaving its class's other objects alone.

    Args:
        thing: what to extend; nothing happens where it has ``addition`` already.
        addition: the class to add.
        first: look methods up in ``addition`` before the object's own class instead of after it.
    """
    kind = type(thing)
    if not isinstance(thing, addition):
        bases = (addition, kind) if first else (kind, addition)
        thing.__class__ = type(kind.__name__, bases, {"__module__": kind.__module__})
    return thing


def adopt(model: BaseAlgorithm) -> None:
    """Put trunks in the place of the model's features extractors and let its networks read through them.

    Parameters keep their identity, so optimizers stay valid. Adopting twice does nothing more.

    Raises:
        SpaceMismatchError: a features extractor is neither a trunk nor Stable-Baselines3's ``NatureCNN`` or
            ``FlattenExtractor``, or the model does not scale pixels.
    """
    policy = policy_of(model)
    adopted: dict[int, TrunkExtractor] = {}
    for path, network in networks(policy):
        for attribute, child in list(network._modules.items()):
            if isinstance(child, BaseFeaturesExtractor):
                if isinstance(child, NatureCNN | FlattenExtractor) and _reads_bytes_as_they_are(child, network):
                    raise SpaceMismatchError(
                        f"this {type(model).__name__} reads whole numbers of 0 to 255 as they are, and trunks read "
                        "them as fractions of 255. Leave normalize_images=False out of the policy_kwargs, or give the "
                        "environment floating-point observations."
                    )
                if id(child) not in adopted:
                    adopted[id(child)] = _as_trunk_extractor(child, type(model).__name__)
                    adopted[id(child)].trunk.keeps_copy = "target" not in path
                setattr(network, attribute, adopted[id(child)])
        extend(network, ReadsThroughTrunk)
        if type(network).forward is ActorCriticPolicy.forward:
            extend(network, ActsQuickly, first=True)
    if hasattr(model, "_compute_actor_grad"):
        extend(model, StepsWhatLearns, first=True)
    if adopted and not issubclass(policy.features_extractor_class, TrunkExtractor):
        rebuild_with(model, next(iter(adopted.values())))


def rebuild_with(model: BaseAlgorithm, extractor: TrunkExtractor) -> None:
    """Note in the model how its policy would be built anew, for Stable-Baselines3's own ``save`` and ``load``."""
    spec: dict[str, Any] = {
        "features_extractor_class": TrunkExtractor,
        "features_extractor_kwargs": {"spec": extractor.trunk.spec},
    }
    policy = policy_of(model)
    policy.features_extractor_class = TrunkExtractor
    policy.features_extractor_kwargs = spec["features_extractor_kwargs"]
    net_arch = getattr(policy, "net_arch", [])
    model.policy_kwargs = {**(model.policy_kwargs or {}), **spec, "net_arch": net_arch}


def _reads_bytes_as_they_are(extractor: BaseFeaturesExtractor, network: BaseModel) -> bool:
    space = extractor._observation_space
    return space.dtype == np.uint8 and not (network.normalize_images and is_image_space(space))


def _as_trunk_extractor(extractor: nn.Module, owner: str) -> TrunkExtractor:
    if isinstance(extractor, TrunkExtractor):
        return extractor
    if isinstance(extractor, NatureCNN):
        trunk = trunk_of_nature_cnn(extractor)
        adopted = TrunkExtractor(extractor._observation_space, trunk.spec, trunk)
        return adopted.train(extractor.training)
    if isinstance(extractor, FlattenExtractor):
        return TrunkExtractor(extractor._observation_space, Flatten()).train(extractor.training)
    raise SpaceMismatchError(
        f"the {type(extractor).__name__} of this {owner} is not a trunk. Build the model with "
        'rltransfer.make_agent, or with Stable-Baselines3 and "CnnPolicy".'
    )
