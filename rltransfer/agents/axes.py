"""What the axes of first layers and heads stand for: entries of the observation, or actions."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor

from rltransfer.agents.anatomy import acts, heads, trunk_sites

Axis = Literal["actions", "observations"]
_NUMBERED = re.compile(r"(?P<stack>.+)\.(?P<layer>\d+)\.weight$")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A parameter, or a part of one, in a shape of which each axis means one thing.

    Args:
        values: a view, so that writing into it writes into the parameter.
        axes: what each axis counts: actions, channels of pictures or entries of vectors (``observations``), or None.
    """

    values: Tensor
    axes: tuple[Axis | None, ...]


def labelled(model: BaseAlgorithm) -> dict[str, tuple[Block, ...]]:
    """The parameters of ``model`` that read observations themselves or stand for actions, by their report's name.

    Parameters of the same layer that do neither, as the bias of a critic's first layer, are blocks without labels.
    """
    found: dict[str, tuple[Block, ...]] = {}
    sites = trunk_sites(model)
    for number, site in enumerate(sites):
        first = next(site.trunk.named_stage_parameters(), None)
        if first is not None:
            prefix = "trunk" if number == 0 else site.path
            block = _reading(first[2], site.trunk.input_shape)
            found.update({} if block is None else {f"{prefix}.{first[1]}": (block,)})
    parts = heads(model)
    shape = sites[0].trunk.input_shape
    reads_itself = next(sites[0].trunk.parameters(), None) is None  # heads read the observation where nothing else does
    for name, parameter in parts.items():
        reads = shape if reads_itself and _is_first(name, parts) else None
        blocks = _of_head(name, parameter, parts, action_count(model.action_space), reads)
        if blocks:
            found[name] = blocks
    return found


def action_count(space: spaces.Space[object]) -> int:
    """How many actions there are to choose from, or numbers an action has."""
    return int(space.n) if isinstance(space, spaces.Discrete) else math.prod(space.shape or ())


def _reading(weight: Tensor, shape: tuple[int, ...]) -> Block | None:
    """A layer's weight that reads observations of ``shape``: (out, channels, ...) or (out, entries)."""
    if weight.dim() == 4 and weight.shape[1] == shape[0]:
        return Block(values=weight, axes=(None, "observations", None, None))
    if weight.dim() == 2 and weight.shape[1] == math.prod(shape):
        return Block(values=torch.unflatten(weight, 1, (shape[0], -1)), axes=(None, "observations", None))
    return None


def _of_head(
    name: str, parameter: Tensor, parts: Mapping[str, Tensor], actions: int, reads: tuple[int, ...] | None
) -> tuple[Block, ...]:
    """The blocks of a head; none where it stands for no actions and reads no observations.

    Args:
        name: of the parameter.
        parameter: itself.
        parts: all heads.
        actions: how many.
        reads: the shape of the observation, where the parameter reads it.
    """
    is_matrix = parameter.dim() == 2
    if not acts(name, parts):
        block = _reading(parameter, reads) if reads is not None and is_matrix else None
        return () if block is None else (block,)
    if "critic" in name:  # reads features and, behind them, actions
        if not is_matrix:
            return (Block(values=parameter, axes=(None,)),)
        features, taken = parameter[:, :-actions], parameter[:, -actions:]
        block = None if reads is None else _reading(features, reads)
        return (block or Block(values=features, axes=(None, None)), Block(values=taken, axes=(None, "actions")))
    if len(parameter) % actions != 0:
        return ()
    values, axes = parameter, ("actions", *(None for _ in parameter.shape[1:]))
    if len(parameter) != actions:  # quantiles, each of all actions
        values, axes = torch.unflatten(values, 0, (-1, actions)), (None, *axes)
    if reads is not None and is_matrix and parameter.shape[1] == math.prod(reads):
        values, axes = torch.unflatten(values, -1, (reads[0], -1)), (*axes[:-1], "observations", None)
    return (Block(values=values, axes=axes),)  # type: ignore[arg-type]


def _is_first(name: str, parts: Mapping[str, Tensor]) -> bool:
    """Whether a head's weight reads the features, with no other layer before it."""
    if name.startswith("lstm_"):
        return name.endswith(".weight_ih_l0")
    if any(other.startswith("lstm_") for other in parts):
        return False
    numbered = _NUMBERED.match(name)
    if numbered is not None:
        found = (_NUMBERED.match(other) for other in parts)
        return int(numbered["layer"]) == min(int(f["layer"]) for f in found if f and f["stack"] == numbered["stack"])
    hidden = "actor.latent_pi." if name.startswith("actor.") else f"mlp_extractor.{_TOWER.get(name, '')}"
    return name.endswith(".weight") and not any(other.startswith(hidden) for other in parts)


_TOWER = {"action_net.weight": "policy_net.", "value_net.weight": "value_net."}
"""The hidden layers before each of a policy's linear heads."""
