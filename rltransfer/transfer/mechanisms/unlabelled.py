"""A target whose labels nobody reads: the source's examples are learned from, the target's are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rltransfer.agents.feature_cache import examples_shown
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.labelled import channels_first

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment


def learn_source_labels(transfer: Attachment, *, label: str) -> Any:
    """Let the learner see the source's examples, in place of the target's, from now on.

    Args:
        transfer: whose learner and source are classifiers of the same classes.
        label: of the method that asks.

    Returns:
        The target's examples to learn from as learners see them, without their labels: (n, *observation).

    Raises:
        NotApplicableError: one of the tasks has no labels, or their classes or batches differ.
    """
    env = transfer.source.get_env()
    target, source = (None if e is None else examples_shown(e) for e in (transfer.model.get_env(), env))
    if env is None or target is None or source is None:
        raise NotApplicableError(f"{label} with labels: source is for classifiers, with labelled data on both sides")
    if source.examples.classes != target.examples.classes:
        raise NotApplicableError(f"{label} with labels: source learns the source's classes, and the target has others")
    if env.num_envs != transfer.model.n_envs:
        raise NotApplicableError(
            f"{label} with labels: source learns the source's batches of {env.num_envs}, and the learner was made for "
            f"{transfer.model.n_envs}. Give both the same num_envs."
        )
    transfer.model.set_env(env)
    return channels_first(target.examples.inputs)
