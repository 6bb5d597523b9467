"""Classifiers that learn from a labelled source and a target with few labels or none, as scikit-learn estimators."""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.adaptation.coral import CORAL as CORAL
    from rltransfer.images.adaptation.discriminative_ratio import DiscriminativeRatio as DiscriminativeRatio
    from rltransfer.images.adaptation.jda import JDA as JDA
    from rltransfer.images.adaptation.kliep import KLIEP as KLIEP
    from rltransfer.images.adaptation.kmm import KMM as KMM
    from rltransfer.images.adaptation.manifold_alignment import ManifoldAlignment as ManifoldAlignment
    from rltransfer.images.adaptation.matched_metrics import MatchedMetrics as MatchedMetrics
    from rltransfer.images.adaptation.model_selection import (
        importance_weighted_validation as importance_weighted_validation,
    )
    from rltransfer.images.adaptation.model_selection import oracle as oracle
    from rltransfer.images.adaptation.none import NoAdaptation as NoAdaptation
    from rltransfer.images.adaptation.pairs import all_pairs as all_pairs
    from rltransfer.images.adaptation.pairs import chosen_pairs as chosen_pairs
    from rltransfer.images.adaptation.pairs import table as table
    from rltransfer.images.adaptation.regularised_transfer import RegularisedTransfer as RegularisedTransfer
    from rltransfer.images.adaptation.source_ensemble import SourceEnsemble as SourceEnsemble
    from rltransfer.images.adaptation.subspace_alignment import SubspaceAlignment as SubspaceAlignment
    from rltransfer.images.adaptation.tca import TCA as TCA
    from rltransfer.images.adaptation.tradaboost import TrAdaBoost as TrAdaBoost

__getattr__, __dir__ = exported(
    __name__,
    {
        "CORAL": "rltransfer.images.adaptation.coral",
        "JDA": "rltransfer.images.adaptation.jda",
        "KLIEP": "rltransfer.images.adaptation.kliep",
        "KMM": "rltransfer.images.adaptation.kmm",
        "TCA": "rltransfer.images.adaptation.tca",
        "DiscriminativeRatio": "rltransfer.images.adaptation.discriminative_ratio",
        "ManifoldAlignment": "rltransfer.images.adaptation.manifold_alignment",
        "MatchedMetrics": "rltransfer.images.adaptation.matched_metrics",
        "NoAdaptation": "rltransfer.images.adaptation.none",
        "RegularisedTransfer": "rltransfer.images.adaptation.regularised_transfer",
        "SourceEnsemble": "rltransfer.images.adaptation.source_ensemble",
        "SubspaceAlignment": "rltransfer.images.adaptation.subspace_alignment",
        "TrAdaBoost": "rltransfer.images.adaptation.tradaboost",
        "importance_weighted_validation": "rltransfer.images.adaptation.model_selection",
        "oracle": "rltransfer.images.adaptation.model_selection",
        "all_pairs": "rltransfer.images.adaptation.pairs",
        "chosen_pairs": "rltransfer.images.adaptation.pairs",
        "table": "rltransfer.images.adaptation.pairs",
    },
)
