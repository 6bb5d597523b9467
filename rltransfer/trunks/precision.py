"""Which arithmetic a trunk computes in, and why."""

from __future__ import annotations

import functools
import platform
from pathlib import Path
from typing import Literal

import torch

from rltransfer.trunks.specs import Precision


@functools.cache
def cpu_multiplies_bfloat16() -> bool:
    """Whether the processor has bfloat16 products (AVX512-BF16, AMX-BF16 or Arm BF16), by its own flags."""
    if platform.system() != "Linux":
        return False
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    lines = (line for line in text.splitlines() if line.startswith(("flags", "Features")))
    flags = set(next(lines, "").split())
    return bool(flags & {"avx512_bf16", "amx_bf16", "bf16"})


def choose_precision(
    precision: Precision, device: torch.device | str = "cpu", *, convolutional: bool = True
) -> Literal["float32", "bfloat16"]:
    """The arithmetic that ``auto`` stands for on this device; other values are what they say.

    On a processor with bfloat16 products a training step of the Nature trunk runs about three times as fast; without
    them the casts only cost. Small fully connected trunks gain nothing and stay in float32.
    """
    if precision != "auto":
        return precision
    if not convolutional:
        return "float32"
    if torch.device(device).type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if torch.device(device).type == "cpu" and cpu_multiplies_bfloat16() else "float32"
