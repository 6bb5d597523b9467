"""Environment steps a second of the MiniGrid family, on one core.

    taskset -c 0 python benchmarks/grid_worlds.py [--repeats N]

Peer: MiniGrid's own environment under its wrapper for RGB partial views, whose observations are equal bit for bit.
(A file called minigrid.py would hide the package of that name.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import measuring

from rltransfer.registry import FAMILIES

COPIES = 16
PEER = "MiniGrid itself, empty, RGB partial view, 1 environment"
OURS = "empty, partial-rgb, 1 environment"
VARIATIONS = {
    "empty, full-rgb": {"observation": "full-rgb"},
    "empty, partial-symbolic": {"observation": "partial-symbolic"},
    "four-rooms of 19, partial-rgb": {"layout": "four-rooms", "size": 19},
    "four-rooms of 19, full-rgb": {"layout": "four-rooms", "size": 19, "observation": "full-rgb"},
    "empty, partial-rgb, noise": {"noise": 10.0},
}


def single(env: gymnasium.Env[Any, Any], steps: int) -> Callable[[], float]:
    """Work: ``steps`` random steps of one environment, resets included."""
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(512)]

    def work() -> float:
        for step in range(steps):
            *_, terminated, truncated, _ = env.step(actions[step % len(actions)])
            if terminated or truncated:
                env.reset()
        return steps

    return work


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    family = FAMILIES.get("minigrid")
    task = family.task()
    arms = {PEER: single(family.upstream(task), 500), OURS: single(family.make(task), 5_000)}
    arms[f"empty, partial-rgb, {COPIES} copies"] = measuring.stepping(task.make_vec(num_envs=COPIES), 300)
    for name, factors in VARIATIONS.items():
        varied = task.changed(environment=factors)
        arms[f"{name}, {COPIES} copies"] = measuring.stepping(varied.make_vec(num_envs=COPIES), 150)
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    print(f"\n{OURS} / {PEER}: {measuring.ratio(rates[OURS], rates[PEER]):.1f}x")


if __name__ == "__main__":
    main()
