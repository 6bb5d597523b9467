"""Hard weight sharing: source, target and further tasks learned together on one and the same trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer.given_agents import AgentFolders, check_folders, count_steps, load_to_learn
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment


class HardSharing(TransferMethod):
    """One trunk, the same tensors, with a head for each task; all tasks go on being learned in turn.

    After each of the target's updates the source agent plays and learns for as many environment steps of its own,
    so a step of either moves the trunk of both. The source is kept, at twice the cost; where the two pull in
    different directions, both suffer: the cosine between the tasks' gradients on the trunk is in the report and in
    TensorBoard. The source agent is changed: give a copy where it is needed as it was.

    Args:
        beside: folders of saved agents whose tasks are learned along too, each for as many steps again. They keep
            their heads, and take the shared trunk in place of their own; their files stay as they are.
        gradients: ``sum`` lets every task pull the trunk as it will; ``pcgrad`` takes from each task's gradient what
            points against another's latest. Fewer conflicts, and slower learning where they were none of harm.
        start: whether the shared trunk begins with the source's weights or with fresh ones. With ``scratch`` the
            target is new in all, and the source's own heads have to learn the fresh trunk.
        heads: ``copy`` the target's heads from the source's where the spaces agree, or start them afresh, as with
            ``start: scratch`` anyway: the source's were learned on another trunk.

    Source: Caruana 1997, "Multitask Learning", section 2; Yu et al. 2020, "Gradient Surgery for Multi-Task Learning",
    Algorithm 1, in turn instead of at once (see ``rltransfer.agents.conflicts``).
    """

    registered: ClassVar[str] = "hard_sharing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    needs_source_env: ClassVar[bool] = True
    teaches_source: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset(
        {"which stages learn", "how weights are held to the source's", "how the trunk is built"}
    )

    beside: AgentFolders = ()
    gradients: Literal["sum", "pcgrad"] = "sum"
    start: Literal["source", "scratch"] = "source"
    heads: Literal["copy", "reinit"] = "copy"

    @property
    def needs_steps(self) -> bool:
        """Where gradients are changed before they move anything."""
        return self.gradients == "pcgrad"

    def check_files(self) -> None:
        """Raise ConfigError where a folder of ``beside`` holds no agent."""
        check_folders(f"{self.label}.beside", self.beside)

    def check(self, diff: SpaceDiff) -> None:
        """One trunk can read both only where the observations have one shape."""
        from rltransfer.tasks.perceived import perceived

        shapes = [perceived(space).shape for space in diff.observation]
        if shapes[0] != shapes[1]:
            raise NotApplicableError(f"one trunk cannot read observations of shapes {shapes[0]} and {shapes[1]}")

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where both would say what the shared trunk begins with."""
        if self.start == "scratch" and other.carries_weights:
            raise ConfigError(f"{other.label} begins with the source's weights, and hard_sharing with fresh ones")

    def carry(self, transfer: Attachment) -> None:
        """Copy the source's weights, or give the source the target's fresh trunk.

        Raises:
            NotApplicableError: the source agent has no environment.
        """
        from rltransfer.agents.joint import require_environment
        from rltransfer.transfer.carrying import carry_all, open_ledger

        require_environment(transfer.source)
        transfer.given.update(load_to_learn(self.beside, transfer.model, transfer.findings))
        if self.start == "scratch":
            carry_all(open_ledger(self.label, transfer.source, transfer.model), transfer.diff, "reinit")
            transfer.heads = "reinit"
        transfer.carry_all()

    def arrange(self, transfer: Attachment) -> None:
        """Put the source's trunk into target and further agents. Raises NotApplicableError where the trunks differ."""
        from rltransfer.transfer.carrying import open_ledger, tie_trunk

        tie_trunk(transfer.ledger)
        for agent in transfer.given.values():
            tie_trunk(open_ledger(self.label, agent, transfer.source))

    def hold(self, transfer: Attachment) -> None:
        """Let all learn in turn, and compare their gradients."""
        from rltransfer.agents.conflicts import share_gradients
        from rltransfer.agents.joint import learn_jointly

        partners = {"source": transfer.source, **transfer.given}
        for partner in partners.values():
            learn_jointly(transfer.model, partner)
        share_gradients({"target": transfer.model, **partners}, transfer.findings, surgery=self.gradients == "pcgrad")
        if transfer.given:
            count_steps(transfer.model, transfer.given, transfer.findings)
