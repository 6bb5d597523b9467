"""Where things are inside a Stable-Baselines3 model: every trunk copy, every head, every optimizer.

All transfer methods find their way through this one description, whatever the algorithm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BaseModel, BasePolicy
from stable_baselines3.common.vec_env import VecEnvWrapper
from torch import Tensor, nn, optim

from rltransfer.agents.extractor import TrunkExtractor
from rltransfer.errors import SpaceMismatchError
from rltransfer.tasks.family import Task
from rltransfer.tasks.vec_env import TaskVecEnv
from rltransfer.trunks.trunk import Trunk

TEMPERATURE = "log_ent_coef"
"""What a soft actor-critic calls the logarithm of its entropy's weight, which stands beside the policy."""
_NEVER_ACT = (
    "value_net.",
    "mlp_extractor.",
    "lstm_",
    "q_net.phi.",
    "q_net_target.phi.",
    "q_net.reward",
    "q_net_target.reward",
)
_LAYERS = re.compile(r"(?P<stack>.+\.(?:mu|latent_pi|qf\d+|q_net|quantile_net))\.(?P<layer>\d+)\.(?P<parameter>\w+)$")
"""A parameter in a numbered stack of layers: hidden ones, and those that give or read actions."""


@dataclass(frozen=True, kw_only=True)
class TrunkSite:
    """One trunk copy in a policy.

    Args:
        extractor: the features extractor that holds the trunk.
        places: (network, attribute) wherever the policy refers to it.
        path: the first of these in dots, ``"q_net.features_extractor"``.
        role: ``online`` where an optimizer moves it, ``target`` where it follows an online copy.
    """

    extractor: TrunkExtractor = field(repr=False)
    places: tuple[tuple[nn.Module, str], ...] = field(repr=False)
    path: str
    role: Literal["online", "target"]

    @property
    def trunk(self) -> Trunk:
        """The trunk itself."""
        return self.extractor.trunk


def policy_of(model: BaseAlgorithm) -> BasePolicy:
    """The model's policy, which holds all its networks."""
    return model.policy


def networks(policy: nn.Module) -> list[tuple[str, BaseModel]]:
    """(path, network) of every part of a policy that reads observations, the policy itself first."""
    return [(path, module) for path, module in policy.named_modules() if isinstance(module, BaseModel)]


def trunk_sites(model: BaseAlgorithm) -> list[TrunkSite]:
    """Every trunk copy of ``model``, online ones first.

    Raises:
        SpaceMismatchError: an extractor of the model is not a trunk; ``adopt`` was not called or refused it.
    """
    found: dict[int, tuple[TrunkExtractor, list[tuple[nn.Module, str]], str]] = {}
    for path, network in networks(policy_of(model)):
        for attribute, child in network._modules.items():
            if isinstance(child, TrunkExtractor):
                dotted = f"{path}.{attribute}".lstrip(".")
                found.setdefault(id(child), (child, [], dotted))[1].append((network, attribute))
    if not found:
        raise SpaceMismatchError(
            f"this {type(model).__name__} has no trunk. Make it with rltransfer.make_agent, or with "
            'Stable-Baselines3 and "CnnPolicy".'
        )
    sites = [
        TrunkSite(extractor=e, places=tuple(p), path=d, role="target" if "target" in d else "online")
        for e, p, d in found.values()
    ]
    return sorted(sites, key=lambda site: site.role)


def trunk_of(model: BaseAlgorithm) -> Trunk:
    """The trunk that acts: the first online copy."""
    return trunk_sites(model)[0].trunk


def heads(model: BaseAlgorithm) -> dict[str, Tensor]:
    """Every parameter of the model outside its trunks, by its name in the policy, or in the model for a temperature."""
    in_trunks = {id(p) for site in trunk_sites(model) for p in site.extractor.parameters()}
    inside: dict[str, Tensor] = {name: p for name, p in policy_of(model).named_parameters() if id(p) not in in_trunks}
    temperature = getattr(model, TEMPERATURE, None)
    return inside if temperature is None else {**inside, TEMPERATURE: temperature}


def optimizers(model: BaseAlgorithm) -> list[tuple[object, str, optim.Optimizer]]:
    """(owner, attribute, optimizer) of every optimizer that moves the model's parameters."""
    owners: list[object] = [model, *(network for _, network in networks(policy_of(model)))]
    return [
        (owner, attribute, value)
        for owner in owners
        for attribute, value in vars(owner).items()
        if isinstance(value, optim.Optimizer)
    ]


def acts(head: str, heads: Iterable[str]) -> bool:
    """Whether ``head``, one of ``heads``, stands for actions: gives them, judges each, or reads them."""
    if head == TEMPERATURE or head.startswith(_NEVER_ACT):
        return False
    stack = _LAYERS.match(head)
    if stack is None:
        return True
    alike = [found for name in heads if (found := _LAYERS.match(name)) and found["stack"] == stack["stack"]]
    weighted = [int(found["layer"]) for found in alike if found["parameter"] == "weight"]
    if "critic" in stack["stack"]:  # reads actions beside the features
        return int(stack["layer"]) <= min(weighted)
    if stack["stack"].endswith("latent_pi"):
        return False
    return int(stack["layer"]) == max(weighted)


def named_parts(model: BaseAlgorithm) -> dict[str, Tensor]:
    """Every parameter of the model once, under the name that reports use.

    The acting trunk's are ``trunk.<stage>.<parameter>``; those of further copies carry the copy's path instead of
    ``trunk``; heads have their name in the policy.
    """
    parts: dict[str, Tensor] = {}
    for number, site in enumerate(trunk_sites(model)):
        prefix = "trunk" if number == 0 else site.path
        parts.update({f"{prefix}.{name}": p for _, name, p in site.trunk.named_stage_parameters()})
    return {**parts, **heads(model)}


def learned_parts(model: BaseAlgorithm) -> set[str]:
    """The names of ``named_parts`` whose parameters an optimizer moves; target networks are not among them."""
    moved = {id(p) for _, _, optimizer in optimizers(model) for g in optimizer.param_groups for p in g["params"]}
    return {name for name, parameter in named_parts(model).items() if id(parameter) in moved}


def stage_of(name: str, model: BaseAlgorithm) -> str:
    """The trunk stage that a name from ``named_parts`` belongs to, or ``"heads"``."""
    for number, site in enumerate(trunk_sites(model)):
        prefix = "trunk." if number == 0 else f"{site.path}."
        if name.startswith(prefix):
            return name.removeprefix(prefix).split(".", 1)[0]
    return "heads"


def follow(model: BaseAlgorithm) -> None:
    """Set every target network to what its online network is."""
    networks = with_targets(model)
    for online, target in zip(networks[::2], networks[1::2], strict=True):
        target.load_state_dict(online.state_dict())


def with_targets(model: BaseAlgorithm) -> list[nn.Module]:
    """Each network that a target network follows, and after it that one."""
    policy = policy_of(model)
    names = [name for name, network in policy._modules.items() if name.endswith("_target") and network is not None]
    return [getattr(policy, name) for target in names for name in (target.removesuffix("_target"), target)]


def task_of(model: BaseAlgorithm) -> Task | None:
    """The task that ``model`` learns, where it is known: its environment's, or the one its artifact names."""
    env = model.get_env()
    while isinstance(env, VecEnvWrapper):
        env = env.venv
    if isinstance(env, TaskVecEnv):
        return env.task
    return getattr(model, "trained_on", None)
