"""Carrying weights from a source agent into a target learner."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import adopt, raw_space
from rltransfer.agents.anatomy import acts, follow, heads, named_parts, task_of, trunk_of, trunk_sites
from rltransfer.agents.optimizing import exchange
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.transfer.report import Ledger


def open_ledger(method: str, model: BaseAlgorithm, source: BaseAlgorithm) -> Ledger:
    """Put trunks into both models and begin to account for their parameters."""
    adopt(model)
    adopt(source)
    return Ledger(method, model, source)


@torch.no_grad()
def carry_trunk(ledger: Ledger) -> None:
    """Copy the source's acting trunk into every trunk copy of the target, layer by layer where shapes agree."""
    stages = trunk_of(ledger.source).stages
    source, buffers = dict(stages.named_parameters()), dict(stages.named_buffers())
    for number, site in enumerate(trunk_sites(ledger.model)):
        prefix = "trunk" if number == 0 else site.path
        unfit = _carry(
            ledger,
            [
                (f"{prefix}.{name}", parameter, f"trunk.{name}", source.get(name))
                for _, name, parameter in site.trunk.named_stage_parameters()
            ],
        )
        for name, buffer in site.trunk.stages.named_buffers():
            if name in buffers and buffers[name].shape == buffer.shape and _layer(f"{prefix}.{name}") not in unfit:
                buffer.copy_(buffers[name])


@torch.no_grad()
def carry_heads(ledger: Ledger, diff: SpaceDiff) -> None:
    """Copy every head whose shape agrees; those that stand for actions only where the actions do, too."""
    source, ours = heads(ledger.source), heads(ledger.model)
    candidates: list[_Candidate] = []
    for name, parameter in ours.items():
        if acts(name, ours) and not diff.action_equal:
            ledger.refused(name, "the action spaces differ")
        else:
            counterpart = _online(name)
            candidates.append((name, parameter, counterpart, source.get(counterpart)))
    _carry(ledger, candidates)
    follow(ledger.model)


def carry_all(ledger: Ledger, diff: SpaceDiff, heads: Literal["copy", "reinit"] = "copy") -> None:
    """Copy trunk, and heads where wanted and possible; target networks follow their online ones."""
    carry_trunk(ledger)
    if heads == "copy":
        carry_heads(ledger, diff)
    follow(ledger.model)


def compared(model: BaseAlgorithm, source: BaseAlgorithm, diff: SpaceDiff | None) -> SpaceDiff:
    """``diff``, or what can be told from the two models' tasks, or from their spaces alone."""
    if diff is not None:
        return diff
    ours, theirs = task_of(model), task_of(source)
    if ours is not None and theirs is not None:
        return SpaceDiff.between(theirs, ours)
    return SpaceDiff.between_spaces((raw_space(source), source.action_space), (raw_space(model), model.action_space))


def require_prefix(ledger: Ledger, at: str) -> None:
    """Raise NotApplicableError unless every stage before ``at`` was carried over whole."""
    trunk = trunk_of(ledger.model)
    wanted = trunk.stage_names[: trunk.index(at)]
    carried = ledger.carried()
    for name in named_parts(ledger.model):
        if name.startswith("trunk.") and name.split(".")[1] in wanted and name not in carried:
            raise NotApplicableError(f"stage {name.split('.')[1]!r} does not fit the source's trunk ({name} differs)")


_Candidate: TypeAlias = tuple[str, torch.Tensor, str, torch.Tensor | None]
"""A parameter's name, the parameter, the name of its counterpart in the source, and that counterpart's value."""


def _carry(ledger: Ledger, candidates: list[_Candidate]) -> set[str]:
    """Copy the layers of which every parameter fits: a bias means nothing without its weights. Returns the others."""
    unfit = {_layer(name) for name, p, _, value in candidates if value is None or value.shape != p.shape}
    for name, parameter, counterpart, value in candidates:
        if value is None:
            ledger.refused(name, "the source has none")
        elif value.shape != parameter.shape:
            ledger.refused(name, f"the source's has shape {tuple(value.shape)}")
        elif _layer(name) in unfit:
            ledger.refused(name, "the rest of its layer does not fit")
        else:
            if parameter is not value:
                parameter.copy_(value)
            ledger.note(name, "copied", counterpart)
    return unfit


def _layer(name: str) -> str:
    return name.rpartition(".")[0]


def _online(name: str) -> str:
    """What a head of a target network follows: the source's target network lags behind and is not taken over."""
    return name.replace("_target.", ".", 1)


def tie_trunk(ledger: Ledger) -> None:
    """Put the source's acting trunk, the very object, in the place of the target's; target networks copy it.

    Raises:
        NotApplicableError: the trunks differ in architecture or input, or the source's reads cached features.
    """
    ours, theirs = trunk_sites(ledger.model), trunk_sites(ledger.source)[0]
    if type(ours[0].trunk.spec) is not type(theirs.trunk.spec):
        raise NotApplicableError("the trunks are of different architectures, so they cannot be one")
    if theirs.extractor.start:
        raise NotApplicableError(
            "the source's trunk is frozen and cached; save the agent and load it to train it whole"
        )
    for name, parameter in ours[0].trunk.stages.named_parameters():
        other = dict(theirs.trunk.stages.named_parameters()).get(name)
        if other is None or other.shape != parameter.shape:
            raise NotApplicableError(f"the trunks differ ({name}), so they cannot be one")
    for site in ours:
        if site.role == "online":
            for network, attribute in site.places:
                setattr(network, attribute, ours[0].extractor)
            exchange(ledger.model, dict(zip(site.trunk.parameters(), theirs.trunk.parameters(), strict=True)))
    ours[0].extractor.trunk = theirs.trunk
    ledger.renew()
    carry_trunk(ledger)
    ledger.mark([name for name in ledger.carried() if name.startswith("trunk.")], "tied")
    follow(ledger.model)


@torch.no_grad()
def carry_action_rows(ledger: Ledger, mapping: tuple[int, ...], *, otherwise: float) -> None:
    """Fill the target's discrete action head row by row.

    Args:
        ledger: of the two models.
        mapping: the target action for each source action.
        otherwise: bias of target actions that stand for none; their weights are 0.
    """
    source, ours = heads(ledger.source), heads(ledger.model)
    for name, parameter in ours.items():
        value = source.get(_online(name))
        if acts(name, ours) and value is not None and value.shape[1:] == parameter.shape[1:]:
            parameter.fill_(otherwise if parameter.dim() == 1 else 0.0)
            parameter[list(mapping)] = value
            ledger.note(name, "copied", _online(name), f"rows by action mapping {list(mapping)}")
    follow(ledger.model)
