"""Weights of any network, brought into an agent by a map of names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor

from rltransfer.agents.adoption import adopt
from rltransfer.agents.anatomy import follow, named_parts, trunk_sites
from rltransfer.agents.foreign_files import read_weights
from rltransfer.errors import ConfigError, NothingTransferredError
from rltransfer.registry import nearest


@dataclass(frozen=True, kw_only=True)
class WeightsReport:
    """What of a file found its place in an agent; ``str()`` gives a table.

    Args:
        matched: the file's names to the agent's.
        misshapen: the file's name to (its shape, the agent's name, the agent's shape), where only shapes differ.
        left: the file's names that no name of the agent was found for, with the name that was looked for.
        untouched: the agent's names that nothing came for.
    """

    matched: Mapping[str, str]
    misshapen: Mapping[str, tuple[tuple[int, ...], str, tuple[int, ...]]]
    left: Mapping[str, str]
    untouched: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"{len(self.matched)} tensors match, {len(self.misshapen)} differ in shape, {len(self.left)} are left, "
            f"{len(self.untouched)} of the agent stay as they are"
        ]
        lines += [f"  {key}  ->  {name}" for key, name in self.matched.items()]
        lines += [
            f"  {key} {theirs}  does not fit  {name} {ours}" for key, (theirs, name, ours) in self.misshapen.items()
        ]
        for key, name in self.left.items():
            near = nearest(name, self.untouched)
            lines.append(f"  {key}  left: no {name!r} in the agent{f', nearest is {near!r}' if near else ''}")
        return "\n".join([*lines, *(f"  {name}  stays as it is" for name in self.untouched)])


@torch.no_grad()
def import_weights(
    model: BaseAlgorithm,
    file: Path | str,
    key_map: Mapping[str, str | None] | None = None,
    *,
    dry_run: bool = False,
) -> WeightsReport:
    r"""Copy tensors of a torch state dict or a safetensors file into ``model``. Nothing in the file is executed.

    Args:
        model: the agent; its names are those of transfer reports: ``trunk.conv1.0.weight``, ``action_net.bias``.
        file: ending in ``.safetensors``, or else written by ``torch.save``; nested names are joined by dots.
        key_map: the file's names to the agent's, the first that fits: a name as it is, or a regular expression for the
            whole name, whose groups the other side may use (``{r"encoder\.(.*)": r"trunk.\1"}``); None leaves
            a name out. Names that nothing fits are looked for as they are.
        dry_run: only say what would be copied.

    Raises:
        ArtifactError: the file cannot be read, or would execute something on being read.
        ConfigError: the map is no map of names, or brings two tensors to one place.
        NothingTransferredError: not one tensor fits, and it is no dry run.
    """
    adopt(model)
    ours: dict[str, Tensor] = {**named_parts(model), **_buffers(model)}
    found = read_weights(Path(file))
    matched: dict[str, str] = {}
    misshapen: dict[str, tuple[tuple[int, ...], str, tuple[int, ...]]] = {}
    left: dict[str, str] = {}
    for key, tensor in found.items():
        name = _mapped(key, key_map or {})
        if name is None or name not in ours:
            left[key] = name if name is not None else "(left out by the map)"
        elif ours[name].shape != tensor.shape:
            misshapen[key] = (tuple(tensor.shape), name, tuple(ours[name].shape))
        elif name in matched.values():
            other = next(k for k, n in matched.items() if n == name)
            raise ConfigError(f"key_map: both {other!r} and {key!r} would go to {name!r}")
        else:
            matched[key] = name
    report = WeightsReport(
        matched=matched,
        misshapen=misshapen,
        left=left,
        untouched=tuple(name for name in ours if name not in matched.values()),
    )
    if dry_run:
        return report
    if not matched:
        raise NothingTransferredError(
            f"{file}: not one of its {len(found)} tensors fits the agent. See import_weights(..., dry_run=True)."
        )
    for key, name in matched.items():
        ours[name].copy_(found[key])
    follow(model)
    return report


def _mapped(key: str, key_map: Mapping[str, str | None]) -> str | None:
    if key in key_map:
        return key_map[key]
    for pattern, name in key_map.items():
        try:
            fits = re.fullmatch(pattern, key)
            if fits:
                return None if name is None else fits.expand(name)
        except (re.error, IndexError) as error:
            raise ConfigError(f"key_map: {pattern!r}: {name!r} is no regular expression ({error})") from error
    return key


def _buffers(model: BaseAlgorithm) -> dict[str, Tensor]:
    """Buffers of the trunks, such as a batch normalisation's statistics, as ``named_parts`` would call them."""
    return {
        f"{'trunk' if number == 0 else site.path}.{name}": buffer
        for number, site in enumerate(trunk_sites(model))
        for name, buffer in site.trunk.stages.named_buffers()
    }
