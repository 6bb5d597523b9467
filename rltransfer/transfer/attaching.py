"""One transfer while it is attached: what its methods share, and the order in which they act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from rltransfer.agents.adoption import adopt
from rltransfer.agents.anatomy import learned_parts, named_parts, stage_of, trunk_of
from rltransfer.agents.artifact import algorithm_of
from rltransfer.agents.draws import drawing_apart
from rltransfer.agents.normalizing import settled
from rltransfer.agents.optimizing import regroup
from rltransfer.agents.rollouts import Rollout, play
from rltransfer.errors import NotApplicableError
from rltransfer.transfer.carrying import carry_all, compared, open_ledger
from rltransfer.transfer.report import Ledger, TransferReport

if TYPE_CHECKING:
    from rltransfer.tasks.space_diff import SpaceDiff
    from rltransfer.transfer.inter_task import InterTaskMaps
    from rltransfer.transfer.method import TransferMethod


@dataclass(kw_only=True)
class Attachment:
    """A transfer that is under way.

    Args:
        model: the target learner, changed in place.
        source_agent: the source agent, where there is one.
        diff: what differs between their tasks.
        ledger: where methods write what became of each parameter.
        methods: all that are attached together.
        heads: whether heads that agree are copied, or all start afresh: ``reinit`` where any method says so.
        acting: whether every trunk copy of the target takes the source's acting trunk over, as a frozen prefix needs
            it, or each its own counterpart.
        stages: the stages of the trunk that are carried over: those that every method lets be.
        maps: what of the source stands for what of the target, where a method says so.
    """

    model: BaseAlgorithm
    source_agent: BaseAlgorithm | None
    diff: SpaceDiff
    ledger: Ledger
    methods: Sequence[TransferMethod]
    heads: Literal["copy", "reinit"] = "copy"
    acting: bool = False
    stages: tuple[str, ...] | None = None
    maps: InterTaskMaps | None = None
    source_steps: int = field(default=0, init=False)
    target_steps: int = field(default=0, init=False)
    findings: dict[str, Any] = field(default_factory=dict, init=False)
    """What reports say beside the fates; a method may go on writing here while the target learns."""
    fresh: dict[str, torch.Tensor] = field(default_factory=dict, init=False)
    """The target's parameters before any were carried over, where a method ``mixes_fresh_weights``."""
    given: dict[str, BaseAlgorithm] = field(default_factory=dict, init=False)
    """Agents beside the source that a method was given, by their folders, where they learn along."""
    before_play: Callable[[BaseAlgorithm], None] | None = None
    """Called with the agent that is about to play the target task for the first time, before anything is learned."""
    _carried: bool = field(default=False, init=False)

    @property
    def source(self) -> BaseAlgorithm:
        """The source agent; asking for it where none was given is a fault of the method that asks."""
        assert self.source_agent is not None
        return self.source_agent

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The stages of the target's trunk as it is now."""
        return trunk_of(self.model).stage_names

    def carry_all(self) -> None:
        """Copy trunk, and heads where wanted and possible; a second method that asks for it changes nothing."""
        if not self._carried:
            if any(method.mixes_fresh_weights for method in self.methods):
                self.fresh = {name: p.detach().clone() for name, p in named_parts(self.model).items()}
            carry_all(self.ledger, self.diff, self.heads, acting=self.acting, stages=self.stages, maps=self.maps)
            self._carried = True

    def play_source(self, steps: int, *, deterministic: bool = False) -> Rollout:
        """Transitions of the source agent in its own environment; their cost is part of the report.

        Running statistics that it scales observations by stay as they are, as its weights do.

        Raises:
            NotApplicableError: the source agent has no environment.
        """
        purpose = f"the source's play from step {self.source_steps}"
        with drawing_apart(self.model, purpose), settled(self.source):
            rollout = play(self.source, steps, deterministic=deterministic)
        self.source_steps += len(rollout)
        return rollout

    def play_target(self, agent: BaseAlgorithm, steps: int, *, at_random: bool = False) -> Rollout:
        """Transitions of ``agent``, or of random actions, in the target's environment: part of the target's budget."""
        if not self.target_steps and self.before_play is not None:
            self.before_play(agent)
        with drawing_apart(self.model, f"play before learning from step {self.target_steps}"):
            rollout = play(agent, steps, env=self.model.get_env(), at_random=at_random)
        self.target_steps += len(rollout)
        return rollout

    def stage(self, name: str) -> str:
        """The stage, or ``"heads"``, that a parameter of the target belongs to."""
        return stage_of(name, self.model)

    def learned(self) -> list[str]:
        """What was carried over and goes on being learned; target networks, which follow, are not among it."""
        moved = learned_parts(self.model)
        return [name for name in self.ledger.carried() if name in moved]


