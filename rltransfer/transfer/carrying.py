"""Carrying weights from a source agent into a target learner."""

from __future__ import annotations

from typing import Literal

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import adopt
from rltransfer.agents.anatomy import acts, follow, heads, named_parts, stage_of, trunk_of, trunk_sites
from rltransfer.errors import NotApplicableError, SpaceMismatchError
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.transfer.report import Ledger


def open_ledger(method: str, model: BaseAlgorithm, source: BaseAlgorithm) -> Ledger:
    """Put trunks into both models and begin to account for their parameters."""
    adopt(model)
    adopt(source)
    return Ledger(method, model, source)


@torch.no_grad()
def carry_trunk(ledger: Ledger) -> None:
    """Copy the source's acting trunk into every trunk copy of the target, parameter by parameter where shapes agree."""
    source = dict(trunk_of(ledger.source).stages.named_parameters())
    sites = trunk_sites(ledger.model)
    for number, site in enumerate(sites):
        prefix = "trunk" if number == 0 else site.path
        for _, name, parameter in site.trunk.named_stage_parameters():
            _carry(ledger, f"{prefix}.{name}", parameter, f"trunk.{name}", source.get(name))
        for name, buffer in site.trunk.stages.named_buffers():
            buffer.copy_(dict(trunk_of(ledger.source).stages.named_buffers()).get(name, buffer))


@torch.no_grad()
def carry_heads(ledger: Ledger, diff: SpaceDiff) -> None:
    """Copy every head whose shape agrees; those that stand for actions only where the actions do, too."""
    source = heads(ledger.source)
    for name, parameter in heads(ledger.model).items():
        if acts(name) and not diff.action_equal:
            ledger.refused(name, "the action spaces differ")
        else:
            _carry(ledger, name, parameter, name, source.get(name))
    follow(ledger.model)


def carry_all(ledger: Ledger, diff: SpaceDiff, heads: Literal["copy", "reinit"] = "copy") -> None:
    """Copy trunk, and heads where wanted and possible; target networks follow their online ones."""
    carry_trunk(ledger)
    if heads == "copy":
        carry_heads(ledger, diff)
    follow(ledger.model)


def compared(model: BaseAlgorithm, source: BaseAlgorithm, diff: SpaceDiff | None) -> SpaceDiff:
    """``diff``, or what can be told from the two models' own spaces."""
    return diff or SpaceDiff.between_models(source, model)


def stages(names: list[str], model: BaseAlgorithm) -> dict[str, str]:
    """Parameter name to trunk stage, or to ``"heads"``."""
    return {name: stage_of(name, model) for name in names}


def require_prefix(ledger: Ledger, at: str) -> None:
    """Raise NotApplicableError unless every stage before ``at`` was carried over whole."""
    trunk = trunk_of(ledger.model)
    wanted = trunk.stage_names[: trunk.index(at)]
    carried = ledger.carried()
    for name in named_parts(ledger.model):
        if name.startswith("trunk.") and name.split(".")[1] in wanted and name not in carried:
            raise NotApplicableError(f"stage {name.split('.')[1]!r} does not fit the source's trunk ({name} differs)")


def _carry(
    ledger: Ledger, name: str, parameter: torch.Tensor, counterpart: str, value: torch.Tensor | None
) -> None:
    if value is None:
        ledger.refused(name, "the source has none")
    elif value.shape != parameter.shape:
        ledger.refused(name, f"the source's has shape {tuple(value.shape)}")
    else:
        parameter.copy_(value)
        ledger.note(name, "copied", counterpart)


def require_same_observations(diff: SpaceDiff) -> None:
    """Raise SpaceMismatchError where the source cannot read what the target observes."""
    if not diff.observation_equal:
        raise SpaceMismatchError(f"the observation spaces differ: {diff.observation[0]} and {diff.observation[1]}")
