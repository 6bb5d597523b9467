"""What two policies would do with the same observations, and how far apart that is: losses that teach one the other.

Policies of three kinds are told apart: they choose among discrete actions, by preferences or by the values of actions;
they draw continuous actions from a Gaussian, which some squash by tanh; or they take one continuous action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from torch import Tensor, nn
from torch.nn import functional

from rltransfer.errors import NotApplicableError


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Discrete actions.

    Args:
        preferences: (batch, actions) logits, or the values of actions.
        valued: whether they are values, as of a Q-network.
    """

    preferences: Tensor
    valued: bool


@dataclass(frozen=True, kw_only=True)
class Gaussian:
    """Continuous actions that are drawn, in units in which the action space reaches from -1 to 1.

    Args:
        mean: (batch, size).
        log_std: (batch, size), natural logarithms.
        squashed: whether draws then go through tanh.
    """

    mean: Tensor
    log_std: Tensor
    squashed: bool


@dataclass(frozen=True, kw_only=True)
class Point:
    """One continuous action, in units in which the action space reaches from -1 to 1.

    Args:
        action: (batch, size).
    """

    action: Tensor


Behaviour: TypeAlias = Choice | Gaussian | Point
"""What a policy would do in each of a batch of observations."""


def acting_part(policy: BasePolicy) -> nn.Module:
    """The network of ``policy`` that decides what to do: its actor, its Q-network, or all of it.

    Raises:
        NotApplicableError: the policy is recurrent, so that single observations do not decide it.
    """
    if hasattr(policy, "lstm_actor"):
        raise NotApplicableError("policies are compared on single observations, and a recurrent one needs its memory")
    for name in ("actor", "q_net", "quantile_net"):
        part = policy._modules.get(name)
        if part is not None:
            return part
    return policy


def behaviour(policy: BasePolicy, observations: Any) -> Behaviour:
    """What ``policy`` would do, with gradients where they are recorded.

    Args:
        policy: of any Stable-Baselines3 algorithm that is not recurrent.
        observations: (batch, *observation) tensor, or as much for each part by name, as ``obs_to_tensor`` gives them.
    """
    part: Any = acting_part(policy)
    if isinstance(part, ActorCriticPolicy):
        drawn: Any = part.get_distribution(observations).distribution
        if isinstance(part.action_space, spaces.Discrete):
            return Choice(preferences=drawn.logits, valued=False)
        centre, reach = _centre_and_reach(part.action_space, drawn.mean.device)
        return Gaussian(mean=(drawn.mean - centre) / reach, log_std=drawn.stddev.log() - reach.log(), squashed=False)
    if hasattr(part, "get_action_dist_params"):
        mean, log_std, _ = part.get_action_dist_params(observations)
        return Gaussian(mean=mean, log_std=log_std, squashed=True)
    outputs: Tensor = part(observations)
    if not isinstance(policy.action_space, spaces.Discrete):
        return Point(action=outputs)
    return Choice(preferences=outputs.mean(1) if outputs.dim() == 3 else outputs, valued=True)  # (b, quantiles, a)


def at(given: Behaviour, rows: Tensor) -> Behaviour:
    """What ``given`` says of some of its states."""
    if isinstance(given, Choice):
        return Choice(preferences=given.preferences[rows], valued=given.valued)
    if isinstance(given, Point):
        return Point(action=given.action[rows])
    return Gaussian(mean=given.mean[rows], log_std=given.log_std[rows], squashed=given.squashed)


def joined(parts: Sequence[Behaviour]) -> Behaviour:
    """Batches of one policy's behaviour as one."""
    if isinstance(first := parts[0], Choice):
        return Choice(preferences=_cat(parts, "preferences"), valued=first.valued)
    if isinstance(first, Point):
        return Point(action=_cat(parts, "action"))
    return Gaussian(mean=_cat(parts, "mean"), log_std=_cat(parts, "log_std"), squashed=first.squashed)


def _cat(parts: Sequence[Behaviour], name: str) -> Tensor:
    return torch.cat([getattr(part, name) for part in parts])


def likeliest(behaviour: Behaviour) -> Tensor:
    """The action that is taken without exploration: (batch,) int64, or (batch, size) from about -1 to 1."""
    if isinstance(behaviour, Choice):
        return behaviour.preferences.argmax(1)
    if isinstance(behaviour, Point):
        return behaviour.action
    return behaviour.mean.tanh() if behaviour.squashed else behaviour.mean


def in_reach(actions: np.ndarray[Any, Any], space: spaces.Space[Any], device: torch.device) -> Tensor:
    """Actions as an environment took them, as ``likeliest`` gives them."""
    if isinstance(space, spaces.Discrete):
        return torch.as_tensor(actions, dtype=torch.int64, device=device)
    centre, reach = _centre_and_reach(space, device)
    return (torch.as_tensor(actions, dtype=torch.float32, device=device) - centre) / reach


