"""Environment steps a second of Rover, pixels included, on one core.

    taskset -c 0 python benchmarks/rover.py [--repeats N]

Peer: the same environment as 64 single Gymnasium environments in a ``SyncVectorEnv``.
"""

from __future__ import annotations

import gymnasium
import measuring
import numba
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rltransfer.registry import FAMILIES

COPIES = 64
HARD = {"walls": 4, "texture": "checker", "distractors": 6, "noise": 10.0}


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    numba.set_num_threads(1)
    rover = FAMILIES.get("rover")
    arms = {
        f"omni, reach, {copies} copies": measuring.stepping(rover.task().make_vec(num_envs=copies), 40_000 // copies)
        for copies in (1, 8, 64, 256)
    }
    for robot in ("differential", "hovercraft"):
        arms[f"{robot}, reach, {COPIES} copies"] = measuring.stepping(
            rover.task(robot=robot).make_vec(num_envs=COPIES), 500
        )
    arms[f"omni, push, {COPIES} copies"] = measuring.stepping(rover.task(task="push").make_vec(num_envs=COPIES), 500)
    hard = rover.task(task="push", environment=HARD)
    arms[f"omni, push with {', '.join(HARD)}, {COPIES} copies"] = measuring.stepping(
        hard.make_vec(num_envs=COPIES), 300
    )
    single = [lambda: gymnasium.make("rltransfer_envs:rltransfer/Rover-v0")] * COPIES
    peer = f"{COPIES} single environments in a SyncVectorEnv"
    arms[peer] = measuring.stepping(SyncVectorEnv(single, autoreset_mode=AutoresetMode.SAME_STEP), 20)
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    print(f"\nnative batch / {peer}: {measuring.ratio(rates['omni, reach, 64 copies'], rates[peer]):.1f}x")


if __name__ == "__main__":
    main()
