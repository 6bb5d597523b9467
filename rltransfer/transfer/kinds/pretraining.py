"""What methods have in common that learn the trunk from reward-free frames before the target is learned."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.transfer.method import Decision, Knowledge, Setting, TransferMethod

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.reward_free import Frames, Objective
    from rltransfer.trunks.trunk import Trunk


class Pretraining(TransferMethod):
    """A trunk that learned from frames without rewards begins to learn the target.

    Frames of the target are those of the fresh learner as it explores (at random, where it learns from replayed
    experience), and part of its budget; frames of the source are those of the source agent, at its cost. What the trunk
    learns goes into every copy of it. Heads stay as they are. Stages that are frozen stay frozen.

    Args:
        frames: environment steps to play; 0 is no pretraining, bit for bit.
        on: where they are played; of ``both``, half on each. On ``target``, no source is needed.
        updates: optimizer steps; 0 is no pretraining.
        batch_size: frames of each step.
        learning_rate: of Adam.
    """

    transfers: ClassVar[Knowledge] = "features"
    setting: ClassVar[Setting] = "unsupervised"
    heterogeneous: ClassVar[bool] = True
    needs_source: ClassVar[bool] = False
    carries_weights: ClassVar[bool] = False
    decides: ClassVar[frozenset[Decision]] = frozenset({"what is taught beforehand"})

    frames: int = Field(default=10_000, ge=0)
    on: Literal["target", "source", "both"] = "target"
    updates: int = Field(default=2_000, ge=0)
    batch_size: int = Field(default=128, ge=2)
    learning_rate: float = Field(default=1e-3, gt=0)

    @property
    def takes_source(self) -> bool:
        """Whether frames are the source's."""
        return self.on != "target"

    @property
    def plays_source(self) -> bool:
        """Whether frames are the source's."""
        return self.on != "target"

    @property
    def plays_target_for(self) -> int:
        """The frames that are the target's."""
        if not self.updates or self.on == "source":
            return 0
        return -(-self.frames // 2) if self.on == "both" else self.frames

    def check(self, diff: SpaceDiff) -> None:
        """The source's frames must be such as the target's trunk reads."""
        from rltransfer.tasks.perceived import perceived

        theirs, ours = (perceived(space) for space in diff.observation)
        if self.on != "target" and (theirs.shape, theirs.dtype) != (ours.shape, ours.dtype):
            raise NotApplicableError(f"a trunk that reads {ours} cannot learn from the source's frames of {theirs}")

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` needs the weights that pretraining would move away from."""
        if other.teaches_source:
            raise ConfigError(f"{other.label} learns on the source's trunk, which {self.label} would change beforehand")
        if "how weights are held to the source's" in other.decides:
            raise ConfigError(f"{other.label} holds weights to the source's, and {self.label} moves them away first")

    def hold(self, transfer: Attachment) -> None:
        """Play, and learn the trunk from what was seen.

        Raises:
            NotApplicableError: every stage of the trunk is frozen.
        """
        if not self.frames or not self.updates:
            return
        from rltransfer.agents.draws import drawing_apart
        from rltransfer.transfer.mechanisms.reward_free import gathered, pretrain

        frames = gathered(transfer, self.frames, self.on)
        with drawing_apart(transfer.model, f"{self.registered} pretraining"):
            found = pretrain(
                transfer,
                lambda trunk: self.objective(trunk, frames),
                frames,
                updates=self.updates,
                batch_size=self.batch_size,
                learning_rate=self.learning_rate,
                by=self.label,
            )
        transfer.findings[self.registered] = found

    @abstractmethod
    def objective(self, trunk: Trunk, frames: tuple[Frames, ...]) -> Objective:
        """What the trunk is to get better at; ``frames`` are one part for each task that was played."""
