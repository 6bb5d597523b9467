"""Seconds until the command line answers, as whole processes.

python benchmarks/startup.py [--repeats N]
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import measuring

LIMIT = 0.7


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    command = shutil.which("rltransfer", path=str(Path(sys.executable).parent)) or "rltransfer"
    experiment = str(Path(__file__).parents[1] / "configs" / "quickstart.yaml")
    print(measuring.machine())
    for arguments in (["--help"], ["check", experiment]):
        seconds = []
        for _ in range(options.repeats + 1):
            start = time.perf_counter()
            subprocess.run([command, *arguments], check=True, capture_output=True)
            seconds.append(time.perf_counter() - start)
        shown = " ".join(["rltransfer", arguments[0]])
        print(
            f"{shown:<20} median {statistics.median(seconds[1:]):.2f} s, longest {max(seconds[1:]):.2f} s ({LIMIT} s)"
        )


if __name__ == "__main__":
    main()
