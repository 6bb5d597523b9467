"""What methods that transfer policies or experience ask of a pair of tasks, and of a learner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rltransfer.errors import ConfigError, NotApplicableError

if TYPE_CHECKING:
    from rltransfer.tasks import SpaceDiff
    from rltransfer.transfer.method import TransferMethod

ON_POLICY = ("ppo", "a2c", "trpo", "recurrent_ppo")
"""Algorithms that learn from what their own policy has just done."""
REPLAYING = ("dqn", "sac", "td3", "ddpg", "qr_dqn", "tqc", "crossq")
"""Algorithms that learn from whoever acted, in whichever task."""
SINGLE_STEPS = ("ppo", "a2c", *REPLAYING, "classifier")
"""Algorithms whose minibatches are single steps, and whose optimizers move all that learns."""
NOT_REPLAYING: dict[str, str] = {
    **dict.fromkeys(ON_POLICY, "it learns from what its own policy has just done, and keeps no replay buffer"),
    "classifier": "it learns from labelled examples, and keeps no replay buffer",
}
"""Why methods that need a replay buffer do not serve the others."""
NOT_TAUGHT: dict[str, str] = {
    "recurrent_ppo": "its policy goes by a memory of earlier steps, and it would be taught by single observations",
    "successor_dqn": "it acts by the weights of its reward, which are to tell the target's rewards, not be taught",
}
"""Why methods that teach the source's policy do not serve the others."""


def require_same_spaces(diff: SpaceDiff) -> None:
    """Raise NotApplicableError where the source policy could not act in the target."""
    if not diff.observation_equal:
        raise NotApplicableError("the source policy cannot read the target's observations")
    if not diff.action_equal:
        raise NotApplicableError("the source policy's actions are not the target's: the action spaces differ")


def require_readable(method: TransferMethod, other: TransferMethod) -> None:
    """Raise ConfigError where ``other`` keeps features that the source policy, which ``method`` asks, cannot read.

    Those of a frozen prefix are its own; those of a trunk that was built anew are not.
    """
    if other.keeps_features and "how the trunk is built" in other.decides:
        raise ConfigError(
            f"{method.label} asks the source policy, which cannot read the features that {other.label} keeps in the "
            f"observations' place. Give {other.registered} cache: false."
        )
