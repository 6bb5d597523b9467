"""How well a source would serve a target, judged before anything is transferred."""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.choosing.h_score import h_score as h_score
    from rltransfer.images.choosing.leep import leep as leep
    from rltransfer.images.choosing.logme import logme as logme
    from rltransfer.images.choosing.ranking import RankCorrelation as RankCorrelation
    from rltransfer.images.choosing.ranking import rank_correlation as rank_correlation

__getattr__, __dir__ = exported(
    __name__,
    {
        "RankCorrelation": "rltransfer.images.choosing.ranking",
        "h_score": "rltransfer.images.choosing.h_score",
        "leep": "rltransfer.images.choosing.leep",
        "logme": "rltransfer.images.choosing.logme",
        "rank_correlation": "rltransfer.images.choosing.ranking",
    },
)
