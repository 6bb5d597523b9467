"""Random rollouts that can be compared: the same actions for the same seeds, whatever the number of copies."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from rltransfer.tasks.stepped_in_turn import state_method


@dataclass(frozen=True)
class Trace:
    """A rollout: observations, rewards and ends of every copy, stacked over steps; the first is the reset's.

    ``states`` are what ``get_state`` gave on the way, where they were asked for.
    """

    observations: Any
    rewards: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    states: tuple[Mapping[str, Any], ...] = ()

    def same_path(self, other: Trace) -> bool:
        """Rewards and ends are equal, whatever is seen."""
        return all(
            np.array_equal(mine, theirs)
            for mine, theirs in (
                (self.rewards, other.rewards),
                (self.terminated, other.terminated),
                (self.truncated, other.truncated),
            )
        )

    def differing_states(self, other: Trace, *, seen: Collection[str] = ()) -> tuple[str, ...]:
        """Names of the entries in which the states of the two differ.

        Args:
            other: with as many states.
            seen: names of entries that say what is seen, and may differ.
        """
        found: dict[str, None] = {}
        for mine, theirs in zip(self.states, other.states, strict=True):
            one, two = dict(_entries(mine)), dict(_entries(theirs))
            for name in {**one, **two}:
                is_same = name in one and name in two and equal(one[name], two[name])
                if not is_same and not {*name.split("/")} & {*seen}:
                    found[name] = None
        return tuple(found)

    def same_sight(self, other: Trace) -> bool:
        """Observations are equal, element for element."""
        return equal(self.observations, other.observations)


def rollout(env: VectorEnv[Any, Any, Any], *, seeds: list[int], steps: int, actions: int = 0, states: int = 0) -> Trace:
    """Play random actions, the same for the same ``actions`` seed and copy, whatever the number of copies.

    Args:
        env: as many copies as there are seeds.
        seeds: one a copy; each copy's actions depend on its own seed alone.
        steps: to take.
        actions: seed of the actions.
        states: how many to keep, evenly spread, the last at the end; the environment must have them.
    """
    given: Any = seeds
    observations, _ = env.reset(seed=given)
    samplers = [action_sampler(env.single_action_space, [actions, seed]) for seed in seeds]
    seen, rewards, terminated, truncated = [copied(observations)], [], [], []
    kept: list[Mapping[str, Any]] = []
    at = {round(steps * (k + 1) / states) for k in range(states)}
    for step in range(steps):
        chosen = np.stack([sample() for sample in samplers])
        observations, reward, term, trunc, _ = env.step(chosen)
        seen.append(copied(observations))
        rewards.append(np.array(reward, np.float64))
        terminated.append(np.array(term))
        truncated.append(np.array(trunc))
        if step + 1 in at:
            kept.append(state_method(env, "get_state")())
    return Trace(stacked(seen), np.stack(rewards), np.stack(terminated), np.stack(truncated), tuple(kept))


def _entries(state: Mapping[str, Any], of: str = "") -> Iterator[tuple[str, Any]]:
    """The arrays, numbers and texts of a state by name; ``/`` stands between the names of a state within a state."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from _entries(value, f"{of}{name}/")
        else:
            yield f"{of}{name}", value


def action_sampler(space: spaces.Space[Any], seed: list[int]) -> Callable[[], NDArray[Any]]:
    """Random actions that hold for a few steps each: jitter moves nothing far."""
    rng = np.random.default_rng(seed)
    held: dict[str, Any] = {"left": 0}

    def sample() -> NDArray[Any]:
        if held["left"] == 0:
            held["left"] = int(rng.integers(1, 6))
            if isinstance(space, spaces.Discrete):
                held["action"] = np.asarray(space.start + rng.integers(space.n))
            else:
                assert isinstance(space, spaces.Box)
                low, high = np.maximum(space.low, -1e3), np.minimum(space.high, 1e3)
                held["action"] = rng.uniform(low, high).astype(space.dtype)
        held["left"] -= 1
        action: NDArray[Any] = held["action"]
        return action

    return sample


def equal(one: Any, other: Any) -> bool:
    """Whether two observations, arrays or dictionaries of them, are equal element for element."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    left, right = np.asarray(one), np.asarray(other)
    return left.shape == right.shape and bool(np.array_equal(left, right))


def copied(observations: Any) -> Any:
    """Observations that later steps do not overwrite."""
    if isinstance(observations, dict):
        return {key: copied(value) for key, value in observations.items()}
    return np.array(observations)


def stacked(seen: list[Any]) -> Any:
    """Observations of several steps along a new first axis."""
    if isinstance(seen[0], dict):
        return {key: stacked([entry[key] for entry in seen]) for key in seen[0]}
    return np.stack(seen)


def only_copy(observations: Any, k: int) -> Any:
    """Of stacked observations (steps, copies, ...) those of copy ``k``, as a batch of one."""
    if isinstance(observations, dict):
        return {key: only_copy(value, k) for key, value in observations.items()}
    return observations[:, [k]]


def copy_at(observations: Any, k: int) -> Any:
    """The observation of copy ``k`` in a batch."""
    if isinstance(observations, dict):
        return {key: value[k] for key, value in observations.items()}
    return observations[k]


def first_copy(observations: Any) -> Any:
    """The observation of the first copy in a batch."""
    return copy_at(observations, 0)
