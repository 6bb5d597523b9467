"""What every transfer method is: settings, a place in the taxonomy, and a way to attach to a learner."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rltransfer.settings import Options

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.report import TransferReport

Knowledge = Literal["instances", "features", "parameters", "relations", "none"]
Setting = Literal["supervised", "semi-supervised", "unsupervised"]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]


class TransferMethod(Options, abc.ABC):
    """How source knowledge reaches the target learner.

    Methods are frozen settings: the same object serves YAML, Python and any number of trials.

    Args:
        name: label in tables, paths and TensorBoard; the method's own name where left out. Needed where an
            experiment has one method twice with different settings.
    """

    registered: ClassVar[str]
    """The name in YAML."""
    transfers: ClassVar[Knowledge]
    """What is transferred."""
    setting: ClassVar[Setting] = "supervised"
    """What the target must offer: reward or labels, some of them, or frames only."""
    heterogeneous: ClassVar[bool]
    """Whether source and target spaces may differ."""
    trains: ClassVar[bool] = True
    """Whether the target learner trains at all; direct application does not."""
    needs_source: ClassVar[bool] = True
    """Whether there must be a source agent at all; the control needs none."""
    needs_source_env: ClassVar[bool] = False
    """Whether the source task goes on being played while the target is learned."""

    name: Label | None = None

    @property
    def label(self) -> str:
        """What the method is called in this experiment."""
        return self.name or self.registered

    def check(self, diff: SpaceDiff) -> None:
        """Raise NotApplicableError, with the reason, where the method cannot serve this pair of tasks."""

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise ConfigError where a setting names a stage that the trunk does not have."""

    @abc.abstractmethod
    def attach(self, model: BaseAlgorithm, source: BaseAlgorithm, *, diff: SpaceDiff | None = None) -> TransferReport:
        """Carry what ``source`` knows into ``model``, in place; ``model.learn`` then does the rest.

        Args:
            model: a Stable-Baselines3 model that has not learned yet.
            source: the trained source agent. Its weights are left as they are, except by hard sharing.
            diff: what differs between their tasks; found from their tasks, or else their spaces, where left out.

        Returns:
            The fate of every parameter of both.

        Raises:
            NotApplicableError: the method cannot serve this pair.
            NothingTransferredError: not one parameter found its way.
        """
