"""What an agent sees and does while it plays a task: transitions for methods that learn from a source's behaviour."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from rltransfer.errors import NotApplicableError

Observations = NDArray[Any] | dict[str, NDArray[Any]]
"""(n, *observation), or as much for each part by name."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """n transitions, those of one environment copy one after another.

    Args:
        observations: before each action, as the agent's buffer would hold them: normalised where it normalises.
        actions: (n, *action), as the environment took them.
        rewards: (n,) float32.
        next_observations: after each action; at an episode's end the true last observation and not the next first.
        terminated: (n,) whether the episode ended by itself there. At a time limit it did not.
        ended: (n,) whether the episode ended there at all.
    """

    observations: Observations
    actions: NDArray[Any]
    rewards: NDArray[np.float32]
    next_observations: Observations
    terminated: NDArray[np.bool_]
    ended: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.rewards)


def play(
    model: BaseAlgorithm,
    steps: int,
    *,
    deterministic: bool = False,
    env: VecEnv | None = None,
    at_random: bool = False,
) -> Rollout:
    """Let ``model`` act for at least ``steps`` environment steps, without learning.

    Args:
        model: an agent.
        steps: environment steps over all copies; rounded up to a whole number for each copy.
        deterministic: take the likeliest action instead of drawing one.
        at_random: take actions drawn evenly from the action space instead of the model's.
        env: where to act; the model's own environment where left out. It is reset first.

    Raises:
        NotApplicableError: there is no environment.
    """
    env = env if env is not None else model.get_env()
    if env is None:
        raise NotApplicableError("the agent is to play and has no environment: rltransfer.load_agent(folder, env=...)")
    columns: list[tuple[Any, ...]] = []
    observations: Any = env.reset()
    state, starts = None, np.ones(env.num_envs, dtype=bool)
    space = deepcopy(model.action_space)
    if at_random:
        space.seed(int(np.random.randint(2**31)))  # noqa: NPY002 -- where exploration is drawn from, too
    for _ in range(-(-steps // env.num_envs)):
        if at_random:
            actions = np.stack([space.sample() for _ in range(env.num_envs)])
        else:
            actions, state = model.predict(observations, state=state, episode_start=starts, deterministic=deterministic)
        following, rewards, ended, infos = env.step(actions)
        last = _true_next(following, ended, infos)
        cut = np.array([bool(info.get("TimeLimit.truncated", False)) for info in infos])
        columns.append((_copied(observations), actions, rewards, last, ended & ~cut, ended))
        observations, starts = following, ended
    seen, actions, rewards, last, terminated, ended = (_by_copy(column) for column in zip(*columns, strict=True))
    return Rollout(
        observations=seen,
        actions=actions,
        rewards=rewards.astype(np.float32),
        next_observations=last,
        terminated=terminated,
        ended=ended,
    )


def _true_next(observations: Any, ended: NDArray[np.bool_], infos: list[dict[str, Any]]) -> Any:
    """``observations`` with those after an episode's end replaced by its last."""
    observations = _copied(observations)
    for copy in np.flatnonzero(ended):
        final = infos[copy]["terminal_observation"]
        if isinstance(observations, dict):
            for key, part in observations.items():
                part[copy] = final[key]
        else:
            observations[copy] = final
    return observations


def _copied(observations: Any) -> Any:
    if isinstance(observations, dict):
        return {key: np.array(part) for key, part in observations.items()}
    return np.array(observations)


def _by_copy(column: tuple[Any, ...]) -> Any:
    """Steps of (copies, ...) -> (copies * steps, ...), one copy after another."""
    if isinstance(column[0], dict):
        return {key: _by_copy(tuple(part[key] for part in column)) for key in column[0]}
    stacked = np.stack(column, axis=1)
    return stacked.reshape(-1, *stacked.shape[2:])
