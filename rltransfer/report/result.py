"""What a run says: read from its trials' files, never from memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rltransfer.config import ExperimentConfig, load_experiment
from rltransfer.errors import ArtifactError, ConfigError
from rltransfer.metrics import MIN_SEEDS, Curve, Interval, TransferSummary, stratified_bootstrap, summarize
from rltransfer.points import task_of_experiment
from rltransfer.runs import EvaluationRow, RunDirectory, TrialDirectory, TrialName

THRESHOLD_SHARE = 0.8
"""Where no threshold is given: this share of the way from the control's first mean return to its best."""


UNREACHABLE = 1e300
"""Stands for the threshold where there is none; no arm reaches it."""


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
        summary: against the control; None for the control itself and where no pair of seeds is finished.
        reason: why there is nothing to show, where there is nothing.
    """

    method: str
    curves: Mapping[int, Curve]
    success: Mapping[int, float]
    kept: Mapping[int, tuple[float, float]]
    steps_per_second: float | None
    source_steps: int = 0
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


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run says so far.

    Args:
        experiment: its name.
        num_seeds: how many seeds it is to have.
        source_steps: environment steps each source agent was trained for; 0 where it was given.
        source: the source agents' own learning curves.
        targets: in the experiment's order.
        failed: trial to what went wrong.
        missing: trials that have not run to their end.
        warnings: what a reader must know.
    """

    experiment: str
    num_seeds: int
    source_steps: int
    source: Arm
    targets: tuple[TargetResult, ...]
    failed: Mapping[str, str]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


def collect(run: RunDirectory) -> Result:
    """Read a run directory and work out every figure.

    Raises:
        ConfigError: there is no run.
        ArtifactError: a file in it is damaged.
    """
    if not run.config.exists():
        raise ConfigError(f"{run.path} is not a run: it has no {run.config.name}. Give the directory of a run.")
    config = load_experiment(run.config)
    targets = tuple(_checked_target(run, config, name) for name in config.targets)
    statuses = {name: run.trial(name).status() for name in _names(config)}
    failed = {str(n): str(s.get("error", "")) for n, s in statuses.items() if s.get("state") == "failed"}
    return Result(
        experiment=config.experiment,
        num_seeds=len(config.seeds),
        source_steps=config.source.budget or 0,
        source=_arm(run, "source", "", config.seeds),
        targets=targets,
        failed=failed,
        missing=tuple(map(str, _missing(run, config))),
        warnings=tuple(_warnings(config, targets)),
    )


def _names(config: ExperimentConfig) -> list[TrialName]:
    """Every trial the experiment has."""
    names = [] if config.source.agent else [TrialName("source", "", seed) for seed in config.seeds]
    return names + [TrialName(t, m.label, s) for t in config.targets for m in config.methods for s in config.seeds]


def _missing(run: RunDirectory, config: ExperimentConfig) -> list[TrialName]:
    done = ("finished", "not applicable", "failed")
    return [name for name in _names(config) if run.trial(name).status().get("state") not in done]


def _warnings(config: ExperimentConfig, targets: Sequence[TargetResult]) -> Iterator[str]:
    pairs = [arm.summary.num_seeds for target in targets for arm in target.arms if arm.summary is not None]
    least = min(pairs, default=len(config.seeds))
    if least < MIN_SEEDS:
        yield f"only {least} seeds: intervals are wide and not to be trusted far; use {MIN_SEEDS} or more"
    doubtful = 0
    for target in targets:
        for arm in target.arms:
            if arm.summary is not None and arm.summary.num_seeds < len(config.seeds):
                yield f"{target.name}/{arm.method}: {arm.summary.num_seeds} of {len(config.seeds)} seeds are finished"
            doubtful += arm.summary is not None and arm.summary.bootstrap_verdict != arm.summary.verdict
    if doubtful:
        yield (
            f"{doubtful} gains have a bootstrap interval that excludes 0 and a t interval that does not; "
            "with so few seeds that is no evidence"
        )


