"""A trunk learns from frames that carry no reward, before its agent learns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from torch import Tensor, nn, optim

from rltransfer.agents.adoption import raw_space
from rltransfer.agents.anatomy import follow, trunk_of, trunk_sites
from rltransfer.agents.draws import generator_for
from rltransfer.agents.feature_cache import FeatureCache
from rltransfer.agents.rollouts import Rollout
from rltransfer.errors import NotApplicableError
from rltransfer.tasks.perceived import of_perceived, perceived_key
from rltransfer.trunks.trunk import Trunk, evaluating

if TYPE_CHECKING:
    from rltransfer.transfer.attaching import Attachment

HELD_OUT = 0.1
"""Share of the frames that nothing is learned from, drawn at random, for the figures before and after."""
MOST_HELD_OUT = 512
FEWEST = 4
"""Frames of a task below which there are none to hold out and to learn from."""


@dataclass(frozen=True, kw_only=True)
class Frames:
    """n steps without their rewards.

    Args:
        before: (n, *observation), the part that a trunk perceives.
        actions: (n,) int64, or (n, numbers) float32 scaled to [-1, 1].
        after: as ``before``, one step later.
        episodes: (n,) int64, the number from 0 of the episode that each step is of.
        num_actions: how many discrete actions there are; 0 for continuous ones.
    """

    before: Tensor
    actions: Tensor
    after: Tensor
    episodes: Tensor
    num_actions: int

    def __len__(self) -> int:
        return len(self.actions)

    def at(self, rows: Tensor | slice) -> Frames:
        """Some of the steps."""
        before, actions, after, episodes = (part[rows] for part in self._tensors())
        return Frames(before=before, actions=actions, after=after, episodes=episodes, num_actions=self.num_actions)

    def on(self, device: torch.device) -> Frames:
        """The same on another device."""
        before, actions, after, episodes = (part.to(device) for part in self._tensors())
        return Frames(before=before, actions=actions, after=after, episodes=episodes, num_actions=self.num_actions)

    def _tensors(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.before, self.actions, self.after, self.episodes


class Objective(nn.Module, ABC):
    """What a trunk is to get better at, with the layers that serve this alone and are dropped afterwards."""

    holds_out_episodes: ClassVar[bool] = True
    """Whether frames are held out by the episode, so that none is nearly one that was learned from; else singly, where
    frames are compared with each other and are to be as unlike as in minibatches."""

    @abstractmethod
    def loss(self, trunk: Trunk, frames: Frames, part: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The loss of a minibatch, a scalar, and which of its rows were got right: (n,) from 0 to 1.

        Args:
            trunk: what learns.
            frames: the minibatch.
            part: which of the parts of all frames it is from.
            generator: on the CPU, for what is drawn.
        """

    @abstractmethod
    def chance(self, frames: Frames) -> float:
        """What share of rows is got right by who knows nothing of them."""

    def after_step(self, trunk: Trunk) -> None:
        """Called after each optimizer step."""


