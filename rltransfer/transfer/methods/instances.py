"""Instance transfer: the source's transitions learned from beside the target's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import NotApplicableError
from rltransfer.transfer.kinds.policies import NOT_REPLAYING, REPLAYING
from rltransfer.transfer.method import Decision, Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment
    from rltransfer.transfer.mechanisms.instances import Experience


class Instances(TransferMethod):
    """Source transitions in the target's replay buffer, re-weighted by an estimated density ratio.

    A source row is drawn as often as a target row times its weight, p_target / p_source of the transition; so what
    the target never meets is hardly learned from. The ratio is estimated on principal components of what the acting
    trunk makes of observations, their changes, the actions, and products of these, and anew as target data come in.
    Rewards are taken over as the source gave them: where the two tasks reward otherwise, this teaches the wrong one.

    The effective sample size that is reported compares source rows with each other; read it beside their mean weight,
    which is near 0 where every one of them can be told from the target's.

    Stable-Baselines3 computes its loss in one piece, so the weights act in what is drawn and not in the loss.

    Args:
        transitions: environment steps that the source agent plays for it; 0 is the method this one stands beside, bit
            for bit. Policies that are distributions are drawn from; a saved agent of DQN's or TD3's kin explores no
            more.
        ratio_of: what must be alike. ``transition``: (s, a, s'), so also how often each side goes there;
            ``state_action``: (s, a) alone, for unchanged dynamics (covariate shift); ``dynamics``: s' given (s, a),
            whoever acts, as off-policy learning needs it, at the cost of two estimates.
        flattening: exponent of the ratio, 0 to 1. 0 weighs all source rows alike; between, less variance and more
            bias.
        trust: factor on all weights; 0 uses none of the rows.
        largest: weights above it are cut to it before ``trust``, so that few rows do not make up the minibatches.
        components: principal components of the features; more can tell apart more, and need more target data.
        every: environment steps of the target between two estimates.

    Source: Sugiyama, Suzuki and Kanamori 2012, "Density Ratio Estimation in Machine Learning" (importance weighting
    under covariate shift; the ratio by logistic regression). ``flattening``: Shimodaira 2000, "Improving predictive
    inference under covariate shift by weighting the log-likelihood function". ``dynamics`` is the ratio of two
    classifiers of Eysenbach et al. 2021, "Off-Dynamics Reinforcement Learning", used as a weight and not a reward.
    Constants: own choice.
    """

    registered: ClassVar[str] = "instances"
    transfers: ClassVar[Knowledge] = "instances"
    heterogeneous: ClassVar[bool] = False
    needs_source_env: ClassVar[bool] = True
    carries_weights: ClassVar[bool] = False
    algorithms: ClassVar[tuple[str, ...]] = REPLAYING
    unserved: ClassVar[Mapping[str, str]] = {
        **NOT_REPLAYING,
        "successor_dqn": "the weights of its reward are fitted to all rewards it learns from, the source's too",
    }
    decides: ClassVar[frozenset[Decision]] = frozenset({"what the replay buffer holds"})

    transitions: int = Field(default=10_000, ge=0)
    ratio_of: Literal["transition", "state_action", "dynamics"] = "transition"
    flattening: float = Field(default=1.0, ge=0, le=1)
    trust: float = Field(default=1.0, ge=0)
    largest: float = Field(default=10.0, gt=0)
    components: int = Field(default=16, ge=1)
    every: int = Field(default=5_000, ge=1)

    def check(self, diff: SpaceDiff) -> None:
        """A row of the source must mean the same in the target's buffer: equal observations and actions."""
        if not diff.observation_equal:
            raise NotApplicableError("source transitions have other observations than the target's replay buffer")
        if not diff.action_equal:
            raise NotApplicableError("source transitions have other actions than the target's replay buffer")

    def hold(self, transfer: Attachment) -> None:
        """Let the source play, and put what it met beside the target's own rows.

        Raises:
            NotApplicableError: the buffer holds other than single raw steps, or the source has no environment.
        """
        if not self.transitions or not self.trust:
            return
        from rltransfer.transfer.mechanisms.instances import SourceRows
        from rltransfer.transfer.mechanisms.mixed_replay import put_beside, require_one_step_rows

        require_one_step_rows(transfer.model, transfer.source)
        rows = SourceRows(
            model=transfer.model,  # type: ignore[arg-type]
            rollout=transfer.play_source(self.transitions),
            weigh=self._weigh,
            every=self.every,
            examples=2_048,
            findings=transfer.findings.setdefault(self.registered, {}),
        )
        put_beside(rows)

    def _weigh(
        self, target: Experience, source: Experience, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, Any]]:
        from rltransfer.transfer.mechanisms.transition_ratio import log_ratio

        logarithm, found = log_ratio(target, source, of=self.ratio_of, components=self.components, generator=generator)
        return self.trust * (self.flattening * logarithm).exp().clamp(max=self.largest), found
