"""Environment steps a second of Atari games, preprocessing included.

    taskset -c 0,1 python benchmarks/atari.py [--repeats N]

Peer: ale-py's own ``AtariVectorEnv``, with as many threads as this family has processes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import measuring
import numpy as np
from ale_py.vector_env import AtariVectorEnv
from gymnasium.vector import AutoresetMode

from rltransfer.registry import FAMILIES
from rltransfer_envs.atari.games import GAMES
from rltransfer_envs.atari.settings import settings_of
from rltransfer_envs.atari.vector_env import AtariGames

COPIES = 16
CALLS = 60
GAMES_MEASURED = ("pong", "breakout", "freeway")


def stepping(env: Any) -> Callable[[], float]:
    """Work: ``CALLS`` calls of step with random actions drawn beforehand."""
    env.reset(seed=0)
    rng = np.random.default_rng(0)
    actions = [rng.integers(18, size=env.num_envs) for _ in range(CALLS)]

    def work() -> float:
        for chosen in actions:
            env.step(chosen)
        return CALLS * env.num_envs

    return work


def upstream(game: str, threads: int) -> AtariVectorEnv:
    """ale-py's own batch by the same protocol."""
    return AtariVectorEnv(
        GAMES[game].rom,
        COPIES,
        num_threads=threads,
        repeat_action_probability=0.25,
        full_action_space=True,
        noop_max=0,
        use_fire_reset=False,
        reward_clipping=False,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    family = FAMILIES.get("atari")
    arms: dict[str, Callable[[], float]] = {}
    for game in GAMES_MEASURED:
        settings = settings_of(family.task(task=game))
        for count in (1, 2):
            ours = AtariGames(settings, num_envs=COPIES, processes=count)
            arms[f"{game}, {COPIES} copies, {count} processes"] = stepping(ours)
            arms[f"{game}, {COPIES} copies, AtariVectorEnv, {count} threads"] = stepping(upstream(game, count))
    looks = {"hue": 60.0, "invert": True, "noise": 10.0}
    changed = settings_of(family.task(environment={"mode": 1, **looks}))
    arms[f"pong with {', '.join(looks)}, 2 processes"] = stepping(AtariGames(changed, num_envs=COPIES, processes=2))
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    for game in GAMES_MEASURED:
        for count in (1, 2):
            mine = rates[f"{game}, {COPIES} copies, {count} processes"]
            theirs = rates[f"{game}, {COPIES} copies, AtariVectorEnv, {count} threads"]
            print(f"{game}: ours / AtariVectorEnv on {count}: {measuring.ratio(mine, theirs):.2f}")


if __name__ == "__main__":
    main()
