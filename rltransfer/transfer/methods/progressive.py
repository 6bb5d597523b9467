"""Progressive columns: a fresh trunk learns beside the source's and reads what its layers give."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.given_agents import AgentFolders, check_folders
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class Progressive(TransferMethod):
    """The source's trunk, fixed, feeds each layer of a fresh one, which learns with heads of its own.

    Nothing of the source is forgotten, and nothing that it knows has to be used: the fresh column can learn what the
    source lacks. At the price of both trunks in every pass, and of lateral layers about as large as the trunk. The
    heads read the fresh column alone.

    Args:
        beside: folders of saved agents whose trunks are columns, too, beside the experiment's source.
        strength: what each lateral connection is multiplied by at first; the factor is learned. 0 makes no lateral
            connections, which is learning from scratch, bit for bit.

    Source: Rusu et al. 2016, "Progressive Neural Networks", equation 2; there the output layer has lateral connections
    too, and the factors begin with small random values. Their value here is an own choice.
    """

    registered: ClassVar[str] = "progressive"
    transfers: ClassVar[Knowledge] = "features"
    heterogeneous: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"which stages learn", "how the trunk is built"})

    beside: AgentFolders = ()
    strength: float = Field(default=0.1, ge=0, le=1000)

    def check_files(self) -> None:
        """Raise ConfigError where a folder of ``beside`` holds no agent."""
        check_folders(f"{self.label}.beside", self.beside)

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` would carry weights into the column that is to be fresh."""
        if other.carries_weights:
            raise ConfigError(
                f"{other.label} carries weights into the target's own trunk, which is fresh in {self.label}. Take one "
                "of them."
            )

    def arrange(self, transfer: Attachment) -> None:
        """Put the sources' columns beside every trunk copy. Raises NotApplicableError where one does not fit."""
        from rltransfer.transfer.given_agents import load_given
        from rltransfer.transfer.mechanisms.columns import put_in_columns

        put_in_columns(transfer, load_given(self.beside, transfer.findings), strength=self.strength)

    def hold(self, transfer: Attachment) -> None:
        """Report the factors of the lateral connections, now and after each update."""
        from rltransfer.transfer.mechanisms.columns import report_laterals

        report_laterals(transfer)
