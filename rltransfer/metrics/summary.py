"""All transfer metrics of one experiment side by side: several seed pairs, one source -> target pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rltransfer.metrics.bootstrap import stratified_bootstrap
from rltransfer.metrics.curve import Curve
from rltransfer.metrics.interval import Interval, undefined
from rltransfer.metrics.ratio import normalized, ratio_of_areas
from rltransfer.metrics.student_t import t_interval
from rltransfer.metrics.threshold import TimesToThreshold, times_to_threshold
from rltransfer.metrics.transfer import (
    Normalizer,
    asymptotic_gain,
    jumpstart,
    total_reward_gain,
)
from rltransfer.metrics.verdict import Verdict, judge

MIN_SEEDS = 5
"""Seeds under which a summary carries a warning."""


@dataclass(frozen=True)
class ArmTimes:
    """Time to threshold of one arm in both accountings.

    Args:
        target_steps: Counts target steps only: the source is free, as for a model that was there already.
        total_steps: Counts source + target steps: the source was trained for this target alone. The same as
            ``target_steps`` for the control, which has no source. A seed of the transfer arm is here censored
            at source steps + budget, later than a seed of the control.
    """

    target_steps: TimesToThreshold
    total_steps: TimesToThreshold


@dataclass(frozen=True)
class TransferSummary:
    """Transfer against control over several seeds. Intervals are paired bootstraps of the IQM over seeds.

    Args:
        num_seeds: Seed pairs.
        jumpstart: Head start at step 0, in the unit of the returns.
        asymptotic_gain: Gain at the end of the budget, in the unit of the returns.
        total_reward_gain: Gain in area over the budget, in the unit of the returns: the primary metric.
        total_reward_gain_t: Student-t interval of the mean of the same differences.
        transfer_ratio: Gain in IQM area relative to the control's; nan throughout where the control's is not
            reliably above 0, since no ratio to nothing means anything.
        normalizer: (random, reference) used by the transfer ratio alone; None for raw returns.
        threshold: Return that counts as reached; None where there is none.
        source_steps: Environment steps charged to the transfer arm in the second accounting.
        transfer_times: Time to threshold with transfer; None without a threshold.
        control_times: Time to threshold from scratch; None without a threshold.
        verdict: Judged on the total reward gain, and only where its bootstrap and t intervals agree.
        bootstrap_verdict: The same on the bootstrap interval alone: the convention of the field, too generous
            with few seeds.
        warning: What a reader must know before the figures, or None.
    """

    num_seeds: int
    jumpstart: Interval
    asymptotic_gain: Interval
    total_reward_gain: Interval
    total_reward_gain_t: Interval
    transfer_ratio: Interval
    normalizer: Normalizer | None
    threshold: float | None
    source_steps: int
    transfer_times: ArmTimes | None
    control_times: ArmTimes | None
    verdict: Verdict
    bootstrap_verdict: Verdict
    warning: str | None


def _check_pairs(transfer_curves: Sequence[Curve], control_curves: Sequence[Curve]) -> None:
    """Refuse arms that cannot be paired by position."""
    if len(transfer_curves) != len(control_curves) or not transfer_curves:
        raise ValueError(
            f"Curves are paired by position, so both arms need the same seeds, at least 1: found "
            f"{len(transfer_curves)} with transfer and {len(control_curves)} from scratch."
        )


def _interval(values: Sequence[float], *, confidence: float, num_resamples: int, seed: int) -> Interval:
    """Bootstrap interval of one metric over the seed pairs; nan where it is undefined for one of them."""
    rng = np.random.default_rng(seed)
    return stratified_bootstrap(values, confidence=confidence, num_resamples=num_resamples, nan="carry", rng=rng)


def _arm_times(
    curves: Sequence[Curve], *, threshold: float | None, source_steps: int, beside: float = 0.0
) -> ArmTimes | None:
    """Time to threshold of one arm in both accountings."""
    if threshold is None:
        return None
    times = times_to_threshold(curves, threshold)
    return ArmTimes(target_steps=times, total_steps=times.plus_source(source_steps, beside=beside))


def _warning(*, num_seeds: int, verdict: Verdict, bootstrap_verdict: Verdict) -> str | None:
    """Say what the figures do not: too few seeds, or a bootstrap interval that stands alone."""
    parts = []
    if num_seeds < MIN_SEEDS:
        parts.append(
            f"{num_seeds} seeds, fewer than {MIN_SEEDS}: bootstrap intervals are too narrow "
            f"(a nominal 95% covers about 75% with 3 seeds)."
        )
    if verdict != bootstrap_verdict:
        parts.append(
            f"The bootstrap interval of the total reward gain alone says {bootstrap_verdict!r}, its "
            f"Student-t interval does not: no evidence. Run more seeds."
        )
    return " ".join(parts) or None


def summarize(
    transfer_curves: Sequence[Curve],
    control_curves: Sequence[Curve],
    *,
    threshold: float | None,
    source_steps: int = 0,
    source_steps_beside: float = 0.0,
    normalizer: Normalizer | None = None,
    has_zero: bool = True,
    fraction: float = 0.1,
    confidence: float = 0.95,
    num_resamples: int = 10_000,
    seed: int = 0,
) -> TransferSummary:
    """Compare a transfer with its control over several seeds, every metric side by side.

    Args:
        transfer_curves: One per seed, with transfer; each starts at step 0.
        control_curves: One per seed, from scratch. Entry k has the seed and evaluation episodes of entry k of
            the transfer, and every setting but the transfer.
        threshold: Return that counts as reached, in the unit of the returns; None for none, as where the control
            learns nothing. Choose it before the runs.
        source_steps: Environment steps of source training, at least 0, for the second accounting.
        source_steps_beside: Further source steps for each target step, where the source goes on being played.
        normalizer: (random, reference) returns on the target, for the transfer ratio alone.
        has_zero: Whether 0 (with a normalizer: the random return) is what a policy gets that knows nothing. Without
            it the transfer ratio is undefined: it would compare distances from an arbitrary return.
        fraction: Part of the budget averaged for the asymptotic gain, in (0, 1].
        confidence: Nominal coverage of every interval, in (0, 1).
        num_resamples: Bootstrap resamples per interval.
        seed: Seed of the resampling. Each interval starts from it afresh, so none depends on another.

    Returns:
        The summary. With one seed the intervals have infinite ends and the verdict is 'no evidence'.

    Raises:
        ValueError: If the arms differ in the number of seeds, a pair in its evaluation steps, the pairs in
            their budget, a curve does not start at step 0, or a setting is out of range.

    Source:
        Taylor & Stone (2009) for the metrics; Agarwal et al. (2021) for the intervals; the verdict
        from two agreeing intervals is our own choice, because the bootstrap is too narrow with few seeds.
    """
    _check_pairs(transfer_curves, control_curves)
    pairs = list(zip(transfer_curves, control_curves, strict=True))
    interval = partial(_interval, confidence=confidence, num_resamples=num_resamples, seed=seed)
    gains = [total_reward_gain(*pair) for pair in pairs]
    areas = np.array([[curve.area() for curve in pair] for pair in pairs])  # (num_seeds, 2)
    ratio = undefined(confidence)
    if has_zero:
        ratio = ratio_of_areas(
            normalized(areas[:, 0], normalizer),
            normalized(areas[:, 1], normalizer),
            confidence=confidence,
            num_resamples=num_resamples,
            seed=seed,
        )
    gain, gain_t = interval(gains), t_interval(gains, confidence=confidence)
    verdict, bootstrap_verdict = judge(gain, gain_t), judge(gain)
    return TransferSummary(
        num_seeds=len(pairs),
        jumpstart=interval([jumpstart(*pair) for pair in pairs]),
        asymptotic_gain=interval([asymptotic_gain(*pair, fraction=fraction) for pair in pairs]),
        total_reward_gain=gain,
        total_reward_gain_t=gain_t,
        transfer_ratio=ratio,
        normalizer=normalizer,
        threshold=threshold,
        source_steps=source_steps,
        transfer_times=_arm_times(
            transfer_curves, threshold=threshold, source_steps=source_steps, beside=source_steps_beside
        ),
        control_times=_arm_times(control_curves, threshold=threshold, source_steps=0),
        verdict=verdict,
        bootstrap_verdict=bootstrap_verdict,
        warning=_warning(num_seeds=len(pairs), verdict=verdict, bootstrap_verdict=bootstrap_verdict),
    )
