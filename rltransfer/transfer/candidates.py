"""Copying parameters layer by layer, whole or where an inter-task mapping puts them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import torch

from rltransfer.agents.axes import Block, labelled
from rltransfer.transfer.inter_task import InterTaskMaps
from rltransfer.transfer.mechanisms.mapping import Carried, copy_mapped, fits
from rltransfer.transfer.report import Ledger


class Candidate(NamedTuple):
    """A parameter that may be copied, and what it would be copied from.

    Args:
        name: of the parameter.
        parameter: itself.
        counterpart: the name of what stands for it in the source.
        value: what does, where there is such a thing.
        pair: both in blocks of known axes, where maps act on one of these.
    """

    name: str
    parameter: torch.Tensor
    counterpart: str
    value: torch.Tensor | None
    pair: Pair | None

    def fits(self, maps: InterTaskMaps | None) -> bool:
        """Whether it can be copied, by a map where there is one."""
        if self.pair is not None and maps is not None:
            return fits(*self.pair, maps)
        return self.value is not None and self.value.shape == self.parameter.shape


Pair: TypeAlias = tuple[tuple[Block, ...], tuple[Block, ...]]
"""A parameter and its counterpart in blocks."""


def pairs_of(ledger: Ledger, maps: InterTaskMaps | None) -> Callable[[str, str], Pair | None]:
    """Gives a parameter and its counterpart in blocks, where maps act on one of their axes."""
    if maps is None:
        return lambda name, counterpart: None
    ours, theirs = labelled(ledger.model), labelled(ledger.source)

    def pair(name: str, counterpart: str) -> Pair | None:
        blocks = ours.get(name, ())
        acted_on = any(maps.of(axis) is not None for block in blocks for axis in block.axes)
        return (blocks, theirs[counterpart]) if acted_on and counterpart in theirs else None

    return pair


def carry_layers(ledger: Ledger, candidates: list[Candidate], maps: InterTaskMaps | None = None) -> set[str]:
    """Copy the layers of which every parameter fits: a bias means nothing without its weights. Returns the others."""
    unfit = {layer_of(candidate.name) for candidate in candidates if not candidate.fits(maps)}
    for candidate in candidates:
        name, parameter, counterpart, value, pair = candidate
        if value is None:
            ledger.refused(name, "the source has none")
        elif not candidate.fits(maps):
            ledger.refused(name, f"the source's has shape {tuple(value.shape)}")
        elif layer_of(name) in unfit:
            ledger.refused(name, "the rest of its layer does not fit")
        elif pair is not None and maps is not None:
            _note_mapped(ledger, candidate, copy_mapped(*pair, maps), is_filled=maps.otherwise is not None)
        else:
            if parameter is not value:
                parameter.copy_(value)
            ledger.note(name, "copied", counterpart)
    return unfit


def _note_mapped(ledger: Ledger, candidate: Candidate, carried: Carried, *, is_filled: bool) -> None:
    """Say what became of a parameter that a map acted on."""
    assert candidate.value is not None
    if not carried.taken:
        ledger.refused(candidate.name, "nothing of the source's is mapped to it")
    elif carried.is_whole:
        ledger.note(candidate.name, "copied", candidate.counterpart)
    else:
        taken = candidate.parameter.numel() if is_filled else carried.taken
        ledger.note(candidate.name, "mapped", candidate.counterpart, carried.note, parts=(taken, carried.given))


def layer_of(name: str) -> str:
    """The layer that a parameter is part of."""
    return name.rpartition(".")[0]


def online_name(name: str) -> str:
    """What a head of a target network follows: the source's target network lags behind and is not taken over."""
    return name.replace("_target.", ".", 1)
