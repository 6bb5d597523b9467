"""Measuring the returns of the random policy and of a scripted expert, which give a family's returns a scale."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from gymnasium.vector import VectorEnv

from rltransfer.registry import FAMILIES
from rltransfer.tasks import Family

E = TypeVar("E", bound=VectorEnv[Any, Any, Any])
Actions = npt.NDArray[Any]
MOST_COPIES = 50
"""That are measured together."""


def play(
    env: E, policy: Callable[[E], Actions], *, episodes: int, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Play the first ``episodes / num_envs`` episodes of each copy: then short ones count no more often.

    Args:
        env: any number of copies.
        policy: from the environment to its next actions.
        episodes: in all; rounded up to a multiple of the copies.
        seed: of copy 0; copy k gets ``seed + k``.

    Returns:
        Undiscounted returns, successes and lengths, one for each episode.
    """
    per_copy = -(-episodes // env.num_envs)
    returns: list[float] = []
    successes: list[bool] = []
    lengths: list[int] = []
    running, steps = np.zeros(env.num_envs), np.zeros(env.num_envs, np.int64)
    played = np.zeros(env.num_envs, np.int64)
    env.reset(seed=seed)
    while played.min() < per_copy:
        _, rewards, terminated, truncated, infos = env.step(policy(env))
        running += rewards
        steps += 1
        for k in np.flatnonzero(terminated | truncated):
            if played[k] < per_copy:
                returns.append(float(running[k]))
                successes.append(bool(infos["final_info"]["is_success"][k]))
                lengths.append(int(steps[k]))
            played[k] += 1
            running[k], steps[k] = 0.0, 0
    return np.array(returns), np.array(successes), np.array(lengths)


def random_policy(env: VectorEnv[Any, Any, Any]) -> Actions:
    """Uniform over the action space, from the space's own generator."""
    return np.asarray(env.action_space.sample())


def print_scores(name: str, *, expert: Callable[[Any], Actions] | None = None, description: str, episodes: int) -> None:
    """Print the mean returns for a family's ``reference_scores``, with successes and lengths beside them.

    Args:
        name: of the family; each robot is measured in each task, in the default environment.
        expert: from the vector environment to the scripted expert's next actions; None where there is none.
        description: for the command's help.
        episodes: for each policy, where the command line does not say.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=episodes)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    family: Family = FAMILIES.get(name)
    policies = [random_policy] if expert is None else [random_policy, expert]
    for robot in family.robots:
        for task in family.tasks:
            means, remarks = [], []
            for policy in policies:
                env = family.make_vec(
                    family.task(robot=robot, task=task), num_envs=min(MOST_COPIES, arguments.episodes)
                )
                env.action_space.seed(arguments.seed)
                returns, successes, lengths = play(env, policy, episodes=arguments.episodes, seed=arguments.seed)
                env.close()
                means.append(f"{returns.mean():.3f}")
                remarks.append(f"{successes.mean():.1%} in {lengths.mean():.1f} steps")
            entry = means[0] if expert is None else f"({', '.join(means)})"
            sys.stdout.write(f'    ("{robot}", "{task}"): {entry},  # success {" and ".join(remarks)}\n')
            sys.stdout.flush()
