"""Gradients of several agents on trunks that they share: how far they agree, and PCGrad where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor, nn, optim

from rltransfer.agents.anatomy import optimizers, trunk_sites
from rltransfer.agents.draws import generator_for
from rltransfer.agents.optimizing import require_steps
from rltransfer.agents.updates import after_updates


def project_conflicts(gradient: Tensor, others: Sequence[Tensor]) -> Tensor:
    """``gradient`` without what it has against each of ``others``, one after the other; the same where it has nothing.

    Args:
        gradient: (n,) of one task.
        others: (n,) of each other task, in the order to go by.

    Source: Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", Algorithm 1, the inner loop.
    """
    for other in others:
        product = gradient @ other
        if product < 0:
            gradient = gradient - product / (other @ other) * other
    return gradient


@dataclass
class Agreement:
    """Cosines between the gradients of two tasks, as they come."""

    count: int = 0
    total: float = 0.0
    negative: int = 0
    recent: list[float] = field(default_factory=list)

    def add(self, cosine: float) -> None:
        """Take one more into account."""
        self.count, self.total = self.count + 1, self.total + cosine
        self.negative += cosine < 0
        self.recent.append(cosine)

    def as_json(self) -> dict[str, float]:
        """The mean cosine, the share of those below 0, and how many there were."""
        return {
            "cosine": round(self.total / self.count, 4),
            "conflicting": round(self.negative / self.count, 4),
            "compared": self.count,
        }


class SharedGradients:
    """Compares the gradients of agents that share trunks and learn in turn, and projects them where wanted.

    As they learn in turn, no two of them ever have a gradient at the same weights. Each step of an agent's optimizer
    is compared with the latest step of each other agent, which is at most one turn old. The gradients are those that
    the optimizers get: clipped, where the algorithm clips.

    PCGrad projects each task's gradient in its own step, against the others' latest as they were before they were
    projected. A turn of all tasks then sums to Algorithm 1's update, but for the weights having moved in between,
    and each task's optimizer having moments of its own.

    Args:
        agents: by what reports call them; the first is the one that drives the others, and its log is written to.
        surgery: whether to project.

    Raises:
        NotApplicableError: an agent's actor is not moved by optimizer steps, and gradients are to be projected.

    Source: Yu et al. 2020, "Gradient Surgery for Multi-Task Learning", Definition 1 and Algorithm 1.
    """

    def __init__(self, agents: Mapping[str, BaseAlgorithm], *, surgery: bool) -> None:
        self.agreements: dict[str, Agreement] = {}
        self._surgery = surgery
        self._names = tuple(agents)
        self._latest: dict[tuple[int, str], Tensor] = {}
        model = agents[self._names[0]]
        self._generator = generator_for(model, "order of PCGrad")
        trunks = {id(site.trunk): site.trunk for site in trunk_sites(model) if site.role == "online"}
        for name, agent in agents.items():
            if surgery:
                require_steps(agent, "PCGrad acts")
            for _, _, optimizer in optimizers(agent):
                held = {id(p) for group in optimizer.param_groups for p in group["params"]}
                for number, trunk in enumerate(trunks.values()):
                    parameters = [p for p in trunk.parameters() if id(p) in held]
                    if parameters:
                        self._watch(optimizer, name, number, parameters)

    def _watch(self, optimizer: optim.Optimizer, name: str, trunk: int, parameters: list[nn.Parameter]) -> None:
        def compare(_optimizer: optim.Optimizer, _args: Any, _kwargs: Any) -> None:
            gradients = [p.grad for p in parameters]
            if any(gradient is None for gradient in gradients):  # TRPO's critic leaves the trunk to the actor
                return
            flat = torch.cat([gradient.flatten() for gradient in gradients if gradient is not None])
            others = {other: self._latest[trunk, other] for other in self._names if (trunk, other) in self._latest}
            others.pop(name, None)
            for other, theirs in others.items():
                self._note(name, other, flat, theirs)
            self._latest[trunk, name] = flat
            if not self._surgery or not others:
                return
            order = torch.randperm(len(others), generator=self._generator).tolist()
            projected = project_conflicts(flat, [list(others.values())[place] for place in order])
            if projected is not flat:
                sizes = [p.numel() for p in parameters]
                for gradient, part in zip(gradients, torch.split(projected, sizes), strict=True):
                    assert gradient is not None
                    gradient.copy_(part.view_as(gradient))  # in place: its layout in memory is the parameter's

        optimizer.register_step_pre_hook(compare)

    def _note(self, one: str, other: str, ours: Tensor, theirs: Tensor) -> None:
        length = ours.norm() * theirs.norm()
        if length > 0:
            pair = " & ".join(sorted((one, other), key=self._names.index))
            self.agreements.setdefault(pair, Agreement()).add(float(ours @ theirs / length))


def share_gradients(agents: Mapping[str, BaseAlgorithm], findings: dict[str, Any], *, surgery: bool) -> None:
    """Compare the agents' gradients while they learn, project them where wanted, and tell of it in ``findings``.

    Args:
        agents: see ``SharedGradients``; their optimizers were rebuilt for the last time.
        findings: gains ``gradients``, with the agreement of each pair of tasks, after each update.
        surgery: whether to project.
    """
    shared = SharedGradients(agents, surgery=surgery)
    model = next(iter(agents.values()))

    def write() -> None:
        findings["gradients"] = {pair: agreement.as_json() for pair, agreement in shared.agreements.items()}
        for pair, agreement in shared.agreements.items():
            if agreement.recent:
                mean = sum(agreement.recent) / len(agreement.recent)
                model.logger.record(f"transfer/cosine of gradients/{pair}", mean)
                agreement.recent.clear()

    after_updates(model, write)