def divergence(teacher: Behaviour, student: Behaviour, *, temperature: float) -> Tensor:
    """KL(teacher || student), mean over the batch; it is 0 where both do the same.

    Values of actions are taken for logits divided by ``temperature``. Where the student's are, the divergence is
    multiplied by it, so that its gradient by each value stays between -1 and 1, as that of DQN's own loss does. Where
    one of two continuous policies has no density, or not one of the other's kind, the squared distance of their
    likeliest actions stands in for it.

    Args:
        teacher: taken as fixed.
        student: for the same observations.
        temperature: above 0; less makes choices by value greedier.

    Source: Schmitt et al. 2018, "Kickstarting Deep Reinforcement Learning", section 3, whose cross-entropy has the
    same gradient; dividing a teacher's values by a temperature is Rusu et al. 2016, "Policy Distillation". That the
    student's values are divided too is an own choice: it goes on learning values, which have a scale.
    """
    if isinstance(teacher, Choice) and isinstance(student, Choice):
        theirs, ours = _log_chances(teacher, temperature), _log_chances(student, temperature)
        apart = functional.kl_div(ours, theirs, reduction="batchmean", log_target=True)
        return apart * temperature if student.valued else apart
    if isinstance(teacher, Gaussian) and isinstance(student, Gaussian) and teacher.squashed == student.squashed:
        # tanh is a bijection, which leaves the divergence as it is
        ratio = 2 * (teacher.log_std - student.log_std)
        offset = (teacher.mean - student.mean) / student.log_std.exp()
        return 0.5 * (ratio.exp() + offset**2 - 1 - ratio).sum(1).mean()
    return surprise(student, likeliest(teacher), temperature=temperature)


def surprise(student: Behaviour, actions: Tensor, *, temperature: float) -> Tensor:
    """Negative log-likelihood of ``actions``, mean over the batch; of continuous ones the squared distance.

    The squared distance is, up to a factor, the likelihood under a fixed spread: a spread that were fitted to one
    action a state would go to 0, and exploration with it.

    Args:
        student: what is to take them.
        actions: as ``likeliest`` gives them.
        temperature: see ``divergence``.

    Source: Rusu et al. 2016, "Policy Distillation", its negative log-likelihood loss; the scale is an own choice.
    """
    if isinstance(student, Choice):
        apart = functional.nll_loss(_log_chances(student, temperature), actions)
        return apart * temperature if student.valued else apart
    return (likeliest(student) - actions).square().sum(1).mean()


def require_values(policy: BasePolicy) -> None:
    """Raise NotApplicableError where ``policy`` does not go by the values of discrete actions."""
    if isinstance(policy, ActorCriticPolicy) or not isinstance(policy.action_space, spaces.Discrete):
        raise NotApplicableError("mse compares values of actions, which DQN and QR-DQN have. Give both, or loss: kl")


def squared_values(teacher: Behaviour, student: Behaviour) -> Tensor:
    """Squared distance between the values of actions, summed over actions, mean over the batch.

    Source: Rusu et al. 2016, "Policy Distillation", its mean-squared-error loss.
    """
    assert isinstance(teacher, Choice)
    assert isinstance(student, Choice)
    return (teacher.preferences - student.preferences).square().sum(1).mean()


def margin_violated(student: Choice, actions: Tensor, *, margin: float) -> Tensor:
    """By how much other actions come within ``margin`` of the value of ``actions``, or above; mean over the batch.

    Args:
        student: by values.
        actions: (batch,) int64, which are to be the best.
        margin: 0 or more, in units of return.

    Source: Hester et al. 2018, "Deep Q-learning from Demonstrations", the large-margin loss J_E.
    """
    values = student.preferences
    rivals = values + margin * (1 - functional.one_hot(actions, values.shape[1]))
    return (rivals.max(1).values - values.gather(1, actions[:, None]).squeeze(1)).mean()


def disagreement(teacher_actions: Tensor, student: Behaviour) -> float:
    """Share of ``teacher_actions`` that are not the student's, or the mean squared distance of continuous ones."""
    ours = likeliest(student)
    if isinstance(student, Choice):
        return float((ours != teacher_actions).float().mean())
    return float((ours - teacher_actions).square().mean())


def _log_chances(choice: Choice, temperature: float) -> Tensor:
    return (choice.preferences / (temperature if choice.valued else 1.0)).log_softmax(1)


def _centre_and_reach(space: spaces.Space[Any], device: torch.device) -> tuple[Tensor, Tensor]:
    """Middle and half width of a box; 0 and 1 where it has no bounds."""
    assert isinstance(space, spaces.Box)
    bounded = np.isfinite(space.low) & np.isfinite(space.high)
    low, high = np.where(bounded, space.low, -1.0), np.where(bounded, space.high, 1.0)
    centre, reach = (low + high) / 2, (high - low) / 2
    return (
        torch.as_tensor(centre, dtype=torch.float32, device=device),
        torch.as_tensor(reach, dtype=torch.float32, device=device),
    )
