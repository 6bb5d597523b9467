"""The learning curve of one seed: evaluation returns against environment steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A fraction that was computed, such as 1.1 - 0.2, can exceed its decimal by a rounding error, which would let
# the evaluation that lies on the edge into the window.
_EDGE_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Curve:
    """Evaluation returns of ONE seed over training, from which every transfer metric is computed.

    One seed per curve, because the seed is the unit that is paired and resampled: curves already averaged
    over seeds cannot give an interval. The arrays are copied and made read-only.

    Args:
        env_steps: (num_evaluations,) integers, strictly increasing, at least 0. Environment steps on the
            target, summed over workers, at which each evaluation took place. 0 is before any target training.
        returns: (num_evaluations,) finite. Mean return (or success rate) over the evaluation episodes.

    Raises:
        ValueError: If the arrays are empty, not flat, of unequal lengths, not finite, or if the steps are not
            integers, negative or not strictly increasing.

    Source:
        Own choice, because a curve that is checked once needs no checks in the metrics.
    """

    env_steps: NDArray[np.int64]
    returns: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check both arrays and replace them with read-only copies."""
        steps, returns = np.array(self.env_steps), np.array(self.returns, dtype=np.float64)
        if steps.ndim != 1 or steps.shape != returns.shape or steps.size == 0:
            raise ValueError(
                f"A curve needs two flat arrays of the same length, at least 1: found env_steps of shape "
                f"{steps.shape} and returns of shape {returns.shape}. Give one curve per seed."
            )
        if not np.issubdtype(steps.dtype, np.integer):
            raise ValueError(f"env_steps must be integers: found {steps.dtype}. Convert them with astype(int).")
        steps = steps.astype(np.int64)
        if steps[0] < 0:
            raise ValueError(f"env_steps must not be negative: the first is {steps[0]}.")
        falls = np.flatnonzero(np.diff(steps) <= 0)
        if falls.size:
            at = int(falls[0])
            raise ValueError(
                f"env_steps must be strictly increasing: found {steps[at]} then {steps[at + 1]} at positions "
                f"{at} and {at + 1}. Keep one evaluation per step."
            )
        if not np.all(np.isfinite(returns)):
            at = int(np.flatnonzero(~np.isfinite(returns))[0])
            raise ValueError(f"returns must be finite: found {returns[at]} at step {steps[at]}.")
        steps.setflags(write=False)
        returns.setflags(write=False)
        object.__setattr__(self, "env_steps", steps)
        object.__setattr__(self, "returns", returns)

    @property
    def budget(self) -> int:
        """Last evaluation step, in environment steps on the target."""
        return int(self.env_steps[-1])

    def area(self) -> float:
        """Trapezoid area under the curve divided by the steps it spans: the mean height of the curve.

        The span is last step minus first step, which is the budget for a curve that starts at step 0. A later
        start is not filled in with an invented value.

        Returns:
            Mean height, in the unit of the returns.

        Raises:
            ValueError: If there is only one evaluation, which spans no steps.

        Source:
            Taylor & Stone (2009), Transfer Learning for Reinforcement Learning Domains: A Survey (total
            reward).
        """
        if self.env_steps.size < 2:
            raise ValueError("The area of a curve needs at least 2 evaluations: found 1. Evaluate more often.")
        span = float(self.env_steps[-1] - self.env_steps[0])
        return float(np.trapezoid(self.returns, self.env_steps.astype(np.float64)) / span)

    def final(self, fraction: float = 0.1) -> float:
        """Mean return of the evaluations in the last part of training.

        The window is half open: evaluations with ``last - fraction * span < step <= last``, where
        ``span = last - first``. The last evaluation is therefore always in it, and with 11 equally spaced
        evaluations a fraction of 0.1 is the last one alone.

        Args:
            fraction: In (0, 1]. More averages over more evaluations: less noise, but a still rising curve is
                then reported too low.

        Returns:
            Mean return of the window, in the unit of the returns.

        Raises:
            ValueError: If ``fraction`` is outside (0, 1].

        Source:
            Own choice, because a single last evaluation is noisy; a tenth is the usual window.
        """
        if not 0.0 < fraction <= 1.0:
            raise ValueError(f"fraction must lie in (0, 1]: found {fraction}.")
        last, span = float(self.env_steps[-1]), float(self.env_steps[-1] - self.env_steps[0])
        is_in_window = self.env_steps > last - fraction * span + _EDGE_SLACK * span
        is_in_window[-1] = True
        return float(self.returns[is_in_window].mean())

    def first(self) -> float:
        """Return of the first evaluation, which is J(0) where the curve starts at step 0."""
        return float(self.returns[0])