def _checked_target(run: RunDirectory, config: ExperimentConfig, name: str) -> TargetResult:
    try:
        return _target(run, config, name)
    except ValueError as error:  # curves that do not fit together
        raise ArtifactError(
            f"{run.path / name}: evaluations are missing or do not belong together ({error}) "
            "Delete the folder of the damaged trial, and it runs again."
        ) from error


def _target(run: RunDirectory, config: ExperimentConfig, name: str) -> TargetResult:
    task = task_of_experiment(config, name)
    control, *others = [_arm(run, name, method.label, config.seeds) for method in config.methods]
    threshold = config.threshold
    if threshold is None and control.curves:
        mean = np.mean([curve.returns for curve in control.curves.values()], axis=0)
        if mean.max() > mean[0]:  # a control that learns nothing sets no mark to reach
            threshold = float(mean[0] + THRESHOLD_SHARE * (mean.max() - mean[0]))
    reference = task.family.reference_score(task)
    normalizer = None if reference is None else (reference.random, reference.expert)
    arms = [control]
    still = [method.label for method in config.methods if not method.trains]
    for arm in others:
        seeds = sorted(set(arm.curves) & set(control.curves))
        summary = None
        if seeds:
            summary = summarize(
                [
                    _stretched(arm.curves[seed], control.curves[seed]) if arm.method in still else arm.curves[seed]
                    for seed in seeds
                ],
                [control.curves[seed] for seed in seeds],
                threshold=UNREACHABLE if threshold is None else threshold,
                source_steps=(config.source.budget or 0) + arm.source_steps,
                normalizer=normalizer,
            )
        arms.append(_with(arm, summary))
    return TargetResult(name=name, task=str(task), threshold=threshold, arms=tuple(arms))


def _with(arm: Arm, summary: TransferSummary | None) -> Arm:
    return Arm(**{**vars(arm), "summary": summary})


def _arm(run: RunDirectory, target: str, method: str, seeds: Sequence[int]) -> Arm:
    curves, success, kept = {}, {}, {}
    speeds, beside, reasons = [], [], []
    own = "source" if target == "source" else "target"
    for seed in seeds:
        directory: TrialDirectory = run.trial(TrialName(target, method, seed))
        status = directory.status()
        if status.get("state") == "finished":
            rows = directory.evaluations()
            played = [row for row in rows if row.on == own]
            curves[seed] = _curve(played, directory)
            if played[-1].success_rate is not None:
                success[seed] = played[-1].success_rate
            source = [row.return_mean for row in rows if row.on == "source"] if own == "target" else []
            if source:
                kept[seed] = (source[0], source[-1])
            beside.append(int(status.get("source_env_steps", 0)))
            if status.get("steps_per_second") is not None:
                speeds.append(status["steps_per_second"])
        elif "reason" in status:
            reasons.append(f"not applicable: {status['reason']}")
        elif "error" in status:
            reasons.append(f"failed: {status['error']}")
    reason = "" if curves else (reasons[0] if reasons else "has not run yet")
    speed = float(np.median(speeds)) if speeds else None
    return Arm(
        method=method,
        curves=curves,
        success=success,
        kept=kept,
        steps_per_second=speed,
        source_steps=max(beside, default=0),
        reason=reason,
    )


def _curve(rows: Sequence[EvaluationRow], directory: TrialDirectory) -> Curve:
    try:
        return Curve(np.array([row.env_steps for row in rows]), np.array([row.return_mean for row in rows]))
    except ValueError as error:  # no rows, steps out of order, or a return that is no number
        raise ArtifactError(
            f"{directory.path}: its evaluations are no learning curve. Delete the folder, and the trial runs again."
        ) from error


def _stretched(curve: Curve, control: Curve) -> Curve:
    """``curve`` at the control's evaluation steps: a policy that does not train is the same at all of them."""
    return Curve(control.env_steps, np.full(len(control.returns), curve.first()))
