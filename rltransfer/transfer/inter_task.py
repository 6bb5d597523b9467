"""Inter-task mappings: which of the source's actions and observed entries stand for which of the target's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class InterTaskMaps:
    """What stands for what; numbers count from 0.

    Args:
        actions: target action to source action, or target dimension to source dimension of continuous ones; where
            None, actions are what the tasks say of them.
        observations: target channel to source channel of pictures, or target entry to source entry of vectors.
        otherwise: bias of target actions that nothing stands for, whose weights are then 0; fresh where None.
    """

    actions: Mapping[int, int] | None = None
    observations: Mapping[int, int] | None = None
    otherwise: float | None = None

    def of(self, axis: str | None) -> Mapping[int, int] | None:
        """The map of an axis, where it has one."""
        return {"actions": self.actions, "observations": self.observations}.get(axis or "")


def told(mapping: Mapping[int, int]) -> str:
    """A map in words: ``0 from 2, 1 from 0``."""
    return ", ".join(f"{target} from {source}" for target, source in mapping.items())
