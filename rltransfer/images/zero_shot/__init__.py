"""Zero-shot learning: classes recognised by their descriptions, with not one image of them to learn from.

Names are imported on first use, since the methods load scikit-learn.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.zero_shot.association import Association as Association
    from rltransfer.images.zero_shot.calibration import Calibrated as Calibrated
    from rltransfer.images.zero_shot.calibration import choose_constant as choose_constant
    from rltransfer.images.zero_shot.dap import DAP as DAP
    from rltransfer.images.zero_shot.dictionary import StructuredDictionary as StructuredDictionary
    from rltransfer.images.zero_shot.eszsl import ESZSL as ESZSL
    from rltransfer.images.zero_shot.evaluation import Generalised as Generalised
    from rltransfer.images.zero_shot.evaluation import accuracy as accuracy
    from rltransfer.images.zero_shot.evaluation import generalised as generalised
    from rltransfer.images.zero_shot.evaluation import per_class_accuracy as per_class_accuracy
    from rltransfer.images.zero_shot.iap import IAP as IAP
    from rltransfer.images.zero_shot.method import ZeroShotMethod as ZeroShotMethod
    from rltransfer.images.zero_shot.sae import SAE as SAE
    from rltransfer.images.zero_shot.selection import Selection as Selection
    from rltransfer.images.zero_shot.selection import select as select
    from rltransfer.images.zero_shot.sse import SSE as SSE
    from rltransfer.images.zero_shot.topics import count_topics as count_topics
    from rltransfer.images.zero_shot.topics import description_topics as description_topics

_HERE = "rltransfer.images.zero_shot"

__getattr__, __dir__ = exported(
    __name__,
    {
        "DAP": f"{_HERE}.dap",
        "ESZSL": f"{_HERE}.eszsl",
        "IAP": f"{_HERE}.iap",
        "SAE": f"{_HERE}.sae",
        "SSE": f"{_HERE}.sse",
        "Association": f"{_HERE}.association",
        "Calibrated": f"{_HERE}.calibration",
        "Generalised": f"{_HERE}.evaluation",
        "Selection": f"{_HERE}.selection",
        "StructuredDictionary": f"{_HERE}.dictionary",
        "ZeroShotMethod": f"{_HERE}.method",
        "accuracy": f"{_HERE}.evaluation",
        "choose_constant": f"{_HERE}.calibration",
        "count_topics": f"{_HERE}.topics",
        "description_topics": f"{_HERE}.topics",
        "generalised": f"{_HERE}.evaluation",
        "per_class_accuracy": f"{_HERE}.evaluation",
        "select": f"{_HERE}.selection",
    },
)
