"""How a target differs from a source: which distributions shift, how surely, and what re-weighting leaves."""

from typing import TYPE_CHECKING

from rltransfer.lazy import exported

if TYPE_CHECKING:
    from rltransfer.images.shift.counting import Joint as Joint
    from rltransfer.images.shift.counting import Shift as Shift
    from rltransfer.images.shift.counting import compare as compare
    from rltransfer.images.shift.diagnostics import RatioDiagnostics as RatioDiagnostics
    from rltransfer.images.shift.diagnostics import ratio_diagnostics as ratio_diagnostics
    from rltransfer.images.shift.plots import draw_joints as draw_joints
    from rltransfer.images.shift.plots import draw_marginals as draw_marginals
    from rltransfer.images.shift.two_sample import TwoSample as TwoSample
    from rltransfer.images.shift.two_sample import classifier_test as classifier_test
    from rltransfer.images.shift.two_sample import mmd_test as mmd_test

__getattr__, __dir__ = exported(
    __name__,
    {
        "Joint": "rltransfer.images.shift.counting",
        "RatioDiagnostics": "rltransfer.images.shift.diagnostics",
        "Shift": "rltransfer.images.shift.counting",
        "TwoSample": "rltransfer.images.shift.two_sample",
        "classifier_test": "rltransfer.images.shift.two_sample",
        "compare": "rltransfer.images.shift.counting",
        "draw_joints": "rltransfer.images.shift.plots",
        "draw_marginals": "rltransfer.images.shift.plots",
        "mmd_test": "rltransfer.images.shift.two_sample",
        "ratio_diagnostics": "rltransfer.images.shift.diagnostics",
    },
)
