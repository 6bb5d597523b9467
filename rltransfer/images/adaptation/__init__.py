"""Classifiers that learn from a labelled source and a target with few labels or none, as scikit-learn estimators."""

from rltransfer.lazy import exported

__getattr__, __dir__ = exported(
    __name__,
    {
        "CORAL": "rltransfer.images.adaptation.coral",
        "JDA": "rltransfer.images.adaptation.jda",
        "NoAdaptation": "rltransfer.images.adaptation.none",
        "SubspaceAlignment": "rltransfer.images.adaptation.subspace_alignment",
        "TCA": "rltransfer.images.adaptation.tca",
    },
)
