"""What is measured on one target: every method's seeds, and what they say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from rltransfer.metrics import Curve, Interval, TransferSummary, stratified_bootstrap


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One method on one target, over its finished seeds.

    Args:
        method: its label.
        curves: seed to its learning curve on the target.
        success: seed to the success rate of its last evaluation; empty where the task defines none.
        kept: seed to (before, after) return on the source task, where the method goes on playing it.
        steps_per_second: of training, median over seeds; None for a method that does not train.
        source_steps: further steps on the source task beside the target, as hard sharing takes; most of any seed.
        source_trained: steps that the source agents had been trained for; most of any seed.
        summary: against the control; None for the control itself and where no pair of seeds is finished.
        reason: why there is nothing to show, where there is nothing.
    """

    method: str
    curves: Mapping[int, Curve]
    success: Mapping[int, float]
    kept: Mapping[int, tuple[float, float]]
    steps_per_second: float | None
    source_steps: int = 0
    source_trained: int = 0
    summary: TransferSummary | None = None
    reason: str = ""

    def at_end(self) -> Interval | None:
        """Mean return of the last tenth of evaluations: IQM over seeds with its interval."""
        scores = np.array([curve.final() for curve in self.curves.values()])
        return stratified_bootstrap(scores[:, None]) if len(scores) else None

    def at_start(self) -> Interval | None:
        """Return before training: IQM over seeds with its interval."""
        scores = np.array([curve.first() for curve in self.curves.values()])
        return stratified_bootstrap(scores[:, None]) if len(scores) else None


@dataclass(frozen=True, kw_only=True)
class TargetResult:
    """Every method on one target; the control comes first.

    Args:
        name: as the experiment calls it.
        task: what it is, in words.
        threshold: the return that time-to-threshold counts to; None while the control is not finished.
        arms: one a method.
    """

    name: str
    task: str
    threshold: float | None
    arms: tuple[Arm, ...]


def arms_of(targets: Iterable[TargetResult], method: str) -> list[Arm | None]:
    """The method's arm on each target."""
    return [next((arm for arm in target.arms if arm.method == method), None) for target in targets]
