"""Environment steps a second of Arm, physics and pixels included, on one core.

    taskset -c 0 python benchmarks/arm.py [--repeats N]

Peer: the same environment as 64 single Gymnasium environments in a ``SyncVectorEnv``. ``physics alone`` is MuJoCo's
part of a control step: four substeps of every copy, without rewards and pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import measuring
import numba
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rltransfer.registry import FAMILIES

COPIES = 64
HARD = {"obstacles": 3, "texture": "checker", "distractors": 6, "noise": 10.0}


def physics_alone(env: Any, calls: int) -> Callable[[], float]:
    """Work: ``calls`` control steps of MuJoCo's, under random actions held throughout."""
    from rltransfer_envs.arm.model import SUBSTEPS

    env.reset(seed=0)
    env.step(env.action_space.sample())

    def work() -> float:
        for _ in range(calls):
            env.simulation.batch.step(nstep=SUBSTEPS)
        return float(calls * env.num_envs)

    return work


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    numba.set_num_threads(1)
    arm = FAMILIES.get("arm")
    arms = {
        f"two-link, reach, {copies} copies": measuring.stepping(arm.task().make_vec(num_envs=copies), 10_000 // copies)
        for copies in (1, 8, 64, 256)
    }
    arms[f"two-link, reach, {COPIES} copies, physics alone"] = physics_alone(arm.task().make_vec(num_envs=COPIES), 150)
    for robot in ("three-link", "gripper"):
        arms[f"{robot}, reach, {COPIES} copies"] = measuring.stepping(
            arm.task(robot=robot).make_vec(num_envs=COPIES), 150
        )
    for robot in ("two-link", "gripper"):
        push = arm.task(robot=robot, task="push")
        arms[f"{robot}, push, {COPIES} copies"] = measuring.stepping(push.make_vec(num_envs=COPIES), 150)
    hard = arm.task(task="push", environment=HARD)
    arms[f"two-link, push with {', '.join(HARD)}, {COPIES} copies"] = measuring.stepping(
        hard.make_vec(num_envs=COPIES), 100
    )
    single = [lambda: gymnasium.make("rltransfer_envs:rltransfer/Arm-v0")] * COPIES
    peer = f"{COPIES} single environments in a SyncVectorEnv"
    arms[peer] = measuring.stepping(SyncVectorEnv(single, autoreset_mode=AutoresetMode.SAME_STEP), 20)
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    print(f"\nnative batch / {peer}: {measuring.ratio(rates['two-link, reach, 64 copies'], rates[peer]):.1f}x")


if __name__ == "__main__":
    main()
