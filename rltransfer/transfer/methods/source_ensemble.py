"""Several source agents at once: their frozen trunks side by side, mixed by weights that the target learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.given_agents import AgentFolders, check_folders
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class SourceEnsemble(TransferMethod):
    """Features of several sources, none of which changes, added up with weights that are learned with the heads.

    The weights are one softmax for the whole task; they are in the report and in TensorBoard while the target
    learns, and the weight of a source that is of no use falls. Where only one source is given and nothing fresh stands
    beside it, this is ``frozen``.

    Args:
        beside: folders of saved agents that are sources, too, beside the experiment's. Their trunks may be of any
            architecture that reads the target's observations and gives as many features.
        fresh: whether a fresh trunk, which learns, is a member, too: for what no source has seen. It is the target's
            own, and features are then not cached, so that learning is slower.
        temperature: of the softmax. Less lets the weights part sooner, and then perhaps before the heads know what
            is of use, so that the wrong source wins.
        heads: ``reinit`` starts all heads afresh, since a source's read its own features alone; ``copy`` takes the
            experiment's source's where they agree.
        cache: keep the members' features instead of observations; see ``frozen``.

    Source: Rajendran et al. 2017, "Attend, Adapt and Transfer", equations 1 and 2; there whole solutions are mixed
    and the weights depend on the state, here features and constant weights. The temperature is an own choice: of
    eight regressions on one source's features beside another's, the right one won in all at 3, and in six at 0.1.
    """

    registered: ClassVar[str] = "source_ensemble"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True
    carries_acting_trunk: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"which stages learn", "how the trunk is built"})

    beside: AgentFolders = ()
    fresh: bool = False
    temperature: float = Field(default=3.0, gt=0, le=1000)
    heads: Literal["copy", "reinit"] = "reinit"
    cache: bool = True

    @property
    def keeps_features(self) -> bool:
        """Where every member is frozen and the cache is wanted."""
        return self.cache and not self.fresh

    def check_files(self) -> None:
        """Raise ConfigError where a folder of ``beside`` holds no agent."""
        check_folders(f"{self.label}.beside", self.beside)

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` carries weights into the trunk that the ensemble takes the place of."""
        if other.carries_weights:
            raise ConfigError(
                f"{other.label} carries weights into a trunk of the target's own, and {self.label} puts those of its "
                "sources in its place. Take one of them."
            )

    def carry(self, transfer: Attachment) -> None:
        """Copy heads, where they are wanted; trunks are put in whole by ``arrange``."""
        from rltransfer.transfer.carrying import carry_heads

        if transfer.heads == "copy":
            carry_heads(transfer.ledger, transfer.diff, acting=True)

    def arrange(self, transfer: Attachment) -> None:
        """Put the ensemble into the place of every trunk copy. Raises NotApplicableError where a trunk does not fit."""
        from rltransfer.transfer.given_agents import load_given
        from rltransfer.transfer.mechanisms.columns import put_in_ensemble

        put_in_ensemble(
            transfer, load_given(self.beside, transfer.findings), fresh=self.fresh, temperature=self.temperature
        )

    def hold(self, transfer: Attachment) -> None:
        """Report the weights, now and after each update."""
        from rltransfer.transfer.mechanisms.columns import report_mixture

        report_mixture(transfer, ("source", *self.beside, *(("fresh",) if self.fresh else ())))

    def finish(self, transfer: Attachment) -> None:
        """Let the members' features take the observations' place in buffers."""
        from rltransfer.agents.feature_cache import cache_features

        if self.keeps_features:
            cache_features(transfer.model, "mixture")
