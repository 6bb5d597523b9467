"""Measure random and expert returns of every robot and task in the default environment.

python -m rltransfer_envs.arm.score --episodes 1000
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from rltransfer_envs.arm.expert import expert_actions
from rltransfer_envs.arm.factors import ROBOTS, TASKS
from rltransfer_envs.arm.vector_env import ArmVectorEnv


def play(
    env: ArmVectorEnv, policy: Callable[[ArmVectorEnv], npt.NDArray[Any]], *, episodes: int, seed: int
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


def random_policy(env: ArmVectorEnv) -> npt.NDArray[Any]:
    """Uniform over the action space, from the space's own generator."""
    return np.asarray(env.action_space.sample())


def expert_policy(env: ArmVectorEnv) -> npt.NDArray[Any]:
    """The scripted expert."""
    return expert_actions(env.simulation)


def main() -> None:
    """Print the entries of ``reference_scores.REFERENCE_SCORES``, with successes and lengths beside them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    for robot in ROBOTS:
        for task in TASKS:
            means, remarks = [], []
            for policy in (random_policy, expert_policy):
                env = ArmVectorEnv(50, robot=robot, task=task)
                env.action_space.seed(arguments.seed)
                returns, successes, lengths = play(env, policy, episodes=arguments.episodes, seed=arguments.seed)
                means.append(returns.mean())
                remarks.append(f"{successes.mean():.1%} in {lengths.mean():.1f} steps")
            sys.stdout.write(
                f'    ("{robot}", "{task}"): ReferenceScore(random={means[0]:.3f}, expert={means[1]:.3f}, '
                f"episodes={len(returns)}),  # success {' and '.join(remarks)}\n"
            )


if __name__ == "__main__":
    main()
