"""A result as files in its run directory; all of them can be made again from the trials."""

from __future__ import annotations

import math
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from rltransfer.files import write_atomically, write_json
from rltransfer.report.result import Result
from rltransfer.report.table import plain_text
from rltransfer.runs import RunDirectory


def write_result(run: RunDirectory, result: Result) -> None:
    """Write ``result.json``, ``result.txt``, and the figures of what there is."""
    from rltransfer.report.curves import draw_curves
    from rltransfer.report.gains import draw_gains
    from rltransfer.report.size_curves import draw_sizes

    write_json(run.result, _plain(result))
    write_atomically(run.table, plain_text(result).encode())
    arms = [arm for target in result.targets for arm in target.arms] if result.targets else [result.source]
    if any(arm.curves for arm in arms):
        draw_curves(result, run.curves)
    if any(arm.summary is not None for arm in arms):
        draw_gains(result, run.gains)
    if result.sizes and any(arm.curves for arm in arms):
        draw_sizes(result, run.sizes)


def _plain(value: Any) -> Any:
    """``value`` in what JSON can hold; numbers that it cannot become text."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: _plain(getattr(value, key)) for key in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
