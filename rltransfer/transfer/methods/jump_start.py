"""Jump-start: the source policy acts at the beginning of episodes and leaves ever more of them to the learner."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.kinds.policies import NOT_REPLAYING, REPLAYING, require_readable, require_same_spaces
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment


class JumpStart(TransferMethod):
    """A fresh learner that is led, by the source policy, to where it is worth beginning to explore.

    The source's likeliest actions are taken for the first h steps of each episode, the learner's after them; h falls.
    All transitions are learned from, so the method serves the algorithms that learn from whoever acted: the importance
    ratios of PPO and its kin would be those of a policy that did not act. The guide's steps are of the learner's
    budget; evaluations are of the learner alone.

    Args:
        schedule: `curriculum`: h falls by a stage whenever the learner, led so far, does as well as it did before;
            `linear`: with environment steps; `random`: drawn evenly for each episode from 0 to ``horizon``, to the end.
        horizon: the h to begin with. Where left out, the guide acts whole episodes until ``window`` of them are over,
            and their mean length is taken. 0 is the learner alone, bit for bit: `scratch` where no running statistics
            are carried over, or what stands beside it.
        stages: of the curriculum. More are gentler, and take longer.
        window: episodes of a stage over which returns are averaged; in `curriculum`, and see ``horizon``. Fewer take
            luck for skill; the curriculum lasts ``stages * window`` episodes at least, for which the budget must be
            long enough.
        tolerance: by what share of the best stage's mean return a stage may be worse and yet be done with. 0 asks for
            no loss at all.
        over: environment steps after which the guide acts no more, in `linear`.

    Source: Uchendu et al. 2022, "Jump-Start Reinforcement Learning": its curriculum and its random variant (there the
    curriculum goes by evaluations of guide and learner together; here by their training episodes, which cost nothing
    more). The linear schedule, window, tolerance and the number of stages are own choices.
    """

    registered: ClassVar[str] = "jump_start"
    transfers: ClassVar[Knowledge] = "policies"
    heterogeneous: ClassVar[bool] = False
    carries_weights: ClassVar[bool] = False
    algorithms: ClassVar[tuple[str, ...]] = (*REPLAYING, "successor_dqn")
    unserved: ClassVar[Mapping[str, str]] = NOT_REPLAYING
    decides: ClassVar[frozenset[Decision]] = frozenset({"how the agent acts"})

    schedule: Literal["curriculum", "linear", "random"] = "curriculum"
    horizon: int | None = Field(default=None, ge=0)
    stages: int = Field(default=10, ge=1)
    window: int = Field(default=10, ge=1)
    tolerance: float = Field(default=0.05, ge=0)
    over: int = Field(default=50_000, ge=1)

    def check(self, diff: SpaceDiff) -> None:
        """The guide must read what the learner sees, and have its actions."""
        require_same_spaces(diff)

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where the guide would go on learning, or cannot read what the learner is given."""
        require_readable(self, other)
        if other.teaches_source:
            raise ConfigError(f"{other.label} changes the source agent, which is jump_start's guide")

    def hold(self, transfer: Attachment) -> None:
        """Let the guide act first."""
        if self.horizon == 0:
            return
        from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

        from rltransfer.agents.draws import generator_for
        from rltransfer.transfer.mechanisms.guiding import Guidance, GuideHorizon, guide_at_first
        from rltransfer.transfer.mechanisms.teaching import Teacher

        model = transfer.model
        assert isinstance(model, OffPolicyAlgorithm)
        horizon = GuideHorizon(
            schedule=self.schedule,
            longest=self.horizon,
            stages=self.stages,
            window=self.window,
            tolerance=self.tolerance,
            over=self.over,
            generator=generator_for(model, "horizons of the guide"),
        )
        found = transfer.findings.setdefault(self.registered, {})
        guide_at_first(model, Guidance(Teacher(transfer.source, model), horizon, model.n_envs, found))
