"""What the source task keeps after training on the target, for shared parameters and continual use."""

from __future__ import annotations

import math


def _check_finite(before: float, after: float) -> None:
    """Refuse scores that are not numbers."""
    if not (math.isfinite(before) and math.isfinite(after)):
        raise ValueError(f"Source performance must be finite: found before={before}, after={after}.")


def forgetting(*, before: float, after: float) -> float:
    """Source performance lost by training on the target: before - after.

    Args:
        before: Source performance before target training, over fixed evaluation episodes.
        after: Source performance after target training, over the same episodes.

    Returns:
        Loss in the unit of the scores; above 0 where the source was forgotten, below 0 where it improved.

    Raises:
        ValueError: If a score is not finite.

    Source:
        Wolczyk et al. (2021), Continual World, section on metrics (forgetting).
    """
    _check_finite(before, after)
    return before - after


def retention(*, before: float, after: float) -> float:
    """Share of the source performance that is left after training on the target: after / before.

    Args:
        before: Source performance before target training, over fixed evaluation episodes. Above 0: normalise
            negative returns first.
        after: Source performance after target training, over the same episodes.

    Returns:
        1 where nothing was lost, above 1 where the source improved; nan where ``before`` is not above 0.

    Raises:
        ValueError: If a score is not finite.

    Source:
        Own choice, because a share can be averaged over source tasks of different scales; the difference of
        Continual World is ``forgetting``.
    """
    _check_finite(before, after)
    return after / before if before > 0 else math.nan
