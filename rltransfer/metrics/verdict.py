"""What an interval of a gain allows to be said: helped, hurt, or no evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rltransfer.metrics.interval import Interval

Verdict = Literal["helped", "hurt", "no evidence"]


def judge(interval: Interval, *others: Interval) -> Verdict:
    """Judge a gain: helped only where every given interval lies strictly above 0, hurt strictly below.

    A verdict is only as good as its interval. With few seeds a percentile bootstrap alone is too generous: at
    3 pairs it calls 1 in 4 null transfers helped or hurt (the table in ``rltransfer.metrics.bootstrap``).
    Hand the ``t_interval`` of the same differences over as well, as ``summarize`` does, and the rate of false
    verdicts on normal differences is at most that of the t-interval.

    Args:
        interval: Interval of a difference, transfer minus control.
        *others: Further intervals of the same difference that must agree.

    Returns:
        'helped', 'hurt' or 'no evidence'. The last does not mean no effect: it also stands for too few seeds,
        intervals that touch 0, that disagree, or that are undefined (nan).

    Source:
        Own choice, because the word "better" belongs only where the interval excludes zero.
    """
    intervals = (interval, *others)
    if all(each.low > 0 for each in intervals):
        return "helped"
    if all(each.high < 0 for each in intervals):
        return "hurt"
    return "no evidence"


@dataclass(frozen=True)
class WorkedRate:
    """How often transfer worked over many source -> target pairs.

    Args:
        num_pairs: Source -> target pairs judged.
        num_helped: Pairs with the verdict 'helped'.
        num_hurt: Pairs with the verdict 'hurt': negative transfer.
    """

    num_pairs: int
    num_helped: int
    num_hurt: int

    @property
    def helped(self) -> float:
        """Fraction of pairs that helped, in [0, 1]."""
        return self.num_helped / self.num_pairs

    @property
    def hurt(self) -> float:
        """Fraction of pairs that hurt, in [0, 1]."""
        return self.num_hurt / self.num_pairs


def worked_rate(verdicts: Sequence[Verdict]) -> WorkedRate:
    """Count the verdicts over all source -> target pairs.

    Read it against chance: where transfer does nothing, 95% intervals still give about 2.5% of the pairs each
    verdict, and a bootstrap of few seeds gives more.

    Args:
        verdicts: One per source -> target pair, none left out.

    Returns:
        Counts and fractions of helped and hurt pairs.

    Raises:
        ValueError: If there are no verdicts or one is unknown.

    Source:
        Zimmermann et al. (2009), Cross-project Defect Prediction (622 predictions, 3.4% worked).
    """
    if not verdicts:
        raise ValueError("A worked rate needs at least one source -> target pair: found none.")
    unknown = sorted(set(verdicts) - {"helped", "hurt", "no evidence"})
    if unknown:
        raise ValueError(f"Unknown verdicts {unknown}: use 'helped', 'hurt' or 'no evidence'.")
    return WorkedRate(
        num_pairs=len(verdicts),
        num_helped=sum(each == "helped" for each in verdicts),
        num_hurt=sum(each == "hurt" for each in verdicts),
    )
