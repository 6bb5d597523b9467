"""Frames changed at random before the learner learns from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment


class Augmentation(TransferMethod):
    """The learner learns from frames shifted, or recoloured by a random convolution, and acts on frames as they are.

    What it learns cannot hang on where exactly things stand, or on their colours and textures, and so lasts longer
    where those change. Nothing is carried over: alone it is ``scratch`` with augmentation, which shows how much of
    ``[finetune, augmentation]`` is not transfer. Observations and next observations are changed, each draw anew in
    every minibatch; further losses of other methods see the frames as they are. Where position or colour is what
    counts, it hurts; and the ratios of probabilities that PPO and TRPO take are of frames that were not acted on.

    Args:
        shift: pixels by which a frame moves at most, up or down and left or right, its border repeated. Frames
            stacked in one observation move together. 0 shifts nothing.
        convolution: chance of a minibatch to pass through a convolution of 3x3 with random weights, which keeps
            shapes and changes colours and textures. Colours of three channels are mixed; other channels, as stacked
            grey frames, pass one by one. The paper has 0.9. With 0, and shift 0, nothing is changed, bit for bit.

    Source: Kostrikov et al. 2021, "Image Augmentation Is All You Need" (DrQ): shifts by 4 for 84 x 84, without its
    averages over several draws; Lee et al. 2020, "Network Randomization: A Simple Technique for Generalization in
    Deep Reinforcement Learning", for the random layer, without its feature-matching loss.
    """

    registered: ClassVar[str] = "augmentation"
    transfers: ClassVar[Knowledge] = "none"
    heterogeneous: ClassVar[bool] = True
    needs_source: ClassVar[bool] = False
    carries_weights: ClassVar[bool] = False
    reads_observations: ClassVar[bool] = True

    shift: int = Field(default=4, ge=0, le=64)
    convolution: float = Field(default=0.0, ge=0, le=1)

    def check(self, diff: SpaceDiff) -> None:
        """Raise NotApplicableError where the target's observations are no pictures."""
        from rltransfer.transfer.mechanisms.augmentation import require_pictures

        require_pictures(diff.observation[1])

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where ``other`` compares the rows of the replay buffer with frames that are not changed."""
        if "what the replay buffer holds" in other.decides:
            raise ConfigError(f"{other.label} puts rows into the replay buffer that augmentation would not change")

    def finish(self, transfer: Attachment) -> None:
        """Let the buffer change what it gives; last, so that what others keep of minibatches is unchanged."""
        from rltransfer.transfer.mechanisms.augmentation import augment

        if self.shift or self.convolution:
            augment(transfer.model, shift=self.shift, convolution=self.convolution)
