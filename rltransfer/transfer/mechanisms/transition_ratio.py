"""How much likelier transitions are in the target than in the source."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from rltransfer.transfer.mechanisms.density_ratio import density_ratio, principal_components
from rltransfer.transfer.mechanisms.instances import Experience

FEWEST = 32
"""Rows of each side below which nothing can be told, so that the ratio is 1."""
MOST = 2_048
"""Source rows that the regression is fitted to; all of them get a ratio."""


def log_ratio(
    target: Experience,
    source: Experience,
    *,
    of: Literal["transition", "state_action", "dynamics"],
    components: int,
    generator: torch.Generator,
) -> tuple[Tensor, dict[str, Any]]:
    """Log p_target / p_source of each source row, and how well the two are told apart.

    Args:
        target: of the learner.
        source: of the source agent.
        of: see ``Instances``.
        components: principal components of the features of both.
        generator: draws the rows that are fitted and held out.
    """
    if min(len(target.actions), len(source.actions)) < FEWEST:
        return torch.zeros(len(source.actions), dtype=torch.float64), {"accuracy": 0.5}
    mean, basis = principal_components(
        torch.cat([target.before, target.after, source.before, source.after]), components
    )
    parts = {"transition": (True,), "state_action": (False,), "dynamics": (True, False)}[of]
    total, found = torch.zeros(len(source.actions), dtype=torch.float64), {}
    fitted = torch.randperm(len(source.actions), generator=generator)[:MOST]
    for number, with_change in enumerate(parts):
        ours, theirs = (_columns(rows, mean, basis, with_change=with_change) for rows in (target, source))
        ratio = density_ratio(ours, theirs[fitted], generator=generator)
        total += ratio.log_of(theirs) * (1 if number == 0 else -1)
        found["accuracy" if number == 0 else "accuracy_without_next"] = round(ratio.accuracy, 4)
    return total, found


def _columns(rows: Experience, mean: Tensor, basis: Tensor, *, with_change: bool) -> Tensor:
    """State, its change, action, and the products of each of the former with each of the latter's numbers."""
    before, after = ((part.double() - mean) @ basis for part in (rows.before, rows.after))
    states = torch.cat([before, after - before], dim=1) if with_change else before
    actions = rows.actions.double()
    products = (states.unsqueeze(2) * actions.unsqueeze(1)).flatten(1)
    return torch.cat([states, actions, products], dim=1)
