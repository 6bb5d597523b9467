"""Codes: what a trunk makes of images at each stage, kept on disk, and what is read off them.

Names are imported on first use, since most load torch or scikit-learn.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.codes.cache import default_cache as default_cache
    from rltransfer.images.codes.computing import Codes as Codes
    from rltransfer.images.codes.computing import codes_of as codes_of
    from rltransfer.images.codes.maps import CodesMap as CodesMap
    from rltransfer.images.codes.maps import draw_map as draw_map
    from rltransfer.images.codes.maps import map_codes as map_codes
    from rltransfer.images.codes.nearest import knn_predict as knn_predict
    from rltransfer.images.codes.nearest import neighbours as neighbours
    from rltransfer.images.codes.nearest import separation as separation
    from rltransfer.images.codes.probe import linear_probe as linear_probe
    from rltransfer.images.codes.projector import write_projector as write_projector
    from rltransfer.images.codes.retrieval import draw_retrieval as draw_retrieval

_HERE = "rltransfer.images.codes"

__getattr__, __dir__ = exported(
    __name__,
    {
        "Codes": f"{_HERE}.computing",
        "CodesMap": f"{_HERE}.maps",
        "codes_of": f"{_HERE}.computing",
        "default_cache": f"{_HERE}.cache",
        "draw_map": f"{_HERE}.maps",
        "draw_retrieval": f"{_HERE}.retrieval",
        "knn_predict": f"{_HERE}.nearest",
        "linear_probe": f"{_HERE}.probe",
        "map_codes": f"{_HERE}.maps",
        "neighbours": f"{_HERE}.nearest",
        "separation": f"{_HERE}.nearest",
        "write_projector": f"{_HERE}.projector",
    },
)
