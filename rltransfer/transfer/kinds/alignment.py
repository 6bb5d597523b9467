"""What methods share that make a trunk's features of source frames and of target frames alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

import pydantic
from pydantic import Field

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.method import Decision, Knowledge, Setting, TransferMethod

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.alignment import FeatureLoss

AnyAlignment = TypeVar("AnyAlignment", bound="Alignment")


class Alignment(TransferMethod):
    """Fine-tuning with a further loss: how far the trunk's features of source and of target frames lie apart.

    Source frames are gathered before the target is learned, by the source agent in its own task; target frames come
    from the learner's own minibatches, and no reward or action of theirs counts. With ``labels: source`` it is the
    other way about, and the target's labels count for nothing at all. The loss's gradient reaches every
    trunk copy that an optimizer moves, and nothing else. It joins after Stable-Baselines3 has clipped its own
    loss's gradient. How far apart the features were in the first and in the last steps is in the report's findings.

    Args:
        strength: factor on the further loss. More makes the features more alike; too much makes them alike by
            forgetting what the target's rewards need. 0 is fine-tuning, bit for bit, and plays no source. Defaults
            are own choices: with them the further loss's gradient is about as long as PPO's own on Rover.
        source_steps: environment steps of the source task that are played for its frames.
        batch: frames of each task that one optimizer step compares. More are a better estimate, and slower: each
            step passes twice as many through the trunk.
        labels: whose labels classifiers learn from. With ``source`` the target is unlabelled: the budget is spent on
            further examples of the source, and all the target's training examples are aligned with them.
    """

    transfers: ClassVar[Knowledge] = "features"
    setting: ClassVar[Setting] = "semi-supervised"
    heterogeneous: ClassVar[bool] = True
    needs_source_env: ClassVar[bool] = True
    acts_in_steps: ClassVar[bool] = True
    decides: ClassVar[frozenset[Decision]] = frozenset({"how features are aligned"})

    strength: float = Field(default=1.0, ge=0)
    source_steps: int = Field(default=2048, ge=2)
    batch: int = Field(default=64, ge=2)
    labels: Literal["target", "source"] = "target"
    _frames: Any = pydantic.PrivateAttr(default=None)

    @property
    def needs_steps(self) -> bool:
        """Where there is a further loss."""
        return self.strength != 0

    def with_frames(self, frames: Any) -> Self:
        """The same method with these source frames, (n, *observation), in place of those it would play for."""
        given = self.model_copy()
        given._frames = frames
        return given

    def check(self, diff: SpaceDiff) -> None:
        """One trunk can read both only where the observations have one shape."""
        from rltransfer.tasks.perceived import perceived

        shapes = [perceived(space).shape for space in diff.observation]
        if shapes[0] != shapes[1]:
            raise NotApplicableError(
                f"the target's trunk cannot read the source's frames: the observations have shapes {shapes[0]} and "
                f"{shapes[1]}"
            )

    def carry(self, transfer: Attachment) -> None:
        """Copy everything that fits."""
        transfer.carry_all()

    def hold(self, transfer: Attachment) -> None:
        """Gather source frames and let the further loss act.

        Raises:
            NotApplicableError: the source has no environment, no stage of the trunk learns, or labels of the source
                are wanted where there are none.
        """
        from rltransfer.agents.anatomy import trunk_of
        from rltransfer.transfer.mechanisms.alignment import align, learns

        unlabelled = None
        if self.labels == "source":
            from rltransfer.transfer.mechanisms.unlabelled import learn_source_labels

            unlabelled = learn_source_labels(transfer, label=self.label)
        if not self.strength:
            return
        if not learns(transfer.model):
            has_weights = any(True for _ in trunk_of(transfer.model).parameters())
            why = "the trunk is frozen whole. Let a stage of it learn" if has_weights else "this trunk has no weights"
            raise NotApplicableError(f"{self.label} moves the trunk's features, and {why}.")
        frames = self._frames if unlabelled is None else unlabelled
        if frames is None:
            frames = transfer.play_source(self.source_steps).observations
        align(transfer, self, frames)

    def feature_loss(self, transfer: Attachment, *, features: int) -> FeatureLoss:
        """The further loss for one trunk copy, which gives ``features`` features."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its loss is")
