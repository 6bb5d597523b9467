"""Labelled data: a loader a format, named in YAML as ``data: {format: folders, path: ...}``.

Names are imported on first use, so that a configuration names a format without loading it.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.data.attribute_splits import AttributeSplits as AttributeSplits
    from rltransfer.images.data.attribute_splits import load_attribute_splits as load_attribute_splits
    from rltransfer.images.data.folders import Folders as Folders
    from rltransfer.images.data.frames import Frames as Frames
    from rltransfer.images.data.hdf5 import Hdf5 as Hdf5
    from rltransfer.images.data.matlab import Matlab as Matlab
    from rltransfer.images.data.npz import Npz as Npz
    from rltransfer.images.data.omniglot import Omniglot as Omniglot
    from rltransfer.images.data.omniglot_runs import OneShotRun as OneShotRun
    from rltransfer.images.data.omniglot_runs import load_omniglot_runs as load_omniglot_runs
    from rltransfer.images.data.packaged import Digits as Digits
    from rltransfer.images.data.packaged import Mnist as Mnist
    from rltransfer.images.data.sentiment import Sentiment as Sentiment
    from rltransfer.images.data.sets import FeatureSet as FeatureSet
    from rltransfer.images.data.sets import ImageSet as ImageSet
    from rltransfer.images.data.sets import LabelledSet as LabelledSet
    from rltransfer.images.data.sets import TextSet as TextSet
    from rltransfer.images.data.sets import joined as joined
    from rltransfer.images.data.specs import DataSpec as DataSpec
    from rltransfer.images.data.splits import few_per_class as few_per_class
    from rltransfer.images.data.splits import split as split
    from rltransfer.images.data.table import Table as Table
    from rltransfer.images.data.words import word_counts as word_counts

__getattr__, __dir__ = exported(
    __name__,
    {
        "AttributeSplits": "rltransfer.images.data.attribute_splits",
        "DataSpec": "rltransfer.images.data.specs",
        "Digits": "rltransfer.images.data.packaged",
        "FeatureSet": "rltransfer.images.data.sets",
        "Folders": "rltransfer.images.data.folders",
        "Frames": "rltransfer.images.data.frames",
        "Hdf5": "rltransfer.images.data.hdf5",
        "ImageSet": "rltransfer.images.data.sets",
        "LabelledSet": "rltransfer.images.data.sets",
        "Matlab": "rltransfer.images.data.matlab",
        "Mnist": "rltransfer.images.data.packaged",
        "Npz": "rltransfer.images.data.npz",
        "Omniglot": "rltransfer.images.data.omniglot",
        "OneShotRun": "rltransfer.images.data.omniglot_runs",
        "Sentiment": "rltransfer.images.data.sentiment",
        "Table": "rltransfer.images.data.table",
        "TextSet": "rltransfer.images.data.sets",
        "few_per_class": "rltransfer.images.data.splits",
        "joined": "rltransfer.images.data.sets",
        "load_attribute_splits": "rltransfer.images.data.attribute_splits",
        "load_omniglot_runs": "rltransfer.images.data.omniglot_runs",
        "split": "rltransfer.images.data.splits",
        "word_counts": "rltransfer.images.data.words",
    },
)