def gathered(transfer: Attachment, steps: int, on: Literal["target", "source", "both"]) -> tuple[Frames, ...]:
    """Frames of as many environment steps, one part for each task that is played.

    Raises:
        NotApplicableError: the source's environment gives cached features.
    """
    parts = []
    share = -(-steps // 2) if on == "both" else steps
    if on != "source":
        model = transfer.model
        rollout = transfer.play_target(model, share, at_random=isinstance(model, OffPolicyAlgorithm))
        parts.append(_frames(rollout, model))
    if on != "target":
        if isinstance(transfer.source.get_env(), FeatureCache):
            raise NotApplicableError(
                "the source gives cached features in the place of frames; save the agent and load it"
            )
        parts.append(_frames(transfer.play_source(share), transfer.source))
    return tuple(parts)


def pretrain(
    transfer: Attachment,
    objective_of: Callable[[Trunk], Objective],
    frames: tuple[Frames, ...],
    *,
    updates: int,
    batch_size: int,
    learning_rate: float,
    by: str,
) -> dict[str, Any]:
    """Let the trunk that acts learn from ``frames``, and give what it learned to every other copy.

    Args:
        transfer: under way; its optimizers are not touched.
        objective_of: the trunk -> what it is to get better at.
        frames: from ``gathered``; minibatches are taken from its parts in turn.
        updates: optimizer steps.
        batch_size: rows of a minibatch.
        learning_rate: of Adam.
        by: what the ledger says that it was pretrained by.

    Returns:
        Loss and share of held-out rows got right, before and after.
    """
    model = transfer.model
    trunk = trunk_of(model)
    learned = [name for _, name, parameter in trunk.named_stage_parameters() if parameter.requires_grad]
    if not learned:
        has_weights = any(True for _ in trunk.parameters())
        why = "every stage of the trunk is frozen" if has_weights else "this trunk has no weights"
        raise NotApplicableError(f"{by} has nothing to learn: {why}")
    if min(map(len, frames)) < FEWEST:
        raise NotApplicableError(f"{by} has {min(map(len, frames))} frames of a task; give {FEWEST} frames or more")
    objective = objective_of(trunk).to(model.device)
    splits = [
        _split(part, generator_for(model, f"{by}: held-out frames"), by_episode=objective.holds_out_episodes)
        for part in frames
    ]
    held, kept = zip(*splits, strict=True)
    held = tuple(part.on(model.device) for part in held)
    found = {"frames": sum(map(len, frames)), "updates": updates, "before": _measured(objective, trunk, held, model)}
    mode = trunk.training
    trunk.train()
    objective.train()
    minibatches = generator_for(model, f"{by}: minibatches")
    _learn(trunk, objective, kept, minibatches, updates=updates, batch_size=batch_size, learning_rate=learning_rate)
    trunk.train(mode)
    for site in trunk_sites(model):
        if site.trunk is not trunk and site.role == "online":
            site.trunk.load_state_dict(trunk.state_dict())
    follow(model)
    for number, site in enumerate(trunk_sites(model)):
        prefix = "trunk" if number == 0 else site.path
        transfer.ledger.pretrained([f"{prefix}.{name}" for name in learned], by)
    return {**found, "after": _measured(objective, trunk, held, model)}


def _learn(
    trunk: Trunk,
    objective: Objective,
    frames: Sequence[Frames],
    generator: torch.Generator,
    *,
    updates: int,
    batch_size: int,
    learning_rate: float,
) -> None:
    parameters = [p for p in (*trunk.parameters(), *objective.parameters()) if p.requires_grad]
    optimizer = optim.Adam(parameters, lr=learning_rate)
    for update in range(updates):
        number = update % len(frames)
        rows = torch.randint(len(frames[number]), (batch_size,), generator=generator)
        minibatch = frames[number].at(rows).on(trunk.device)
        optimizer.zero_grad()
        objective.loss(trunk, minibatch, number, generator)[0].backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        objective.after_step(trunk)
    for parameter in trunk.parameters():
        parameter.grad = None  # the agent's own updates begin with none


@torch.no_grad()
def _measured(objective: Objective, trunk: Trunk, held: Sequence[Frames], model: BaseAlgorithm) -> dict[str, float]:
    """Means over the held-out rows of each part; the same draws every time."""
    figures: dict[str, list[float]] = {"loss": [], "accuracy": [], "chance": []}
    with evaluating(trunk), evaluating(objective):
        for number, part in enumerate(held):
            loss, right = objective.loss(trunk, part, number, generator_for(model, "held-out frames"))
            for name, value in (("loss", loss), ("accuracy", right.mean()), ("chance", objective.chance(part))):
                figures[name].append(float(value))
    return {name: round(float(np.mean(values)), 5) for name, values in figures.items()}


def _split(frames: Frames, generator: torch.Generator, *, by_episode: bool) -> tuple[Frames, Frames]:
    """What is held out, and what is learned from; of episodes held out, one is cut where the share is reached."""
    if by_episode:
        order = torch.randperm(int(frames.episodes.max()) + 1, generator=generator)
        rows = order[frames.episodes].argsort(stable=True)
    else:
        rows = torch.randperm(len(frames), generator=generator)
    count = min(max(2, int(HELD_OUT * len(frames))), MOST_HELD_OUT)
    return frames.at(rows[:count]), frames.at(rows[count:])


def _frames(rollout: Rollout, agent: BaseAlgorithm) -> Frames:
    key, space = perceived_key(raw_space(agent)), agent.action_space
    env = agent.get_env()
    assert env is not None
    begins = np.roll(rollout.ended, 1)
    begins[:: len(rollout) // env.num_envs] = True  # of each copy, whose steps stand together
    actions: NDArray[Any] = rollout.actions
    if isinstance(space, spaces.Box):
        actions = (2 * (actions - space.low) / (space.high - space.low) - 1).reshape(len(rollout), -1)
    return Frames(
        before=torch.as_tensor(of_perceived(rollout.observations, key)),
        actions=torch.as_tensor(actions).long()
        if isinstance(space, spaces.Discrete)
        else torch.as_tensor(actions).float(),
        after=torch.as_tensor(of_perceived(rollout.next_observations, key)),
        episodes=torch.as_tensor(begins.cumsum() - 1),
        num_actions=int(space.n) if isinstance(space, spaces.Discrete) else 0,
    )
