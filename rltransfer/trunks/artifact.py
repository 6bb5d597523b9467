"""A trunk on disk: ``trunk.safetensors`` and ``trunk.json``. Nothing in it can execute."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydantic
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from rltransfer.errors import ArtifactError, RLTransferError
from rltransfer.files import read_bytes, write_atomically, write_json
from rltransfer.registry import TRUNKS
from rltransfer.trunks.pretrained import weights_put_in_later
from rltransfer.trunks.trunk import Trunk

FORMAT = 1


def save_trunk(trunk: Trunk, directory: Path | str, *, provenance: Mapping[str, Any] | None = None) -> None:
    """Write ``trunk`` into ``directory``, which is made where it does not exist.

    Args:
        trunk: what to save; weights are written in float32.
        directory: where ``trunk.safetensors`` and ``trunk.json`` go.
        provenance: where the weights come from, kept as it is; JSON values only.
    """
    directory = Path(directory)
    weights = {name: t.detach().cpu().contiguous() for name, t in trunk.stages.state_dict().items()}
    data = save(weights)
    write_atomically(directory / "trunk.safetensors", data)
    write_json(
        directory / "trunk.json",
        {
            "format": FORMAT,
            "architecture": TRUNKS.name_of(type(trunk.spec)),
            "spec": trunk.spec.model_dump(mode="json"),
            "input_shape": list(trunk.input_shape),
            "preprocessing": dataclasses.asdict(trunk.spec.preprocessing),
            "stages": list(trunk.stage_names),
            "features": trunk.features_dim,
            "sha256": hashlib.sha256(data).hexdigest(),
            "provenance": dict(provenance or {}),
        },
    )


def load_trunk(directory: Path | str) -> Trunk:
    """The trunk saved in ``directory``, which may also be an agent's folder or a trial's in a run.

    Raises:
        ArtifactError: a file is missing, damaged, of a later format, or the weights do not fit the architecture.
    """
    directory = Path(directory)
    for inner in ("trunk", "agent/trunk"):
        if not (directory / "trunk.json").exists() and (directory / inner / "trunk.json").exists():
            directory /= inner
    with opened_artifact(directory / "trunk.json", directory / "trunk.safetensors", FORMAT) as (record, weights):
        spec = TRUNKS.get(record["architecture"]).model_validate_json(json.dumps(record["spec"]))
        # building draws initial weights; loading must not move the caller's
        with torch.random.fork_rng(devices=[]), weights_put_in_later():
            trunk: Trunk = spec.build(tuple(record["input_shape"]))
        trunk.stages.load_state_dict(weights)
    return trunk


@contextmanager
def opened_artifact(file: Path, weights: Path, latest: int) -> Iterator[tuple[dict[str, Any], dict[str, torch.Tensor]]]:
    """The record and the tensors of an artifact; what goes wrong while it is open is told of ``file``.

    Args:
        file: its JSON record, with ``format`` and the ``sha256`` of the weights.
        weights: its safetensors.
        latest: the latest format that can be read.

    Raises:
        ArtifactError: a file is missing, damaged or of a later format, or what is built from them does not hold.
    """
    try:
        record = json.loads(read_bytes(file))
        if record["format"] > latest:
            raise ArtifactError(f"{file.parent}: written by a later rltransfer (format {record['format']}). Upgrade.")
        data = read_bytes(weights)
        if hashlib.sha256(data).hexdigest() != record["sha256"]:
            raise ArtifactError(f"{weights}: damaged (checksum differs). Copy it again.")
        yield record, load(data)
    except ArtifactError:
        raise
    except RLTransferError as error:
        raise ArtifactError(f"{file}: {error}") from error
    except (
        ValueError,
        LookupError,
        TypeError,
        SafetensorError,
        RuntimeError,
        pydantic.ValidationError,
    ) as error:
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        raise ArtifactError(f"{file}: cannot be read ({type(error).__name__}: {reason})") from error
