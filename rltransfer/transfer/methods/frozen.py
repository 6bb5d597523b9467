"""A frozen perception trunk, or a frozen part of one, with what follows it trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.errors import NotApplicableError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class Frozen(TransferMethod):
    """The source's perception, fixed; the stages after it and the heads learn.

    The frozen part runs once for each environment step and its output is what buffers hold, so updates never touch
    it. Fast, and with little target data often best; where the target must see what the source never needed to see,
    it cannot learn to.

    Args:
        at: the first stage that learns; ``"end"`` freezes the whole trunk and trains the heads alone. An early
            stage freezes little: more data are needed, and more can be learned.
        cache: keep features instead of observations. Without it results are the same and training is slower.
        heads: ``copy`` those that agree, or ``reinit`` them all.

    Source: Donahue et al. 2014, "DeCAF", and Yosinski et al. 2014, section 4 (frozen first n layers).
    """

    registered: ClassVar[str] = "frozen"
    transfers: ClassVar[Knowledge] = "features"
    heterogeneous: ClassVar[bool] = True
    carries_acting_trunk: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"which stages learn"})

    at: str = "end"
    cache: bool = True
    heads: Literal["copy", "reinit"] = "copy"

    @property
    def keeps_features(self) -> bool:
        """Where the cache is wanted."""
        return self.cache

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise UnknownNameError where ``at`` is neither a stage of the trunk nor ``"end"``."""
        known = (*stage_names, "end")
        if self.at not in known:
            raise UnknownNameError("stage", self.at, known, nearest(self.at, known))

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits; the frozen stages must.

        Raises:
            NotApplicableError: they do not, or there is nothing in them to freeze.
        """
        from rltransfer.agents.anatomy import trunk_of
        from rltransfer.transfer.carrying import require_prefix

        frozen = self._frozen(transfer)
        if frozen and not any(stage in frozen for stage, _, _ in trunk_of(transfer.model).named_stage_parameters()):
            raise NotApplicableError(
                f"{self.label} has nothing to freeze: no weights stand in {', '.join(frozen)}. Use finetune."
            )
        transfer.carry_all()
        require_prefix(transfer.ledger, self.at)

    def arrange(self, transfer: Attachment) -> None:
        """Freeze the stages before ``at`` in every trunk copy."""
        from rltransfer.agents.anatomy import trunk_sites

        for site in trunk_sites(transfer.model):
            site.trunk.freeze(self.at)
        frozen = self._frozen(transfer)
        transfer.ledger.mark([name for name in transfer.ledger.standing() if transfer.stage(name) in frozen], "frozen")

    def finish(self, transfer: Attachment) -> None:
        """Let features of the frozen stages take the observations' place in buffers."""
        from rltransfer.agents.feature_cache import cache_features

        if self.cache and self._frozen(transfer):
            cache_features(transfer.model, self.at)

    def _frozen(self, transfer: Attachment) -> tuple[str, ...]:
        from rltransfer.agents.anatomy import trunk_of

        trunk = trunk_of(transfer.model)
        return trunk.stage_names[: trunk.index(self.at)]
