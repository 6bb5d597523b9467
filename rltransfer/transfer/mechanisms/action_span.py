"""A learned mapping of actions: a target's action rows stay combinations of the source's."""

from __future__ import annotations

from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, optim

from rltransfer.agents.anatomy import acts, follow, heads, optimizers
from rltransfer.agents.axes import Block, labelled
from rltransfer.agents.optimizing import require_steps
from rltransfer.errors import NotApplicableError
from rltransfer.transfer.candidates import online_name
from rltransfer.transfer.report import Ledger


def begin_in_span(ledger: Ledger) -> None:
    """Bring the target's fresh action rows into the span of the source's, in every network.

    The target then acts by M (W x) + c, where W x is what the source's head says: M, target actions by source actions,
    begins as the combination nearest to the fresh rows, and c is fresh.

    Raises:
        NotApplicableError: the source has no such heads.
    """
    found = spans(ledger.model, ledger.source)
    if not found:
        raise NotApplicableError(
            "the source's heads give no actions in the way that the target's do, so no mapping between them can be "
            "learned. Choose the source's algorithm."
        )
    for name, (block, basis, _) in found.items():
        _project(block, basis)
        ledger.note(name, "mapped", online_name(name), "combinations of the source's actions, by a learned mapping")
    follow(ledger.model)


def keep_in_span(model: BaseAlgorithm, source: BaseAlgorithm, findings: dict[str, Any]) -> None:
    """After each optimizer step, put the action rows back to the nearest combinations of the source's.

    So what is learned of them is M. The acting head's M goes into ``findings["action_mapping"]``: a row for each target
    action, a column for each source action.
    """
    require_steps(model, "a learned mapping of actions is kept")
    found = spans(model, source)
    parts = heads(model)
    of_parameter = {id(parts[name]): span for name, span in found.items()}
    block, _, inverse = found[next(iter(found))]

    def write_down() -> None:
        findings["action_mapping"] = (_rows(block) @ inverse).tolist()

    @torch.no_grad()
    def project(optimizer: optim.Optimizer, _args: Any, _kwargs: Any) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if id(parameter) in of_parameter:
                    _project(*of_parameter[id(parameter)][:2])
        write_down()

    with torch.no_grad():
        write_down()
    for _, _, optimizer in optimizers(model):
        optimizer.register_step_post_hook(project)


def spans(model: BaseAlgorithm, source: BaseAlgorithm) -> dict[str, tuple[Block, Tensor, Tensor]]:
    """Each action matrix of ``model``, acting ones first, with what the source's spans.

    Returns:
        Name to the target's block, an orthonormal basis (inputs, rank) of the source's rows, and their pseudo-inverse
        (inputs, source actions).
    """
    ours, theirs, names = labelled(model), labelled(source), heads(model)
    found = {}
    for name in sorted(names, key=lambda name: ("critic" in name, "_target" in name)):
        behind = theirs.get(online_name(name), ())
        if not acts(name, names) or names[name].dim() < 2:
            continue
        for one, two in zip(ours.get(name, ()), behind, strict=False):
            if "actions" in one.axes and "actions" in two.axes:
                rows = _rows(two).detach()
                if rows.shape[1] == _rows(one).shape[1]:
                    values, singular, basis = torch.linalg.svd(rows, full_matrices=False)
                    kept = singular > singular.max() * 1e-6
                    inverse = (basis[kept].T / singular[kept]) @ values[:, kept].T
                    device = one.values.device
                    found[name] = (one, basis[kept].T.contiguous().to(device), inverse.to(device))
    return found


def _rows(block: Block) -> Tensor:
    """(actions, the rest) of a block."""
    return block.values.movedim(block.axes.index("actions"), 0).flatten(1)


@torch.no_grad()
def _project(block: Block, basis: Tensor) -> None:
    view = block.values.movedim(block.axes.index("actions"), 0)
    view.copy_((_rows(block) @ basis @ basis.T).view(view.shape))
