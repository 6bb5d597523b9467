"""How much an agent's outputs tell of each of its weights: the diagonal of the Fisher information matrix."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from rltransfer.agents.anatomy import learned_parts, named_parts, policy_of
from rltransfer.agents.draws import drawing_apart
from rltransfer.agents.rollouts import Observations, Rollout


def diagonal_fisher(model: BaseAlgorithm, rollout: Rollout) -> dict[str, Tensor]:
    """The mean over ``rollout`` of the squared derivatives of what the networks say by each of their weights.

    What a network says is read as a distribution, and the derivative is that of the logarithm of the likelihood of a
    draw from it:

    - the distribution over actions where the actor has one (PPO, A2C, TRPO, RecurrentPPO, SAC, TQC, CrossQ), or over
      classes; draws are from it and not what was played, since Stable-Baselines3 clips what is played to the action
      space.
    - a Gaussian of variance 1 around a state's value, around the value of the action that was played in each critic
      (DQN, SAC, TD3, DDPG, CrossQ), and around a deterministic actor's action, scaled to -1 to 1 (TD3, DDPG): squared
      errors are what such networks learn by. Its Fisher information is the squared derivative of the output.
    - the same around each of K quantiles with variance K (QR-DQN, TQC), so that K quantiles weigh as one value.

    The Fisher information of networks that share weights adds up. A recurrent agent's memory is taken as given, so
    that derivatives do not reach back to earlier steps.

    Args:
        model: in evaluation mode while it is asked; nothing of it is changed.
        rollout: of the model itself; one step after the other, those of each environment copy together.

    Returns:
        For each learned parameter, by its name in ``named_parts``, as many numbers of 0 or more. 0 where nothing
        depends on the parameter, as for a temperature.

    Source: Kirkpatrick et al. 2017, "Overcoming catastrophic forgetting in neural networks"; the Gaussians are own
    choice, because value-based agents have no likelihood.
    """
    learned = learned_parts(model)
    parameters = {name: p for name, p in named_parts(model).items() if name in learned and p.requires_grad}
    totals = {name: torch.zeros_like(p) for name, p in parameters.items()}
    weights = list(parameters.values())
    policy = policy_of(model)
    training = policy.training
    policy.set_training_mode(False)
    copies = 1 if model.get_env() is None else model.n_envs
    starts = np.concatenate([[True], rollout.ended[:-1]])
    starts[:: max(len(rollout) // copies, 1)] = True
    memory = _Memory(policy)
    try:
        with drawing_apart(model, "outputs drawn for the Fisher information"), torch.enable_grad():
            for step in range(len(rollout)):
                observation = _at(rollout.observations, step)
                tensor: Any = policy.obs_to_tensor(observation)[0]
                for likelihood in _log_likelihoods(model, tensor, rollout.actions[step], memory, bool(starts[step])):
                    gradients = torch.autograd.grad(likelihood, weights, allow_unused=True, retain_graph=True)
                    for total, gradient in zip(totals.values(), gradients, strict=True):
                        if gradient is not None:
                            total.addcmul_(gradient, gradient, value=1 / len(rollout))
    finally:
        policy.set_training_mode(training)
    return totals


class _Memory:
    """What a recurrent policy remembers from step to step; nothing for others."""

    def __init__(self, policy: Any) -> None:
        self.is_kept = hasattr(policy, "lstm_hidden_state_shape")
        if self.is_kept:
            from sb3_contrib.common.recurrent.type_aliases import RNNStates

            layers, _, width = policy.lstm_hidden_state_shape
            empty = torch.zeros(layers, 1, width, device=policy.device)
            self.states = RNNStates((empty, empty), (empty, empty))


def _log_likelihoods(
    model: BaseAlgorithm, observation: Any, action: Any, memory: _Memory, is_first: bool
) -> list[Tensor]:
    """Scalars whose squared derivatives add up to the Fisher information that one step gives."""
    policy: Any = policy_of(model)
    if isinstance(policy, ActorCriticPolicy):
        return _of_actor_critic(policy, observation, memory, is_first)
    for network in ("q_net", "quantile_net"):
        if hasattr(policy, network):  # one value or K quantiles for each action
            outputs = getattr(policy, network)(observation)
            values = outputs[..., int(action)]
            return [_around(values, values.numel())]
    played = torch.as_tensor(policy.scale_action(action)[None], device=model.device)
    critics = policy.critic(observation, played)
    if isinstance(critics, Tensor):  # TQC's: (1, critics, K)
        critics = critics.unbind(dim=1)
    return [_of_actor(policy.actor, observation), *(_around(critic, critic.numel()) for critic in critics)]


def _of_actor_critic(policy: Any, observation: Any, memory: _Memory, is_first: bool) -> list[Tensor]:
    if memory.is_kept:
        first = torch.tensor([float(is_first)], device=policy.device)
        with torch.no_grad():
            drawn, _, _, following = policy.forward(observation, memory.states, first)
        values, log_likelihood, _ = policy.evaluate_actions(observation, drawn, memory.states, first)
        memory.states = following
    else:
        with torch.no_grad():
            drawn, _, _ = policy.forward(observation)
        values, log_likelihood, _ = policy.evaluate_actions(observation, drawn)
    return [log_likelihood.sum(), *([_around(values)] if values.requires_grad else [])]


def _of_actor(actor: Any, observation: Any) -> Tensor:
    """The logarithm of a draw's likelihood; squashing it changes nothing about its derivatives."""
    if not hasattr(actor, "get_action_dist_params"):
        return _around(actor(observation))
    mean, log_std, further = actor.get_action_dist_params(observation)
    gaussian = actor.action_dist.proba_distribution(mean, log_std, **further).distribution
    likelihood: Tensor = gaussian.log_prob(gaussian.sample()).sum()
    return likelihood


def _around(outputs: Tensor, variance: float = 1.0) -> Tensor:
    """The derivative of it is that of a Gaussian's logarithm around ``outputs`` where a draw lies one deviation off.

    On which side each draw lies is drawn; in the mean over sides, the squared derivative is the Fisher information, and
    with one output the side makes no difference.
    """
    sides = torch.randint(0, 2, outputs.shape, device=outputs.device) * 2 - 1
    return (sides * outputs).sum() / math.sqrt(variance)


def _at(observations: Observations, step: int) -> Any:
    if isinstance(observations, dict):
        return {key: part[step : step + 1] for key, part in observations.items()}
    return observations[step : step + 1]
