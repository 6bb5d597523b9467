"""Kickstarting: the learner's own loss, and a fading one that keeps it near what the source policy would do."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from rltransfer.errors import ConfigError
from rltransfer.transfer.kinds.policies import NOT_TAUGHT, SINGLE_STEPS, require_readable, require_same_spaces
from rltransfer.transfer.method import Knowledge, TransferMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.attaching import Attachment


class Kickstarting(TransferMethod):
    """A fresh learner whose loss has lambda_t * KL(teacher || student) added, on its own minibatches.

    The source policy is the teacher: it says what it would do in the states that the learner visits. It may have
    another trunk, and learn by another algorithm. For deterministic actors (TD3, DDPG), and where the one draws from a
    squashed Gaussian and the other does not, the squared distance of their likeliest actions stands for the KL. The
    term's gradient joins the step of whatever decides what to do: the policy, the actor, or the Q-network; that is
    after Stable-Baselines3 has clipped its own. Critics are not taught. With `finetune` beside it, the learner begins
    as the source, and is held near its policy instead of near its weights.

    Args:
        strength: lambda_0. More stays nearer to the teacher; 0 is the learner alone, bit for bit: `scratch` where no
            running statistics are carried over, or what stands beside it in a composition.
        decay: how lambda falls with environment steps: `linear` to 0 at ``over``; `exponential`, by a factor e for
            each ``over``; or `constant`.
        over: environment steps of the learner. Too few waste the teacher, too many hold the learner below what it
            could do where the target asks for something else.
        temperature: values of actions divided by it are taken for logits, where teacher or learner is a Q-network.
            Less makes choices by value greedier; 1 leaves values as they are.

    Source: Schmitt et al. 2018, "Kickstarting Deep Reinforcement Learning", section 3 (their lambda is set by
    population-based training; strength, decay and its length are own choices). Temperature 0.01 is Rusu et al. 2016,
    "Policy Distillation"; for Q-networks that learn, which the paper has not, see ``divergence`` in
    ``rltransfer.transfer.mechanisms.policies_compared``.
    """

    registered: ClassVar[str] = "kickstarting"
    transfers: ClassVar[Knowledge] = "policies"
    heterogeneous: ClassVar[bool] = False
    carries_weights: ClassVar[bool] = False
    algorithms: ClassVar[tuple[str, ...]] = SINGLE_STEPS
    unserved: ClassVar[Mapping[str, str]] = {
        **NOT_TAUGHT,
        "trpo": "its actor moves by natural gradients, which a further loss does not reach",
    }

    strength: float = Field(default=1.0, ge=0)
    decay: Literal["linear", "exponential", "constant"] = "linear"
    over: int = Field(default=50_000, ge=1)
    temperature: float = Field(default=0.01, gt=0)

    def check(self, diff: SpaceDiff) -> None:
        """The teacher must read what the learner sees, and know its actions."""
        require_same_spaces(diff)

    def check_beside(self, other: TransferMethod) -> None:
        """Raise ConfigError where the teacher would go on learning, or cannot read what the learner is given."""
        require_readable(self, other)
        if other.teaches_source:
            raise ConfigError(f"{other.label} changes the source agent, which is kickstarting's teacher")

    def strength_at(self, env_steps: int) -> float:
        """lambda_t after so many environment steps of the learner."""
        if self.decay == "linear":
            return self.strength * max(0.0, 1 - env_steps / self.over)
        return self.strength * (math.exp(-env_steps / self.over) if self.decay == "exponential" else 1.0)

    def hold(self, transfer: Attachment) -> None:
        """Add the term to the learner's loss."""
        if self.strength == 0:
            return
        from rltransfer.agents.anatomy import policy_of
        from rltransfer.agents.extra_losses import add_loss
        from rltransfer.transfer.mechanisms.policies_compared import acting_part, behaviour, divergence
        from rltransfer.transfer.mechanisms.teaching import Teacher

        model, found = transfer.model, transfer.findings.setdefault(self.registered, {})
        teacher = Teacher(transfer.source, model)

        def towards_teacher(minibatch: Any) -> Tensor | None:
            strength = self.strength_at(model.num_timesteps)
            found["strength"] = strength
            if strength == 0:
                return None
            student = behaviour(policy_of(model), minibatch.observations)
            apart = divergence(teacher(minibatch.observations), student, temperature=self.temperature)
            found.setdefault("divergence_at_first", float(apart.detach()))
            found["divergence_at_last"] = float(apart.detach())
            return strength * apart

        add_loss(model, towards_teacher, acting_part(policy_of(model)).parameters(), what="a kickstarting loss acts")
