"""Policies of earlier tasks, set beside the one that is learned, by their successor features."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import nn

from rltransfer.agents.anatomy import follow, named_parts, trunk_of
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


@dataclass(frozen=True, kw_only=True)
class EarlierPolicy:
    """A policy of an earlier task.

    Args:
        agent: what reports call the agent that it is taken from.
        stack: the head of successor features, by its name in that agent's network.
        head: that head.
    """

    agent: str
    stack: str
    head: nn.Module

    @property
    def name(self) -> str:
        """What reports call the policy: by its agent, and by its number there where it was an earlier one's."""
        return self.agent if self.stack == "q_net" else f"{self.agent}: {self.stack}"


def gathered(agents: Mapping[str, BaseAlgorithm]) -> list[EarlierPolicy]:
    """The policies that agents chose among, and their own, each once.

    Args:
        agents: by the names that reports use; the first is the source.

    Raises:
        NotApplicableError: one has no successor features, or they stand on other weights than the source's.
    """
    found: list[EarlierPolicy] = []
    source = next(iter(agents.values()))
    assert isinstance(source, SuccessorDQN)
    for name, agent in agents.items():
        if not isinstance(agent, SuccessorDQN) or not _same(_ground(source), _ground(agent)):
            raise NotApplicableError(
                f"{name} judges by other features of transitions than the source, so that the same weights mean "
                "another reward to it. Take agents that were made by successor_features from one first source."
            )
        stacks = {f"earlier.{number}": head for number, head in enumerate(agent.q_net.earlier)}
        for stack, head in {**stacks, "q_net": agent.q_net.q_net}.items():
            if not any(_same([head], [known.head]) for known in found):
                found.append(EarlierPolicy(agent=name, stack=stack, head=head))
    return found


def keep_policies(ledger: Ledger, policies: Sequence[EarlierPolicy], ridge: float) -> dict[str, Any]:
    """Let the target choose among ``policies``, too, and begin to regress its reward from the source's.

    Args:
        ledger: of the two models, the target's weights being the source's by now.
        policies: from ``gathered``.
        ridge: see ``RewardRegression``.

    Returns:
        What the target finds out, which it goes on writing; see ``SuccessorDQN.findings``.
    """
    model, source = ledger.model, ledger.source
    assert isinstance(model, SuccessorDQN)
    assert isinstance(source, SuccessorDQN)
    for network in (model.q_net, model.q_net_target):
        network.keep([copy.deepcopy(policy.head) for policy in policies])
    model.policy.earlier_policies = len(policies)
    model.policy_kwargs = {**model.policy_kwargs, "earlier_policies": len(policies)}
    model.policy.regression.begin(source.q_net.reward, ridge)
    model.findings["policies"] = ["own", *(policy.name for policy in policies)]
    follow(model)
    _note(ledger, policies)
    return model.findings


def _note(ledger: Ledger, policies: Sequence[EarlierPolicy]) -> None:
    """Write the fates down: what stands still, what is regressed, and whose the policies are."""
    ledger.renew()
    weights = ("q_net.reward", "q_net_target.reward")
    parts = named_parts(ledger.model)
    ledger.mark([n for n in ledger.carried() if not parts[n].requires_grad and n not in weights], "frozen")
    for name in weights:
        ledger.remark(name, "then regressed on the target's rewards")
    for path in ("q_net", "q_net_target"):
        for number, policy in enumerate(policies):
            for name, _ in policy.head.named_parameters():
                origin = f"q_net.{policy.stack}.{name}" if policy.agent == "source" else None
                ledger.note(f"{path}.earlier.{number}.{name}", "frozen", origin, f"the policy of {policy.name}")


def _ground(model: SuccessorDQN) -> list[nn.Module]:
    """What the model's successor features stand on."""
    return [trunk_of(model), model.q_net.phi]


def _same(ours: Sequence[nn.Module], theirs: Sequence[nn.Module]) -> bool:
    """Whether modules agree in every parameter and buffer, bit for bit."""
    tensors = [
        [tensor.cpu() for module in modules for tensor in module.state_dict().values()] for modules in (ours, theirs)
    ]
    return len(tensors[0]) == len(tensors[1]) and all(map(torch.equal, *tensors))


def _built(model: SuccessorDQN) -> dict[str, tuple[int, ...]]:
    """The shapes of a policy's head and of the features of transitions, by parameter."""
    parts: tuple[nn.Module, ...] = (model.q_net.q_net, model.q_net.phi)
    return {
        f"{kind}.{name}": tuple(parameter.shape)
        for kind, part in zip(("policy", "features"), parts, strict=True)
        for name, parameter in part.named_parameters()
    }
