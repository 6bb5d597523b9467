"""What differs between a source and a target task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rltransfer.tasks.family import Task

if TYPE_CHECKING:
    from gymnasium import Space


@dataclass(frozen=True, kw_only=True)
class SpaceDiff:
    """The differences that decide which transfer methods apply, and how.

    Args:
        observation: (source, target) observation spaces.
        action: (source, target) action spaces.
        observation_equal: the spaces are the same.
        action_equal: the spaces are the same and equal numbers mean the same action.
        reward_changed: another task, so another reward.
        dynamics_changed: another robot, another family, or a dynamics or layout factor moved.
        action_meanings: (source, target) what each action does, where actions have names.
        factors: names of the factors whose values differ, or that only one of the two draws at random.
    """

    observation: tuple[Space[Any], Space[Any]]
    action: tuple[Space[Any], Space[Any]]
    observation_equal: bool
    action_equal: bool
    reward_changed: bool
    dynamics_changed: bool
    factors: tuple[str, ...]
    action_meanings: tuple[tuple[str, ...] | None, tuple[str, ...] | None] = (None, None)

    @classmethod
    def between(cls, source: Task, target: Task) -> SpaceDiff:
        """Compare two tasks, of one family or of two."""
        (observed, acted), (observes, acts) = source.spaces(), target.spaces()
        observation, action = (observed, observes), (acted, acts)
        meanings = source.family.action_meanings(source.robot), target.family.action_meanings(target.robot)
        same_meaning = None in meanings or meanings[0] == meanings[1]
        same_family = source.family is target.family
        before, after = source.environment.full(), target.environment.full()
        drawn = [set(task.randomization.factors) if task.randomization else set() for task in (source, target)]
        varied = drawn[0] | drawn[1] if source.randomization != target.randomization else set()
        moved = tuple(sorted(n for n in {*before, *after} if before.get(n) != after.get(n) or n in varied))
        acting = {
            name
            for name in moved
            for family in (source.family, target.family)
            if name in family.factors and family.factors[name].kind in ("dynamics", "layout")
        }
        return cls(
            observation=observation,
            action=action,
            observation_equal=observation[0] == observation[1],
            action_equal=action[0] == action[1] and same_meaning,
            reward_changed=not same_family or source.task != target.task,
            dynamics_changed=not same_family or source.robot != target.robot or bool(acting),
            factors=moved,
            action_meanings=meanings,
        )

    @classmethod
    def between_spaces(cls, source: tuple[Space[Any], Space[Any]], target: tuple[Space[Any], Space[Any]]) -> SpaceDiff:
        """Compare two pairs (observation space, action space) of which no more is known.

        Equal action spaces are taken to mean equal actions; reward and dynamics are taken to have changed.
        """
        return cls(
            observation=(source[0], target[0]),
            action=(source[1], target[1]),
            observation_equal=source[0] == target[0],
            action_equal=source[1] == target[1],
            reward_changed=True,
            dynamics_changed=True,
            factors=(),
        )

    @property
    def homogeneous(self) -> bool:
        """Observation and action spaces both agree."""
        return self.observation_equal and self.action_equal

    def __str__(self) -> str:
        changes = []
        if not self.observation_equal:
            changes.append(f"observations {self.observation[0]} -> {self.observation[1]}")
        if not self.action_equal:
            changes.append(f"actions {self.action[0]} -> {self.action[1]}")
        if self.reward_changed:
            changes.append("reward")
        if self.dynamics_changed:
            changes.append("dynamics")
        if self.factors:
            changes.append("factors " + ", ".join(self.factors))
        kind = "homogeneous" if self.homogeneous else "heterogeneous"
        return f"{kind}; changed: {'; '.join(changes) or 'nothing'}"
