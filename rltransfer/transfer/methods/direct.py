"""Direct application: the source policy on the target task, without training."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pydantic
from pydantic import Field

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.inter_task import InterTaskMaps
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment

NEVER = -1e9
"""The preference of an action that the mapping does not reach: it is never the best one."""


class Direct(TransferMethod):
    """The source policy as it is: the first figure of the triad direct, transferred, trained on the target.

    Args:
        action_mapping: for discrete actions that differ: the target action that stands for each source action, in
            the source's order. Target actions not named are never taken.
    """

    registered: ClassVar[str] = "direct"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = False
    trains: ClassVar[bool] = False
    decides: ClassVar[frozenset[Decision]] = frozenset({"everything"})

    action_mapping: tuple[int, ...] | None = Field(default=None, min_length=1)

    @pydantic.field_validator("action_mapping")
    @classmethod
    def _one_to_one(cls, value: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if value is not None and (len(set(value)) < len(value) or min(value) < 0):
            raise ValueError("each source action needs a target action of its own, 0 or more")
        return value

    def check(self, diff: SpaceDiff) -> None:
        """Equal observations, and equal actions or a mapping that fits them."""
        from gymnasium.spaces import Discrete

        if not diff.observation_equal:
            raise NotApplicableError("the source policy cannot read the target's observations")
        if self.action_mapping is None:
            if not diff.action_equal:
                raise NotApplicableError("the action spaces differ and no action_mapping is given")
            return
        source, target = diff.action
        if not isinstance(source, Discrete) or not isinstance(target, Discrete):
            raise NotApplicableError("action_mapping is for discrete actions on both sides")
        if len(self.action_mapping) != source.n or max(self.action_mapping) >= target.n:
            raise NotApplicableError(
                f"action_mapping has {len(self.action_mapping)} entries up to {max(self.action_mapping)}; "
                f"the source has {source.n} actions, the target {target.n}"
            )

    def maps(self, diff: SpaceDiff) -> InterTaskMaps | None:
        """The mapping the other way about, with target actions that stand for none never taken."""
        if self.action_mapping is None:
            return None
        return InterTaskMaps(actions={t: s for s, t in enumerate(self.action_mapping)}, otherwise=NEVER)

    def carry(self, transfer: Attachment) -> None:
        """Copy the whole policy.

        Raises:
            NotApplicableError: a part of it does not fit, or has no preferences that could be put last.
        """
        from rltransfer.registry import ALGORITHMS
        from rltransfer.transfer.carrying import require_policy

        if self.action_mapping is not None and ALGORITHMS.get("successor_dqn").is_of(transfer.model):
            raise NotApplicableError(
                "successor features are worth what the reward's weights make of them, so no value of theirs keeps an "
                "action from being taken. Take mapped."
            )
        transfer.carry_all()
        require_policy(transfer.ledger)
