"""Hard weight sharing: source and target learned together on one and the same trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.report import TransferReport


class HardSharing(TransferMethod):
    """One trunk, the same tensors, with a head for each task; both tasks go on being learned in turn.

    After each of the target's updates the source agent plays and learns for as many environment steps of its own,
    so a step of either moves the trunk of both. The source is kept, at twice the cost; where the two pull in
    different directions, both suffer. The source agent is changed: give a copy where it is needed as it was.

    Args:
        start: whether the shared trunk begins with the source's weights or with fresh ones (``scratch``: joint
            learning of two new tasks).
        heads: ``copy`` the target's heads from the source's where the spaces agree, or start them afresh.

    Source: Caruana 1997, "Multitask Learning", section 2.
    """

    registered: ClassVar[str] = "hard_sharing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    needs_source_env: ClassVar[bool] = True

    start: Literal["source", "scratch"] = "source"
    heads: Literal["copy", "reinit"] = "copy"

    def check(self, diff: SpaceDiff) -> None:
        """One trunk can read both only where the observations have one shape."""
        from rltransfer.tasks.perceived import perceived

        shapes = [perceived(space).shape for space in diff.observation]
        if shapes[0] != shapes[1]:
            raise NotApplicableError(f"one trunk cannot read observations of shapes {shapes[0]} and {shapes[1]}")

    def attach(self, model: BaseAlgorithm, source: BaseAlgorithm, *, diff: SpaceDiff | None = None) -> TransferReport:
        """Put the source's trunk into ``model`` and let both learn; see ``TransferMethod.attach``.

        Raises:
            NotApplicableError: the source agent has no environment, or the trunks differ.
        """
        from rltransfer.agents.joint import learn_jointly
        from rltransfer.agents.optimizing import regroup
        from rltransfer.transfer.carrying import carry_all, carry_heads, compared, open_ledger, tie_trunk

        if source.get_env() is None:
            raise NotApplicableError(
                "the source is learned too, so it needs its environment: rltransfer.load_agent(folder, env=...)"
            )
        ledger = open_ledger(self.label, model, source)
        diff = compared(model, source, diff)
        self.check(diff)
        if self.start == "scratch":
            carry_all(open_ledger(self.label, source, model), diff, "reinit")
        tie_trunk(ledger)
        if self.heads == "copy":
            carry_heads(ledger, diff)
        regroup(model)
        learn_jointly(model, source)
        return ledger.close()
