"""Labelled data: a loader a format, named in YAML as ``data: {format: folders, path: ...}``.

Names are imported on first use, so that a configuration names a format without loading it.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.data.attribute_splits import AttributeSplits as AttributeSplits
    from rltransfer.images.data.attribute_splits import load_attribute_splits as load_attribute_splits
    from rltransfer.images.data.matlab import Matlab as Matlab
    from rltransfer.images.data.sets import FeatureSet as FeatureSet
    from rltransfer.images.data.sets import ImageSet as ImageSet
    from rltransfer.images.data.sets import LabelledSet as LabelledSet
    from rltransfer.images.data.sets import joined as joined
    from rltransfer.images.data.specs import DataSpec as DataSpec
    from rltransfer.images.data.splits import few_per_class as few_per_class
    from rltransfer.images.data.splits import split as split
    from rltransfer.images.data.table import Table as Table

__getattr__, __dir__ = exported(
    __name__,
    {
        "AttributeSplits": "rltransfer.images.data.attribute_splits",
        "DataSpec": "rltransfer.images.data.specs",
        "FeatureSet": "rltransfer.images.data.sets",
        "ImageSet": "rltransfer.images.data.sets",
        "LabelledSet": "rltransfer.images.data.sets",
        "Matlab": "rltransfer.images.data.matlab",
        "Table": "rltransfer.images.data.table",
        "few_per_class": "rltransfer.images.data.splits",
        "joined": "rltransfer.images.data.sets",
        "load_attribute_splits": "rltransfer.images.data.attribute_splits",
        "split": "rltransfer.images.data.splits",
    },
)
