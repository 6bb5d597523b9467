"""Under what circumstances a run was made."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PACKAGES = ("rltransfer", "torch", "stable-baselines3", "gymnasium", "numpy", "numba", "tensorboard")


def circumstances() -> dict[str, Any]:
    """Versions, machine, git commit of the working directory and of rltransfer, as plain values."""
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "git": {
            "working directory": _commit(Path.cwd()),
            "rltransfer": _commit(Path(__file__).parent, holding=Path(__file__).name),
        },
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _commit(folder: Path, holding: str | None = None) -> str | None:
    """The commit checked out in ``folder``, marked ``+changes`` where files differ from it; None without git.

    None, too, where git does not track the file ``holding``: site-packages may lie inside somebody's repository.
    """
    try:
        if holding is not None:
            tracked = ["git", "ls-files", "--error-unmatch", holding]
            subprocess.run(tracked, cwd=folder, capture_output=True, check=True, timeout=10)
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
        changed = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return f"{commit}+changes" if changed else commit
