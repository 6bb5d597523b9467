"""What a run says: read from its trials' files, never from memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.config import ExperimentConfig, load_experiment
from rltransfer.errors import ArtifactError, ConfigError
from rltransfer.experiment_tasks import task_of_report
from rltransfer.metrics import MIN_SEEDS, Curve, stratified_bootstrap, summarize
from rltransfer.report.sizes import Sizes, sizes_of
from rltransfer.report.target import Arm, TargetResult
from rltransfer.report.words import WORDS, Words
from rltransfer.runs import SOURCE, EvaluationRow, RunDirectory, TrialDirectory, TrialName
from rltransfer.tasks.family import Task

THRESHOLD_SHARE = 0.8
"""Where no threshold is given: this share of the way from the control's first mean return to its best."""
MEND = "Delete its folder, and it runs again."


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a run says so far.

    Args:
        experiment: its name.
        words: what its figures are called.
        source_words: what those of its source are called.
        num_seeds: how many seeds it is to have.
        source_steps: environment steps each source agent was trained for; 0 where it was given.
        source_task: what they learn, in words.
        source: the source agents' own learning curves.
        targets: in the experiment's order.
        sizes: those of them that differ only in how much is learned from.
        failed: trial to what went wrong.
        damaged: trial to why its files cannot be read; the others are counted without it.
        missing: trials that have not run to their end.
        warnings: what a reader must know.
    """

    experiment: str
    words: Words
    source_words: Words
    num_seeds: int
    source_steps: int
    source_task: str
    source: Arm
    targets: tuple[TargetResult, ...]
    sizes: tuple[Sizes, ...]
    failed: Mapping[str, str]
    damaged: Mapping[str, str]
    missing: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Trial:
    """What one trial's files say. ``curve`` is there only where it is finished and can be read."""

    status: Mapping[str, Any]
    curve: Curve | None = None
    success: float | None = None
    kept: tuple[float, float] | None = None
    damage: str = ""

    @property
    def reason(self) -> str:
        """Why there is no curve, where the files say."""
        if self.damage:
            return f"damaged: {self.damage}"
        if "reason" in self.status:
            return f"not applicable: {self.status['reason']}"
        return f"failed: {self.status['error']}" if "error" in self.status else ""


Trials = Mapping[TrialName, _Trial]


def collect(run: RunDirectory) -> Result:
    """Read a run directory and work out every figure.

    Raises:
        ConfigError: there is no run.
        ConfigErrors: its ``experiment.yaml`` is damaged.
    """
    if not run.config.exists():
        raise ConfigError(f"{run.path} is not a run: it has no {run.config.name}. Give the directory of a run.")
    config = load_experiment(run.config)
    trials = _without_misfits({name: _read(run.trial(name)) for name in _names(config)}, config)
    described = _described_data(run)
    tasks = {name: task_of_report(config, name, described) for name in (SOURCE, *config.targets)}
    targets = tuple(_target(trials, config, name, tasks[name]) for name in config.targets)
    done = ("finished", "not applicable", "failed")
    return Result(
        experiment=config.experiment,
        words=WORDS[config.kind],
        source_words=WORDS[config.source_kind],
        num_seeds=len(config.seeds),
        source_steps=config.source.budget or 0,
        source_task=str(tasks[SOURCE]),
        source=replace(_arm(trials, SOURCE, "", config.seeds), method=SOURCE),
        targets=targets,
        sizes=sizes_of(config, tasks),
        failed={str(n): str(t.status.get("error", "")) for n, t in trials.items() if t.status.get("state") == "failed"},
        damaged={str(n): t.damage for n, t in trials.items() if t.damage},
        missing=tuple(str(n) for n, t in trials.items() if not t.damage and t.status.get("state") not in done),
        warnings=(
            *_warnings(config, targets, (trial.status.get("precision") for trial in trials.values())),
            *_left_out(trials),
        ),
    )


