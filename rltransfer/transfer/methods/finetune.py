"""Fine-tuning: start from the source's weights and go on learning, more slowly where the source knew best."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from rltransfer.transfer.method import Knowledge, TransferMethod
from rltransfer.transfer.stages import StageValue, check_stage_names, for_stages, is_everywhere

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


class Finetune(TransferMethod):
    """Trunk copied, heads copied where the spaces agree, everything trained.

    Args:
        learning_rate_scale: factor on the learning rate: one number for the trunk, or numbers by stage name and
            ``heads`` (1 where not named). ``"lecture"`` is the usual advice for convolutional networks: a tenth for
            the last stage, a hundredth for those before it, the full rate for the heads. Less keeps more of the
            source; 0 holds a stage still.
        heads: ``copy`` those that agree, or ``reinit`` them all.

    Source: Yosinski et al. 2014, "How transferable are features in deep neural networks?"; the tenth and the
    hundredth are the advice of Stanford's course CS231n on transfer learning.
    """

    registered: ClassVar[str] = "finetune"
    transfers: ClassVar[Knowledge] = "parameters"
    heterogeneous: ClassVar[bool] = True

    learning_rate_scale: Literal["lecture"] | StageValue = 1.0
    heads: Literal["copy", "reinit"] = "copy"

    @property
    def needs_steps(self) -> bool:
        """Where stages learn at rates of their own."""
        return self.learning_rate_scale == "lecture" or not is_everywhere(self.learning_rate_scale, 1)

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise where ``learning_rate_scale`` names a stage that the trunk does not have."""
        if self.learning_rate_scale != "lecture":
            check_stage_names("learning_rate_scale", self.learning_rate_scale, stage_names)

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits."""
        transfer.carry_all()

    def rates(self, stage_names: tuple[str, ...]) -> dict[str, float]:
        """The factor for each stage and for ``heads``."""
        if self.learning_rate_scale == "lecture":
            slow = dict.fromkeys(stage_names[:-1], 0.01)
            return for_stages({**slow, stage_names[-1]: 0.1}, stage_names, rest=1.0, heads=1.0)
        return for_stages(self.learning_rate_scale, stage_names, rest=1.0, heads=1.0)