def attach(
    methods: Sequence[TransferMethod],
    model: BaseAlgorithm,
    source: BaseAlgorithm | None,
    *,
    label: str,
    diff: SpaceDiff | None = None,
    before_play: Callable[[BaseAlgorithm], None] | None = None,
) -> TransferReport:
    """Attach ``methods`` together: each phase of all of them, before the next phase of any.

    Carry weights, arrange what learns, rebuild optimizers with every method's learning rates multiplied, hold what
    acts while learning; when everything is accounted for, finish. See ``TransferMethod`` for the phases.

    Args:
        methods: that go together; see ``Compose``.
        model: the target learner.
        source: the source agent; None where no method takes one.
        label: what reports call the transfer.
        diff: see ``TransferMethod.attach``.
        before_play: see ``TransferMethod.attach``.
    """
    if source is None and (taking := [method.label for method in methods if method.takes_source]):
        raise NotApplicableError(f"{', '.join(taking)} needs a source agent, and none was given")
    for agent in (model, *([] if source is None else [source])):
        adopt(agent)
    diff = compared(model, source, diff)
    stages, algorithm = trunk_of(model).stage_names, algorithm_of(model)
    for method in methods:
        method.check_algorithm(algorithm)
        method.check_stages(stages)
        method.check(diff)
    maps = next((maps for method in methods if (maps := method.maps(diff)) is not None), None)
    ledger = open_ledger(label, model, source, maps, carries=any(method.takes_source for method in methods))
    transfer = Attachment(
        model=model,
        source_agent=source,
        diff=diff,
        ledger=ledger,
        methods=methods,
        before_play=before_play,
        heads="reinit" if any(getattr(method, "heads", None) == "reinit" for method in methods) else "copy",
        acting=any(method.carries_acting_trunk for method in methods),
        stages=tuple(s for s in stages if all(s in method.carried_stages(stages) for method in methods)),
        maps=maps,
    )
    for method in methods:
        method.carry(transfer)
    for method in methods:
        method.arrange(transfer)
    if any(method.trains and "everything" not in method.decides for method in methods):
        _set_rates(methods, transfer)
    for method in methods:
        method.hold(transfer)
    report = ledger.close(may_carry_nothing=not any(method.carries_weights for method in methods))
    for method in sorted(methods, key=lambda method: "what is taught beforehand" not in method.decides):
        method.finish(transfer)  # what is taught beforehand first: it reaches stages that then wait to learn
    return replace(
        report,
        source_steps=transfer.source_steps,
        target_steps=transfer.target_steps,
        findings=transfer.findings,
    )


def _set_rates(methods: Sequence[TransferMethod], transfer: Attachment) -> None:
    """Rebuild the optimizers, with the product of what the methods say of each stage's learning rate."""
    scales = [method.rates(transfer.stage_names) for method in methods]

    def scale_of(name: str) -> float:
        stage, product = transfer.stage(name), 1.0
        for scale in scales:
            product *= scale.get(stage, 1.0)
        return product

    regroup(transfer.model, scale_of)
    for name in transfer.learned():
        if (scale := scale_of(name)) != 1:
            transfer.ledger.remark(name, f"learning rate x {scale:g}")
