"""Optimizers of a Stable-Baselines3 model, arranged for transfer."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.utils import get_parameters_by_name
from torch import nn, optim

from rltransfer.agents.adoption import StepsWhatLearns, extend, rebuild_with
from rltransfer.agents.anatomy import TrunkSite, named_parts, optimizers, policy_of, with_targets
from rltransfer.errors import NotApplicableError
from rltransfer.trunks.trunk import Trunk

SCALE = "learning_rate_scale"
"""The key of a parameter group that holds its scale."""


def regroup(model: BaseAlgorithm, scale_of: Callable[[str], float] = lambda _name: 1.0) -> None:
    """Rebuild the model's optimizers over the parameters that take gradients, with a learning-rate scale for each.

    Stable-Baselines3 sets one learning rate for all groups before every update (``update_learning_rate``). So the
    scale stands beside the rate and is applied for the length of each step, by hooks on the optimizer.

    Args:
        model: whose optimizers to rebuild; moments gathered so far are dropped.
        scale_of: name from ``named_parts`` to the factor on the learning rate, 0 or more.
    """
    names = {id(parameter): name for name, parameter in named_parts(model).items()}
    for owner, attribute, optimizer in optimizers(model):
        groups: dict[float, list[nn.Parameter]] = defaultdict(list)
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.requires_grad:
                    groups[scale_of(names[id(parameter)])].append(parameter)
        accepted = inspect.signature(type(optimizer)).parameters  # AdamW's defaults hold what only Adam takes
        defaults = {name: value for name, value in optimizer.defaults.items() if name in accepted}
        built = type(optimizer)([{"params": members, SCALE: scale} for scale, members in groups.items()], **defaults)
        if any(scale != 1.0 for scale in groups):
            require_steps(model, "learning-rate scales act")
            built.register_step_pre_hook(_scale_rates)
            built.register_step_post_hook(_restore_rates)
        setattr(owner, attribute, built)
    for network in with_targets(model):
        extend(network, FollowsWhatLearns, first=True)
    _follow_statistics(model)


def _follow_statistics(model: BaseAlgorithm) -> None:
    """Let target networks follow the batch-norm statistics of the trunks that stand in their online networks now.

    Stable-Baselines3 notes them once, when it builds the model.
    """
    networks = dict(policy_of(model).named_children())
    for target in (name for name in networks if name.endswith("_target")):
        online = target.removesuffix("_target")
        own = f"{online}_batch_norm_stats"
        noted = own if hasattr(model, own) else "batch_norm_stats"
        setattr(model, noted, get_parameters_by_name(networks[online], ["running_"]))
        setattr(model, f"{noted}_target", get_parameters_by_name(networks[target], ["running_"]))


class FollowsWhatLearns(nn.Module):
    """What a network with a target network, and that one, gain: frozen parameters are not among those to follow.

    Moving a target by a fraction of a difference that is 0 still rounds, so a frozen trunk would drift in it.
    """

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """Those that take gradients."""
        return (parameter for parameter in super().parameters(recurse) if parameter.requires_grad)


def exchange(model: BaseAlgorithm, substitutes: dict[nn.Parameter, nn.Parameter]) -> None:
    """Let the model's optimizers move ``substitutes`` in the place of their own parameters."""
    for _, _, optimizer in optimizers(model):
        for group in optimizer.param_groups:
            group["params"] = list(dict.fromkeys(substitutes.get(p, p) for p in group["params"]))


def install_trunk(model: BaseAlgorithm, site: TrunkSite, trunk: Trunk) -> None:
    """Put ``trunk`` in the place of a site's own; optimizers that moved the old one's parameters move the new one's.

    Args:
        model: the site's; its optimizers are to be rebuilt afterwards, by ``regroup``.
        site: from ``trunk_sites``.
        trunk: reads the same observations.

    Raises:
        NotApplicableError: it gives another number of features than the heads read.
    """
    if trunk.features_dim != site.trunk.features_dim:
        raise NotApplicableError(
            f"the heads read {site.trunk.features_dim} features, and the trunk to be put in gives {trunk.features_dim}"
        )
    trunk = trunk.to(site.trunk.device).train(site.trunk.training)
    trunk.keeps_copy = site.trunk.keeps_copy
    old = {id(parameter) for parameter in site.trunk.parameters()}
    for _, _, optimizer in optimizers(model):
        for group in optimizer.param_groups:
            if any(id(p) in old for p in group["params"]):
                group["params"] = [*trunk.parameters(), *(p for p in group["params"] if id(p) not in old)]
    site.extractor.trunk = trunk
    rebuild_with(model, site.extractor)


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """What a parameter is pulled to.

    Args:
        parameter: w, which an optimizer moves.
        at: as many numbers; they are read at each step, so that they may move.
        strength: one number for all of w, or one for each of its numbers; 0 or more.
    """

    parameter: torch.Tensor
    at: torch.Tensor
    strength: float | torch.Tensor


def pull(model: BaseAlgorithm, anchors: Sequence[Anchor]) -> None:
    """Add the gradient of sum_i strength_i / 2 * (w_i - at_i)^2 to every optimizer step.

    Args:
        model: whose optimizers to hook.
        anchors: of its parameters; a strength of 0 adds nothing at all.
    """
    alike: dict[float, list[Anchor]] = defaultdict(list)
    weighted: list[Anchor] = []
    for anchor in anchors:
        if isinstance(anchor.strength, torch.Tensor):
            weighted.append(anchor)
        elif anchor.strength:
            alike[anchor.strength].append(anchor)
    if not alike and not weighted:
        return
    require_steps(model, "a penalty acts")

    @torch.no_grad()
    def add_gradient(optimizer: optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        for strength, members in (*alike.items(), (None, weighted)):
            ours = [anchor for anchor in members if id(anchor.parameter) in held and anchor.parameter.grad is not None]
            if ours:
                gradients = [anchor.parameter.grad for anchor in ours if anchor.parameter.grad is not None]
                away = torch._foreach_sub([anchor.parameter for anchor in ours], [anchor.at for anchor in ours])
                if strength is None:
                    torch._foreach_addcmul_(gradients, [torch.as_tensor(anchor.strength) for anchor in ours], away)
                else:
                    torch._foreach_add_(gradients, away, alpha=strength)

    for _, _, optimizer in optimizers(model):
        optimizer.register_step_pre_hook(add_gradient)


def require_steps(model: BaseAlgorithm, what: str) -> None:
    """Raise NotApplicableError for a model whose actor is not moved by an optimizer."""
    if isinstance(model, StepsWhatLearns):
        raise NotApplicableError(
            f"{what} in optimizer steps, and TRPO's actor moves by natural gradients instead. Use another algorithm or "
            "method."
        )


def _scale_rates(optimizer: optim.Optimizer, _args: Any, _kwargs: Any) -> None:
    for group in optimizer.param_groups:
        group["unscaled_lr"] = group["lr"]
        group["lr"] = group["lr"] * group[SCALE]


def _restore_rates(optimizer: optim.Optimizer, _args: Any, _kwargs: Any) -> None:
    for group in optimizer.param_groups:
        group["lr"] = group.pop("unscaled_lr")
