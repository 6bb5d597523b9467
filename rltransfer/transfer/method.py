"""What every transfer method is: settings, a place in the taxonomy, and a way to attach to a learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import NotApplicableError
from rltransfer.settings import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.agents.algorithms import Algorithm
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.inter_task import InterTaskMaps
    from rltransfer.transfer.report import TransferReport

Knowledge = Literal["instances", "features", "parameters", "policies", "relations", "several", "none"]
Setting = Literal["supervised", "semi-supervised", "unsupervised"]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=64)]
Decision = Literal[
    "everything",
    "which stages learn",
    "how weights are held to the source's",
    "how features are aligned",
    "how the trunk is built",
    "how the agent acts",
    "what the replay buffer holds",
    "what is taught beforehand",
]
"""What two methods of one composition cannot both decide."""


class TransferMethod(Options):
    """How source knowledge reaches the target learner.

    Methods are frozen settings: the same object serves YAML, Python and any number of trials.

    What a method does is spread over phases, so that several compose: each phase of all of them comes before the next
    phase of any. A method fills in those that it needs.

    1. ``carry``: which weights the target begins with.
    2. ``arrange``: how its networks are built, tied and frozen.
    3. ``rates``: how fast each stage learns; optimizers are rebuilt with the product over all methods.
    4. ``hold``: what acts while it learns: penalties, further losses, other actions or transitions.
    5. ``finish``: what can only be done when all else stands, as caching.

    Args:
        name: label in tables, paths and TensorBoard; the method's own name where left out. Needed where an
            experiment has one method twice with different settings.
    """

    registered: ClassVar[str]
    """The name in YAML."""
    transfers: ClassVar[Knowledge]
    """What is transferred."""
    setting: ClassVar[Setting] = "supervised"
    """What of the target guides the transfer: rewards, frames beside rewards in one loss, or frames alone."""
    heterogeneous: ClassVar[bool]
    """Whether source and target spaces may differ."""
    trains: ClassVar[bool] = True
    """Whether the target learner trains at all; direct application does not."""
    needs_source: ClassVar[bool] = True
    """Whether there must be a source agent at all, unless settings say otherwise; see ``takes_source``."""
    needs_source_env: ClassVar[bool] = False
    """Whether the source task is played, too, before the target is learned or while it is; see ``plays_source``."""
    teaches_source: ClassVar[bool] = False
    """Whether the source agent goes on learning while the target is learned."""
    carries_weights: ClassVar[bool] = True
    """Whether weights are carried over, so that it is an error where not one fits."""
    carries_acting_trunk: ClassVar[bool] = False
    """Whether every trunk copy of the target needs the source's acting trunk, as a frozen prefix does."""
    mixes_fresh_weights: ClassVar[bool] = False
    """Whether the weights that the target had before any were carried over are needed afterwards."""
    reads_observations: ClassVar[bool] = False
    """Whether updates need the observations themselves, so that features cannot be cached in their place."""
    acts_in_steps: ClassVar[bool] = False
    """Whether it acts in optimizers' steps, unless settings say otherwise; see ``needs_steps``."""
    algorithms: ClassVar[tuple[str, ...]] = ()
    """The registered names of the learning algorithms that the method serves; all but ``unserved``, where empty."""
    unserved: ClassVar[Mapping[str, str]] = {}
    """Why it does not serve an algorithm, by its registered name, unless settings say otherwise; see ``refusal``."""
    decides: ClassVar[frozenset[Decision]] = frozenset()
    """What only one method of a composition can decide."""

    name: Label | None = None

    @property
    def label(self) -> str:
        """What the method is called in this experiment."""
        return self.name or self.registered

    @property
    def keeps_features(self) -> bool:
        """Whether buffers hold features in the observations' place, by these settings."""
        return False

    def check_algorithm(self, algorithm: type[Algorithm] | None) -> None:
        """Raise NotApplicableError where the method does not serve an agent that learns by ``algorithm``.

        Args:
            algorithm: None where it is not a registered one.
        """
        if reason := self.refusal(algorithm):
            name = "algorithms that are not registered" if algorithm is None else algorithm.name
            raise NotApplicableError(
                f"{self.label} does not serve {name}: {reason}. Choose another method or algorithm."
            )

    def refusal(self, algorithm: type[Algorithm] | None) -> str | None:
        """Why it does not serve ``algorithm`` with these settings; None where it does.

        Args:
            algorithm: None where it is not a registered one.
        """
        name = "" if algorithm is None else algorithm.name
        if name in self.unserved:
            return self.unserved[name]
        if self.algorithms and name not in self.algorithms:
            return f"it serves {', '.join(self.algorithms)}"
        if self.needs_steps and algorithm is not None and algorithm.natural_gradients:
            return f"it acts in optimizers' steps, and the actor of {name} moves by natural gradients instead"
        return None

    def check_files(self) -> None:
        """Raise ConfigError where a setting names a file or folder that is not there."""

    def check(self, diff: SpaceDiff) -> None:
        """Raise NotApplicableError, with the reason, where the method cannot serve this pair of tasks."""

    def check_stages(self, stage_names: tuple[str, ...]) -> None:
        """Raise ConfigError where a setting names a stage that the trunk does not have."""

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError, with the reason, where the method makes no sense together with ``other``."""

    def carried_stages(self, stage_names: tuple[str, ...]) -> tuple[str, ...]:
        """The stages that may begin with the source's weights, whichever method asks for them to be copied."""
        return stage_names

    def maps(self, diff: SpaceDiff) -> InterTaskMaps | None:
        """Which of the source's actions and observed entries stand for the target's, where the method says so."""
        return None

    def carry(self, transfer: Attachment) -> None:
        """Copy weights into the target; ``transfer.carry_all()`` copies all that fits."""

    def arrange(self, transfer: Attachment) -> None:
        """Change how the target's networks are built, which are tied, and which learn."""

    def rates(self, stage_names: tuple[str, ...]) -> Mapping[str, float]:
        """Factors on the learning rate by stage and ``heads``; 1 where not named."""
        return {}

    def hold(self, transfer: Attachment) -> None:
        """Put in place what acts while the target learns; the optimizers stand by now."""

    def finish(self, transfer: Attachment) -> None:
        """Do what needs everything else in its place."""

    def attach(
        self,
        model: BaseAlgorithm,
        source: BaseAlgorithm | None,
        *,
        diff: SpaceDiff | None = None,
        before_play: Callable[[BaseAlgorithm], None] | None = None,
    ) -> TransferReport:
        """Carry what ``source`` knows into ``model``, in place; ``model.learn`` then does the rest.

        Args:
            model: a Stable-Baselines3 model that has not learned yet.
            source: the trained source agent; None will do for a method that takes none. Its weights are left as they
                are, except by hard sharing.
            diff: what differs between their tasks; found from their tasks, or else their spaces, where left out.
            before_play: called with the agent that first plays the target task, where one does so before learning
                begins: the time to measure what it can do by then.

        Returns:
            The fate of every parameter of both.

        Raises:
            NotApplicableError: the method cannot serve this pair, or needs a source.
            NothingTransferredError: not one parameter found its way.
        """
        from rltransfer.transfer.attaching import attach

        return attach(self.together(), model, source, label=self.label, diff=diff, before_play=before_play)

    @property
    def takes_source(self) -> bool:
        """Whether there must be a source agent, with these settings."""
        return self.needs_source

    @property
    def needs_steps(self) -> bool:
        """Whether it acts in optimizers' steps, with these settings."""
        return self.acts_in_steps

    @property
    def plays_source(self) -> bool:
        """Whether the source task is played, with these settings."""
        return self.needs_source_env

    @property
    def changes_source(self) -> bool:
        """Whether the source agent goes on learning, with these settings."""
        return self.teaches_source

    @property
    def plays_target_for(self) -> int:
        """Environment steps of the target's budget that are played before it is learned, with these settings."""
        return 0

    def together(self) -> tuple[TransferMethod, ...]:
        """The methods that this one is composed of: itself, where it is not a composition."""
        return (self,)


def check_budget(steps: int, budget: int) -> None:
    """Raise NotApplicableError where ``steps`` of the target, played before learning, exceed the ``budget``."""
    if steps > budget:
        raise NotApplicableError(
            f"it plays the target for {steps:,} steps before it learns: more than the budget of {budget:,}"
        )
