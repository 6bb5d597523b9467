"""Trunks: perception networks of named stages that move between agents and images.

Names are imported on first use: ``rltransfer.trunks.specs`` must load without torch.
"""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.trunks.artifact import load_trunk as load_trunk
    from rltransfer.trunks.artifact import save_trunk as save_trunk
    from rltransfer.trunks.description import Description as Description
    from rltransfer.trunks.description import describe as describe
    from rltransfer.trunks.precision import choose_precision as choose_precision
    from rltransfer.trunks.trunk import END as END
    from rltransfer.trunks.trunk import Trunk as Trunk

__getattr__, __dir__ = exported(
    __name__,
    {
        "END": "rltransfer.trunks.trunk",
        "Description": "rltransfer.trunks.description",
        "Trunk": "rltransfer.trunks.trunk",
        "choose_precision": "rltransfer.trunks.precision",
        "describe": "rltransfer.trunks.description",
        "load_trunk": "rltransfer.trunks.artifact",
        "save_trunk": "rltransfer.trunks.artifact",
    },
)