def _described_data(run: RunDirectory) -> Mapping[str, Any]:
    """What the manifest tells of each task's labelled data; nothing where it is older, damaged or gone."""
    try:
        found = json.loads(run.manifest.read_bytes())["data"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _names(config: ExperimentConfig) -> list[TrialName]:
    """Every trial the experiment has."""
    names = [TrialName(SOURCE, "", seed) for seed in config.seeds] if config.source.is_trained else []
    return names + [TrialName(t, m.label, s) for t in config.targets for m in config.methods for s in config.seeds]


def _read(directory: TrialDirectory) -> _Trial:
    """A trial from its files; damage is noted and does not keep the others from being read."""
    status: Mapping[str, Any] = {}
    try:
        status = directory.status()
        if status.get("state") != "finished":
            return _Trial(status=status)
        rows = directory.evaluations()
        own = [row for row in rows if row.on == ("source" if directory.name.is_source else "target")]
        beside = [row.return_mean for row in rows if row.on == "source" and not directory.name.is_source]
        return _Trial(
            status=status,
            curve=_curve(own, directory),
            success=own[-1].success_rate,
            kept=(beside[0], beside[-1]) if beside else None,
        )
    except ArtifactError as error:
        return _Trial(status=status, damage=str(error))


def _curve(rows: Sequence[EvaluationRow], directory: TrialDirectory) -> Curve:
    try:
        return Curve(np.array([row.env_steps for row in rows]), np.array([row.return_mean for row in rows]))
    except ValueError as error:  # no rows, steps out of order, or a return that is no number
        raise ArtifactError(f"{directory.path}: its evaluations are no learning curve. {MEND}") from error


def _without_misfits(trials: Trials, config: ExperimentConfig) -> Trials:
    """Trials whose evaluations are not at the steps of most others of their task count as damaged."""
    still = {method.label for method in config.methods if not method.trains}
    checked = dict(trials)
    for task in (SOURCE, *config.targets):
        steps = {
            name: tuple(trial.curve.env_steps)
            for name, trial in trials.items()
            if name.target == task and name.method not in still and trial.curve is not None
        }
        usual = Counter(steps.values()).most_common(1)
        for name, found in steps.items():
            if found != usual[0][0]:
                misfit = f"{name}: its evaluations are not at the steps of the others. {MEND}"
                checked[name] = replace(trials[name], curve=None, damage=misfit)
    return checked


def _warnings(config: ExperimentConfig, targets: Sequence[TargetResult], precisions: Iterable[object]) -> Iterator[str]:
    pairs = [arm.summary.num_seeds for target in targets for arm in target.arms if arm.summary is not None]
    least = min(pairs, default=len(config.seeds))
    if least < MIN_SEEDS:
        few = "intervals are wide and not to be trusted far"
        counted = "1 seed: there are no intervals and no verdicts" if least == 1 else f"{least} seeds: {few}"
        yield f"only {counted}; use {MIN_SEEDS} or more"
    doubtful = 0
    for target in targets:
        for arm in target.arms:
            if arm.summary is not None and arm.summary.num_seeds < len(config.seeds):
                yield f"{target.name}/{arm.method}: {arm.summary.num_seeds} of {len(config.seeds)} seeds are finished"
            doubtful += arm.summary is not None and arm.summary.bootstrap_verdict != arm.summary.verdict
    found = {str(p) for p in precisions if p}
    if len(found) > 1:
        yield (
            f"trials were computed in {' and '.join(sorted(found))}: part of the run was on another processor; "
            "name one precision for the trunk and run again"
        )
    if doubtful:
        yield (
            f"{doubtful} gains have a bootstrap interval that excludes 0 and a t interval that does not; "
            "with so few seeds that is no evidence"
        )


def _left_out(trials: Trials) -> Iterator[str]:
    """What the trials' data lacks, with the tasks that lack it."""
    found: dict[str, dict[str, None]] = {}
    for name, trial in trials.items():
        data = trial.status.get("data")
        skipped = data.get("skipped") if isinstance(data, dict) else None
        if isinstance(skipped, dict) and skipped.get("first"):
            line = (
                f"{skipped.get('count')} flawed files or rows of the data are left out, such as {skipped['first'][0]}"
            )
            found.setdefault(line, {})[name.target] = None
    for line, tasks in found.items():
        yield f"{', '.join(tasks)}: {line}"


def _target(trials: Trials, config: ExperimentConfig, name: str, task: Task) -> TargetResult:
    control, *others = [_arm(trials, name, method.label, config.seeds) for method in config.methods]
    threshold = config.threshold
    if threshold is None and control.curves:
        threshold = _threshold(np.array([curve.returns for curve in control.curves.values()]))
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
                threshold=threshold,
                source_steps=arm.source_trained or config.source.budget or 0,
                source_steps_beside=arm.source_steps / max(1, config.budget),
                normalizer=normalizer,
                has_zero=reference is not None or not task.family.reference_scores,
            )
        arms.append(replace(arm, summary=summary))
    return TargetResult(name=name, task=str(task), threshold=threshold, arms=tuple(arms))


def _threshold(returns: NDArray[np.float64]) -> float | None:
    """The mark that the control, (num_seeds, num_evaluations), sets; None where its rise may be noise."""
    mean = returns.mean(axis=0)
    best = int(mean.argmax())
    rise = stratified_bootstrap(returns[:, [best]] - returns[:, [0]])
    return float(mean[0] + THRESHOLD_SHARE * (mean[best] - mean[0])) if rise.low > 0 else None


def _arm(trials: Trials, target: str, method: str, seeds: Sequence[int]) -> Arm:
    """The seeds of one method on one target together; those without a curve are left out."""
    of_seed = {seed: trials[name] for seed in seeds if (name := TrialName(target, method, seed)) in trials}
    curves = {seed: trial.curve for seed, trial in of_seed.items() if trial.curve is not None}
    finished = {seed: of_seed[seed] for seed in curves}
    speeds = [s for trial in finished.values() if (s := trial.status.get("steps_per_second")) is not None]
    reasons = [trial.reason for trial in of_seed.values() if trial.reason]
    return Arm(
        method=method,
        curves=curves,
        success={seed: trial.success for seed, trial in finished.items() if trial.success is not None},
        kept={seed: trial.kept for seed, trial in finished.items() if trial.kept is not None},
        steps_per_second=float(np.median(speeds)) if speeds else None,
        source_steps=_most(finished, "source_env_steps"),
        source_trained=_most(finished, "source_trained_steps"),
        reason="" if curves else (reasons[0] if reasons else "has not run yet"),
    )


def _most(trials: Mapping[int, _Trial], key: str) -> int:
    return max((int(trial.status.get(key, 0)) for trial in trials.values()), default=0)


def _stretched(curve: Curve, control: Curve) -> Curve:
    """``curve`` at the control's evaluation steps: a policy that does not train is what it was last measured to be."""
    last = np.searchsorted(curve.env_steps, control.env_steps, side="right") - 1
    return Curve(control.env_steps, curve.returns[last])
