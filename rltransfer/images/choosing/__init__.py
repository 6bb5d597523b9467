"""How well a source would serve a target, judged before anything is transferred."""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.choosing.class_variance import h_score as h_score
    from rltransfer.images.choosing.evidence import logme as logme
    from rltransfer.images.choosing.label_likelihood import leep as leep
    from rltransfer.images.choosing.ranking import RankCorrelation as RankCorrelation
    from rltransfer.images.choosing.ranking import rank_correlation as rank_correlation

__getattr__, __dir__ = exported(
    __name__,
    {
        "RankCorrelation": "rltransfer.images.choosing.ranking",
        "h_score": "rltransfer.images.choosing.class_variance",
        "leep": "rltransfer.images.choosing.label_likelihood",
        "logme": "rltransfer.images.choosing.evidence",
        "rank_correlation": "rltransfer.images.choosing.ranking",
    },
)
