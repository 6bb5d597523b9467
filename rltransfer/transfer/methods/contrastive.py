"""Contrastive pretraining: the trunk learns from frames alone to tell images apart, however they are shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.kinds.pretraining import Pretraining

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.mechanisms.reward_free import Frames, Objective
    from rltransfer.trunks.trunk import Trunk


class Contrastive(Pretraining):
    """The trunk is pretrained to tell a shifted image from all others by another shift of it (CURL), without rewards.

    Helps where rewards are rare and frames are cheap. It keeps what makes images different, be it of use or not.
    Here it comes before learning and not beside it, as CURL's own.

    Args:
        frames: environment steps to play; 0 is no pretraining, bit for bit.
        on: where they are played; of ``both``, half on each. On ``target`` no source is needed, and the steps are part
            of its budget.
        updates: optimizer steps; 0 is no pretraining.
        batch_size: images of each step; each has all others for negatives.
        learning_rate: of Adam.
        shift: images are moved by up to so many pixels each way. More asks for more invariance; what is smaller than
            the shift, and told by its place, is lost.
        projection: size of the vectors that are compared.
        follow_rate: by how much the keys' trunk moves towards the queries' after each step.

    Source: Laskin, Srinivas and Abbeel 2020, "CURL: Contrastive Unsupervised Representations for Reinforcement
    Learning": bilinear similarity, projection to 50 numbers with layer normalisation, follow rate 0.05, Adam at 1e-3.
    Images are padded by 4 pixels as in DrQ (Kostrikov et al. 2020) instead of rendered larger. Frames, updates and
    batch size: own choice, for a minute's work on a processor.
    """

    registered: ClassVar[str] = "contrastive"

    shift: int = Field(default=4, ge=0)
    projection: int = Field(default=50, ge=1)
    follow_rate: float = Field(default=0.05, gt=0, le=1)

    def check(self, diff: SpaceDiff) -> None:
        """Only images can be shifted."""
        from rltransfer.tasks.perceived import perceived

        super().check(diff)
        shape = perceived(diff.observation[1]).shape
        if len(shape) != 3:
            raise NotApplicableError(f"contrastive shifts images, and the target's observations have shape {shape}")

    def objective(self, trunk: Trunk, frames: tuple[Frames, ...]) -> Objective:
        """Telling images apart."""
        from rltransfer.transfer.mechanisms.contrastive import InstanceDiscrimination

        return InstanceDiscrimination(trunk, shift=self.shift, size=self.projection, follow_rate=self.follow_rate)
