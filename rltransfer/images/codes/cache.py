"""Codes on disk: a folder a hash, an array a stage, memory-mapped."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rltransfer.errors import ConfigError
from rltransfer.files import write_atomically
from rltransfer.images.data.sets import ImageSet

if TYPE_CHECKING:
    from rltransfer.trunks import Trunk

FORMAT = 1
Floats = npt.NDArray[np.float32]


def default_cache() -> Path:
    """The folder that ``RLTRANSFER_CACHE`` names, or ``rltransfer`` below the user's cache folder."""
    named = os.environ.get("RLTRANSFER_CACHE")
    above = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(named or f"{above}/rltransfer").expanduser() / "codes"


def codes_key(trunk: Trunk, data: ImageSet, preprocessing: str, *, grid: int) -> str:
    """The SHA-256 of all that codes hang on.

    Args:
        trunk: its architecture, weights, buffers, device and arithmetic.
        data: its images, in their order; labels do not matter.
        preprocessing: what is done to images, as text.
        grid: see ``codes_of``.
    """
    said = {
        "format": FORMAT,
        "architecture": type(trunk.spec).__name__,
        "spec": trunk.spec.model_dump(mode="json"),
        "input_shape": list(trunk.input_shape),
        "precision": trunk.precision,
        "device": trunk.device.type,
        "preprocessing": preprocessing,
        "grid": grid,
        "weights": weights_hash(trunk),
        "images": images_hash(data),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def weights_hash(trunk: Trunk) -> str:
    """The SHA-256 of all parameters and buffers with their names."""
    found = hashlib.sha256()
    for name, tensor in trunk.stages.state_dict().items():
        values = tensor.detach().cpu().contiguous().numpy()
        found.update(f"{name} {values.dtype} {values.shape}".encode())
        found.update(values.tobytes())
    return found.hexdigest()


def images_hash(data: ImageSet) -> str:
    """The SHA-256 of all pixels with their shapes, in order; computed once for a set."""
    known = data.__dict__.get("_images_hash")
    if known is None:
        found = hashlib.sha256()
        for image in data.images:
            found.update(str(image.shape).encode())
            found.update(np.ascontiguousarray(image).data)
        known = found.hexdigest()
        object.__setattr__(data, "_images_hash", known)
    return str(known)


class CodesFolder:
    """The codes of one key: ``<stage>.npy`` each, written whole or not at all.

    Args:
        path: the folder; made when something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make the folder, before time is spent on what it is to hold. Raises ConfigError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{self.path.parent}: codes cannot be kept there ({error.strerror}).") from error

    def read(self, stages: Sequence[str], num_images: int) -> dict[str, Floats]:
        """Those of ``stages`` that are there and whole, (num_images, d), memory-mapped and read-only."""
        found = {}
        for stage in stages:
            try:
                codes = np.load(self._file(stage), mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError):  # not there, or cut short: computed anew
                continue
            if codes.ndim == 2 and codes.dtype == np.float32 and len(codes) == num_images:
                found[stage] = codes
        return found

    def write(self, codes: Mapping[str, Floats]) -> dict[str, Floats]:
        """Keep ``codes``; returns them memory-mapped."""
        for stage, values in codes.items():
            header = io.BytesIO()
            np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(values))
            write_atomically(self._file(stage), header.getvalue() + values.tobytes())
        return self.read(tuple(codes), len(next(iter(codes.values()))))

    def _file(self, stage: str) -> Path:
        return self.path / f"{stage}.npy"
