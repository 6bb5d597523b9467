"""Files that other programs wrote, read as data: nothing in them is executed.

A torch file is unpickled by torch's own restricted reader, which makes tensors and plain containers alone; what
Stable-Baselines3 pickles into its zip is left as it is.
"""

from __future__ import annotations

import io
import json
import pickle
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from rltransfer.errors import ArtifactError
from rltransfer.files import read_bytes

LARGEST = {"data": 256 * 2**20, "weights": 16 * 2**30}
"""Bytes that parts of a zip may unpack to, so that a small file cannot fill the memory."""


@dataclass(frozen=True, kw_only=True)
class SavedModel:
    """What a Stable-Baselines3 zip says without executing anything in it.

    Args:
        path: of the zip.
        plain: attributes of the model that stand in it as JSON values.
        pickled: attributes that it holds as pickles, with what is written of each beside: names and numbers as text.
        weights: the policy's tensors, by Stable-Baselines3's names.
        variables: tensors beside the policy, as the logarithm of an entropy's weight.
    """

    path: Path
    plain: Mapping[str, Any] = field(repr=False)
    pickled: Mapping[str, Mapping[str, Any]] = field(repr=False)
    weights: Mapping[str, Tensor] = field(repr=False)
    variables: Mapping[str, Tensor] = field(repr=False)

    def policy_argument(self, name: str, default: Any = None) -> Any:
        """What ``policy_kwargs`` says of ``name``: a JSON value, or the text of an object."""
        arguments = self.plain.get("policy_kwargs") or self.pickled.get("policy_kwargs") or {}
        return arguments.get(name, default) if isinstance(arguments, Mapping) else default


def read_saved_model(path: Path) -> SavedModel:
    """The Stable-Baselines3 zip at ``path``.

    Raises:
        ArtifactError: it cannot be read, is no such zip, or its weights are more than tensors.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
            names = archive.namelist()
            if not {"data", "policy.pth"} <= set(names):
                raise ArtifactError(f"{path}: not a model of Stable-Baselines3 (no 'data' or no 'policy.pth' in it)")
            data = json.loads(_part(archive, "data", path))
            weights = tensors_in(_part(archive, "policy.pth", path), f"{path}: policy.pth")
            variables = {}
            if "pytorch_variables.pth" in names:
                part = _part(archive, "pytorch_variables.pth", path)
                variables = tensors_in(part, f"{path}: pytorch_variables.pth")
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, RecursionError, ValueError) as error:
        raise ArtifactError(f"{path}: not a readable zip of Stable-Baselines3 ({type(error).__name__})") from error
    if not isinstance(data, dict):
        raise ArtifactError(f"{path}: its 'data' is not a mapping of attributes")
    pickled = {name: value for name, value in data.items() if isinstance(value, dict) and ":serialized:" in value}
    return SavedModel(
        path=path,
        plain={name: value for name, value in data.items() if name not in pickled},
        pickled={
            name: {key: value for key, value in record.items() if key not in (":type:", ":serialized:")}
            for name, record in pickled.items()
        },
        weights=weights,
        variables=variables,
    )


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, or of a torch file that holds a state dict.

    Raises:
        ArtifactError: it cannot be read, or holds more than tensors, plain values and containers.
    """
    content = read_bytes(path)
    if path.suffix == ".safetensors":
        try:
            return load_safetensors(content)
        except (SafetensorError, ValueError) as error:
            raise ArtifactError(f"{path}: not a safetensors file ({error})") from error
    return tensors_in(content, str(path))


def tensors_in(content: bytes, name: str) -> dict[str, Tensor]:
    """Every tensor of a torch file, nested names joined by dots; values that are no tensors are left out.

    Args:
        content: of the file.
        name: what errors call it.

    Raises:
        ArtifactError: it is no torch file, or would execute something on being read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of pickle protocols, and then refuses or reads
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        reason = _forbidden(str(error)) or f"not a torch file of tensors ({type(error).__name__})"
        raise ArtifactError(f"{name}: {reason}") from error
    if not isinstance(found, Mapping):
        raise ArtifactError(f"{name}: holds a {type(found).__name__}, not a mapping of names to tensors")
    return dict(_flattened(found, ""))


def _flattened(values: Mapping[Any, Any], prefix: str) -> Iterator[tuple[str, Tensor]]:
    for key, value in values.items():
        if isinstance(value, Tensor):
            yield f"{prefix}{key}", value.detach()
        elif isinstance(value, Mapping):
            yield from _flattened(value, f"{prefix}{key}.")


def _forbidden(message: str) -> str | None:
    """What torch's restricted reader came upon, in one line."""
    for mark in ("Unsupported global: GLOBAL ", "Trying to load unsupported GLOBAL ", "Unsupported class "):
        if mark in message:
            culprit = message.split(mark, 1)[1].split(maxsplit=1)[0].strip("',.")
            return f"it would execute {culprit} on being read, so it is refused. Save a plain state dict of tensors."
    if "Unsupported operand" in message or "Weights only load failed" in message:
        return "it holds more than tensors, which would execute on being read, so it is refused"
    return None


def _part(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    limit = LARGEST["data" if name == "data" else "weights"]
    if archive.getinfo(name).file_size > limit:
        raise ArtifactError(f"{path}: its part {name!r} is larger than {limit >> 20} MiB, so it is not read")
    with archive.open(name) as part:
        return part.read(limit + 1)
