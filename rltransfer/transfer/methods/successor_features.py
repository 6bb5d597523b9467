"""Earlier policies judged under the target's reward, by their successor features, and improved upon."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.given_agents import AgentFolders, check_folders
from rltransfer.transfer.kinds.policies import ON_POLICY, REPLAYING
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment


class SuccessorFeatures(TransferMethod):
    """In each state the action that any policy, the source's or the target's own, makes the most of under new rewards.

    For a target with the source's dynamics and another reward. The source's trunk and features of transitions stay, and
    so do the successor features of its policy. The weights of the target's reward are found by regression on what the
    target learns from, and its own successor features, which begin as the source's, go on being learned. If the source
    was made by this method itself, the policies that it chose among come along: so several sources are gathered, one
    after another, on the features of the first.

    A reward that the features do not span cannot be told: the finding ``reward_explained`` is the share of its variance
    that they explain. The own policy stands on the fixed trunk: give the agents a ``net_arch``, or it is linear in the
    trunk's features. Other dynamics make the source's successor features wrong, and nothing mends them.

    Args:
        beside: folders of saved agents whose policies are chosen among, too. They must stand on the source's trunk and
            features of transitions, as agents do that were made by this method from one first source.
        ridge: how strongly the weights are drawn towards the source's, over 0, in squared errors of transitions. More
            holds to the source's reward for longer.
        cache: keep features instead of observations. Without it results are the same and training is slower.

    Source: Barreto et al. 2017, "Successor Features for Transfer in Reinforcement Learning", eqs. 2-3 and Theorem 1,
    and Barreto et al. 2018, "Transfer in Deep Reinforcement Learning Using Successor Features and Generalised Policy
    Improvement". The ridge is own choice: in a room of 25 cells with 64 learned features, 400 steps after the goal had
    changed, 0.01 left at most 2 in a hundred of the reward's variance unexplained, and 1 left 20 to 35.
    """

    registered: ClassVar[str] = "successor_features"
    transfers: ClassVar[Knowledge] = "relations"
    heterogeneous: ClassVar[bool] = False
    algorithms: ClassVar[tuple[str, ...]] = ("successor_dqn",)
    unserved: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (*ON_POLICY, *REPLAYING, "classifier"), "it learns no successor features, which successor_dqn does"
    )
    decides: ClassVar[frozenset[Decision]] = frozenset({"which stages learn", "how the agent acts"})

    beside: AgentFolders = ()
    ridge: float = Field(default=0.01, gt=0)
    cache: bool = True

    @property
    def keeps_features(self) -> bool:
        """Where the cache is wanted."""
        return self.cache

    def check(self, diff: SpaceDiff) -> None:
        """The source's policies must read the target's observations and act by its actions."""
        from rltransfer.transfer.kinds.policies import require_same_spaces

        require_same_spaces(diff)

    def check_files(self) -> None:
        """Raise ConfigError where a folder of ``beside`` holds no agent."""
        check_folders(f"{self.label}.beside", self.beside)

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` would start heads afresh."""
        if getattr(other, "heads", None) == "reinit":
            raise ConfigError(f"{other.label} starts heads afresh, and successor_features judges by the source's")

    def carry(self, transfer: Attachment) -> None:
        """Copy everything, all of which must fit.

        Raises:
            NotApplicableError: the source has no successor features, or they are built otherwise.
        """
        from rltransfer.transfer.carrying import require_prefix
        from rltransfer.transfer.mechanisms.earlier_policies import require_successors

        require_successors(transfer.model, transfer.source)
        transfer.carry_all()
        require_prefix(transfer.ledger, "end")

    def arrange(self, transfer: Attachment) -> None:
        """Set the sources' policies beside the target's own, and fix what they stand on.

        Raises:
            NotApplicableError: an agent of ``beside`` has other features of transitions than the source.
        """
        from rltransfer.transfer.given_agents import load_given
        from rltransfer.transfer.mechanisms.earlier_policies import gathered, keep_policies

        policies = gathered({"source": transfer.source, **load_given(self.beside, transfer.findings)})
        transfer.findings[self.registered] = keep_policies(transfer.ledger, policies, self.ridge)

    def finish(self, transfer: Attachment) -> None:
        """Let features take the observations' place in the buffer."""
        from rltransfer.agents.feature_cache import cache_features

        if self.cache:
            cache_features(transfer.model, "end")
