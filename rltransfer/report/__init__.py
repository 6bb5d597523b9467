"""Reports: what a run says, as tables, figures and files."""

from rltransfer.report.files import write_result
from rltransfer.report.result import Result, collect
from rltransfer.report.table import plain_text, render
from rltransfer.report.target import Arm, TargetResult

__all__ = ["Arm", "Result", "TargetResult", "collect", "plain_text", "render", "write_result"]
