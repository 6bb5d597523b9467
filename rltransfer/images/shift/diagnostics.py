"""What weights of source rows do: how many rows are left, and how near the target they bring the source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rltransfer.images.adaptation.domains import Array, both_domains, row_weights
from rltransfer.images.adaptation.kernels import kernel_matrix, median_gamma
from rltransfer.transfer.mechanisms.density_ratio import effective_sample_size


@dataclass(frozen=True, kw_only=True)
class RatioDiagnostics:
    """Before and after re-weighting.

    Args:
        rows: source rows; their number is the effective sample size before.
        effective_sample_size: after: how many equally weighted rows would be as informative (Kish 1965).
        largest_share: of all weight that one row has.
        mean_gap_before: greatest difference of a column's means, in standard deviations of the target.
        mean_gap_after: the same with weights.
        mmd_before: maximum mean discrepancy (not squared) of source and target, rbf kernel by the median distance.
        mmd_after: the same with weights.
    """

    rows: int
    effective_sample_size: float
    largest_share: float
    mean_gap_before: float
    mean_gap_after: float
    mmd_before: float
    mmd_after: float

    def table(self) -> str:
        """As Markdown."""
        lines = [
            "| | before | after |",
            "|---|---|---|",
            f"| effective sample size | {self.rows} | {self.effective_sample_size:.1f} |",
            f"| largest share of one row | {1 / self.rows:.4f} | {self.largest_share:.4f} |",
            f"| greatest gap of means (sd) | {self.mean_gap_before:.3f} | {self.mean_gap_after:.3f} |",
            f"| MMD | {self.mmd_before:.4f} | {self.mmd_after:.4f} |",
        ]
        return "\n".join(lines)


def ratio_diagnostics(source: Any, target: Any, weights: Any) -> RatioDiagnostics:
    """Judge the weights of source rows by what they leave and what they mend.

    Args:
        source: (n_source, columns).
        target: (n_target, columns).
        weights: (n_source,) 0 or more, on any scale: an estimate of p_target / p_source.

    Raises:
        UnfitDataError: domains of other columns; weights of another number, negative, or all 0.
    """
    ours, theirs = both_domains(source, target)
    found = row_weights(weights, len(ours))
    shares, equal = found / found.sum(), np.full(len(ours), 1 / len(ours))
    gamma = median_gamma(np.concatenate([ours, theirs]))
    return RatioDiagnostics(
        rows=len(ours),
        effective_sample_size=effective_sample_size(torch.from_numpy(found)),
        largest_share=float(shares.max()),
        mean_gap_before=_mean_gap(ours, theirs, equal),
        mean_gap_after=_mean_gap(ours, theirs, shares),
        mmd_before=_mmd(ours, theirs, equal, gamma),
        mmd_after=_mmd(ours, theirs, shares, gamma),
    )


def _mean_gap(source: Array, target: Array, shares: Array) -> float:
    spread = target.std(0)
    gaps = np.abs(shares @ source - target.mean(0))[spread > 0] / spread[spread > 0]
    return float(gaps.max()) if len(gaps) else 0.0


def _mmd(source: Array, target: Array, shares: Array, gamma: float) -> float:
    rows = np.concatenate([source, target])
    signs = np.concatenate([shares, np.full(len(target), -1 / len(target))])
    return float(np.sqrt(max(signs @ kernel_matrix(rows, rows, kernel="rbf", gamma=gamma) @ signs, 0.0)))
