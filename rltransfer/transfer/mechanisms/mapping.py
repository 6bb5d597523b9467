"""Copying parts of a parameter to where an inter-task mapping puts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rltransfer.agents.axes import Axis, Block
from rltransfer.transfer.inter_task import InterTaskMaps, told


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What a mapped copy brought.

    Args:
        taken: how many numbers of the target came from the source.
        given: how many numbers of the source were of use.
        is_whole: every number came, to its own place, as a plain copy would bring it.
        note: which from which.
    """

    taken: int
    given: int
    is_whole: bool
    note: str


def fits(ours: Sequence[Block], theirs: Sequence[Block], maps: InterTaskMaps) -> bool:
    """Whether every axis agrees in meaning, and in size or by a map."""
    return [b.axes for b in ours] == [b.axes for b in theirs] and all(
        size == other if maps.of(axis) is None else _reaches(maps.of(axis) or {}, size, other)
        for one, two in zip(ours, theirs, strict=True)
        for axis, size, other in zip(one.axes, one.values.shape, two.values.shape, strict=True)
    )


@torch.no_grad()
def copy_mapped(ours: Sequence[Block], theirs: Sequence[Block], maps: InterTaskMaps) -> Carried:
    """Write the source's blocks into the target's, where the maps put them; the rest of the target's stays.

    A source entry of the observation that stands for several of the target's is divided among them, so that equal
    inputs give what they gave in the source.

    Source: Taylor, Stone and Liu 2007, "Transfer Learning via Inter-Task Mappings for Temporal Difference Learning",
    the mappings of state variables and of actions; the division is own choice.
    """
    taken = given = 0
    is_whole, notes = True, {}
    for one, two in zip(ours, theirs, strict=True):
        used = {axis: mapping for axis in one.axes if axis is not None and (mapping := maps.of(axis)) is not None}
        for axis, mapping in used.items():
            place = one.axes.index(axis)
            is_whole &= dict(mapping) == {k: k for k in range(one.values.shape[place])}
            is_whole &= one.values.shape == two.values.shape
            notes[axis] = told(mapping)
        if "actions" in one.axes and maps.otherwise is not None:
            one.values.fill_(0.0 if one.values.dim() > one.axes.index("actions") + 1 else maps.otherwise)
        values = two.values[_index(two, {axis: list(m.values()) for axis, m in used.items()})]
        if "observations" in used:
            values = _divided(values, one.axes.index("observations"), used["observations"])
        one.values[_index(one, {axis: list(m) for axis, m in used.items()})] = values
        taken += values.numel()
        given += _count(two, {axis: set(m.values()) for axis, m in used.items()})
    note = "; ".join(f"{axis} {text}" for axis, text in notes.items())
    return Carried(taken=taken, given=given, is_whole=is_whole, note=note)


def _reaches(mapping: Mapping[int, int], size: int, other: int) -> bool:
    return all(0 <= target < size and 0 <= source < other for target, source in mapping.items())


def _index(block: Block, chosen: Mapping[Axis, list[int]]) -> tuple[Tensor, ...]:
    """Indices of a block, all of an axis where it is not in ``chosen``, that broadcast against each other."""
    dimensions = block.values.dim()
    indices = []
    for place, (axis, size) in enumerate(zip(block.axes, block.values.shape, strict=True)):
        along = torch.as_tensor(range(size) if axis is None else chosen.get(axis, range(size)), dtype=torch.long)
        indices.append(along.to(block.values.device).view(-1, *[1] * (dimensions - place - 1)))
    return tuple(indices)


def _divided(values: Tensor, place: int, mapping: Mapping[int, int]) -> Tensor:
    counts = Counter(mapping.values())
    shares = torch.as_tensor([float(counts[source]) for source in mapping.values()], device=values.device)
    return values if (shares == 1).all() else values / shares.view(-1, *[1] * (values.dim() - place - 1))


def _count(block: Block, used: Mapping[Axis, set[int]]) -> int:
    count = 1
    for axis, size in zip(block.axes, block.values.shape, strict=True):
        count *= size if axis is None or axis not in used else len(used[axis])
    return count
