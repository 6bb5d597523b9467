"""Policies of earlier tasks, set beside the one that is learned, by their successor features."""

from __future__ import annotations

import copy

from stable_baselines3.common.base_class import BaseAlgorithm
from torch import nn

from rltransfer.agents.anatomy import follow, named_parts
from rltransfer.agents.successor_dqn import SuccessorDQN
from rltransfer.errors import NotApplicableError
from rltransfer.transfer.report import Ledger


def require_successors(model: BaseAlgorithm, source: BaseAlgorithm) -> None:
    """Raise NotApplicableError unless both judge by successor features that are built alike."""
    if not isinstance(source, SuccessorDQN):
        raise NotApplicableError(
            f"the source is a {type(source).__name__}, which has no successor features. Train it by successor_dqn."
        )
    assert isinstance(model, SuccessorDQN)
    if model.policy.earlier_policies:
        raise NotApplicableError("the target has earlier policies already; leave earlier_policies out of its settings")
    ours, theirs = (_built(agent) for agent in (model, source))
    if ours != theirs:
        raise NotApplicableError(
            f"the target's successor features are built otherwise than the source's: {ours} and not {theirs}. Give "
            "both agents the same trunk, num_features and net_arch."
        )


def keep_policies(ledger: Ledger, ridge: float) -> None:
    """Let the target choose among the source's policies, too, and begin to regress its reward from the source's.

    Args:
        ledger: of the two models, the target's weights being the source's by now.
        ridge: see ``RewardRegression``.
    """
    model, source = ledger.model, ledger.source
    assert isinstance(model, SuccessorDQN)
    assert isinstance(source, SuccessorDQN)
    theirs = [*source.q_net.earlier, source.q_net.q_net]
    for network in (model.q_net, model.q_net_target):
        network.keep([copy.deepcopy(policy) for policy in theirs])
    model.policy.earlier_policies = len(theirs)
    model.policy_kwargs = {**model.policy_kwargs, "earlier_policies": len(theirs)}
    model.policy.regression.begin(source.q_net.reward, ridge)
    follow(model)
    ledger.renew()
    for path in ("q_net", "q_net_target"):
        for number in range(len(theirs)):
            stack = f"earlier.{number}" if number < len(theirs) - 1 else "q_net"
            for name, _ in theirs[number].named_parameters():
                ledger.note(f"{path}.earlier.{number}.{name}", "frozen", f"q_net.{stack}.{name}", "an earlier policy")
    parts = named_parts(model)
    weights = ("q_net.reward", "q_net_target.reward")
    still = [name for name in ledger.carried() if not parts[name].requires_grad and name not in weights]
    ledger.mark([name for name in still if ".earlier." not in name], "frozen")
    for name in weights:
        ledger.remark(name, "then regressed on the target's rewards")


def _built(model: SuccessorDQN) -> dict[str, tuple[int, ...]]:
    """The shapes of a policy's head and of the features of transitions, by parameter."""
    parts: tuple[nn.Module, ...] = (model.q_net.q_net, model.q_net.phi)
    return {
        f"{kind}.{name}": tuple(parameter.shape)
        for kind, part in zip(("policy", "features"), parts, strict=True)
        for name, parameter in part.named_parameters()
    }
