"""A frozen perception trunk, or a frozen part of one, with what follows it trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.errors import UnknownNameError
from rltransfer.registry import nearest
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.report import TransferReport


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

    at: str = "end"
    cache: bool = True
    heads: Literal["copy", "reinit"] = "copy"

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise UnknownNameError where ``at`` is neither a stage of the trunk nor ``"end"``."""
        known = (*stage_names, "end")
        if self.at not in known:
            raise UnknownNameError("stage", self.at, known, nearest(self.at, known))

    def attach(self, model: BaseAlgorithm, source: BaseAlgorithm, *, diff: SpaceDiff | None = None) -> TransferReport:
        """Copy weights, freeze the stages before ``at`` and cache them; see ``TransferMethod.attach``."""
        from rltransfer.agents.anatomy import stage_of, trunk_of, trunk_sites
        from rltransfer.agents.feature_cache import cache_features
        from rltransfer.agents.optimizing import regroup
        from rltransfer.transfer.carrying import carry_all, compared, open_ledger, require_prefix

        ledger = open_ledger(self.label, model, source)
        trunk = trunk_of(model)
        self.check_stages(trunk.stage_names)
        carry_all(ledger, compared(model, source, diff), self.heads, acting=True)
        require_prefix(ledger, self.at)
        for site in trunk_sites(model):
            site.trunk.freeze(self.at)
        regroup(model)
        frozen = trunk.stage_names[: trunk.index(self.at)]
        ledger.mark([name for name in ledger.carried() if stage_of(name, model) in frozen], "frozen")
        report = ledger.close()
        if self.cache and frozen:
            cache_features(model, self.at)
        return report
