"""Soft weight sharing: separate weights, held near the source's by a penalty on the distance."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar

from rltransfer.errors import ConfigError
from rltransfer.transfer.method import Knowledge, TransferMethod
from rltransfer.transfer.stages import check_stage_values, for_stages

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from torch import Tensor

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.report import TransferReport


class SoftSharing(TransferMethod):
    """Fine-tuning with the penalty strength / 2 * ||w - w_source||^2 on every weight carried over (L2-SP).

    The penalty's gradient joins the loss's just before the optimizer's step. That is after Stable-Baselines3 has
    clipped the loss's gradient, so the penalty itself is not clipped; and Adam rescales the sum, so a strength is
    to be read relative to the loss's gradient and not as a decay rate.

    Args:
        strength: one number for the trunk, or numbers by stage name and ``heads`` (0 where not named). More stays
            nearer the source: 0 is fine-tuning, bit for bit; a very large one freezes.

    Source: Li, Grandvalet and Davoine 2018, "Explicit Inductive Bias for Transfer Learning with Convolutional
    Networks", eq. 2, without their separate weight decay on new layers.
    """

    registered: ClassVar[str] = "soft_sharing"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True

    strength: float | dict[str, float] = 1e-3

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise where ``strength`` names a stage that the trunk does not have, or is negative."""
        if isinstance(self.strength, dict):
            check_stage_values("strength", self.strength, stage_names)
        elif self.strength < 0:
            raise ConfigError(f"strength is {self.strength}; it is 0 or more")

    def attach(self, model: BaseAlgorithm, source: BaseAlgorithm, *, diff: SpaceDiff | None = None) -> TransferReport:
        """Copy weights and hold them by the penalty; see ``TransferMethod.attach``."""
        from rltransfer.agents.anatomy import learned_parts, named_parts, stage_of, trunk_of
        from rltransfer.agents.optimizing import pull, regroup
        from rltransfer.transfer.carrying import carry_all, compared, open_ledger

        ledger = open_ledger(self.label, model, source)
        names = trunk_of(model).stage_names
        self.check_stages(names)
        carry_all(ledger, compared(model, source, diff))
        strengths = for_stages(self.strength, names, rest=0.0, heads=0.0)
        parts = named_parts(model)
        anchors: dict[float, list[tuple[Tensor, Tensor]]] = defaultdict(list)
        moved = learned_parts(model)  # a target network follows; no penalty acts on it
        for name in ledger.carried():
            if name not in moved:
                continue
            strength = strengths[stage_of(name, model)]
            if strength:
                anchors[strength].append((parts[name], parts[name].detach().clone()))
                ledger.mark([name], "penalised", f"strength {strength:g}")
        regroup(model)
        pull(model, anchors)
        return ledger.close()
