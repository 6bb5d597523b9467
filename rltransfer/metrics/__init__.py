"""Transfer metrics, aggregates over seeds and tasks, and intervals. Needs numpy alone.

Start with ``summarize``, which compares the curves of a transfer with those of its control.
"""

from rltransfer.metrics.aggregate import (
    Statistic,
    iqm,
    iqm_over_batch,
    mean,
    mean_over_batch,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
)
from rltransfer.metrics.bootstrap import NanPolicy, paired_bootstrap, stratified_bootstrap, unpaired_bootstrap
from rltransfer.metrics.curve import Curve
from rltransfer.metrics.interval import Interval
from rltransfer.metrics.retention import forgetting, retention
from rltransfer.metrics.student_t import t_interval, t_quantile
from rltransfer.metrics.summary import MIN_SEEDS, ArmTimes, TransferSummary, summarize
from rltransfer.metrics.threshold import TimesToThreshold, time_to_threshold, times_to_threshold
from rltransfer.metrics.transfer import (
    Normalizer,
    asymptotic_gain,
    asymptotic_ratio,
    forward_transfer,
    jumpstart,
    total_reward_gain,
    transfer_ratio,
)
from rltransfer.metrics.triad import Triad, measure_triad
from rltransfer.metrics.verdict import Verdict, WorkedRate, judge, worked_rate

__all__ = [
    "MIN_SEEDS",
    "ArmTimes",
    "Curve",
    "Interval",
    "NanPolicy",
    "Normalizer",
    "Statistic",
    "TimesToThreshold",
    "TransferSummary",
    "Triad",
    "Verdict",
    "WorkedRate",
    "asymptotic_gain",
    "asymptotic_ratio",
    "forgetting",
    "forward_transfer",
    "iqm",
    "iqm_over_batch",
    "judge",
    "jumpstart",
    "mean",
    "mean_over_batch",
    "measure_triad",
    "optimality_gap",
    "paired_bootstrap",
    "performance_profile",
    "probability_of_improvement",
    "retention",
    "stratified_bootstrap",
    "summarize",
    "t_interval",
    "t_quantile",
    "time_to_threshold",
    "times_to_threshold",
    "total_reward_gain",
    "transfer_ratio",
    "unpaired_bootstrap",
    "worked_rate",
]
