"""Environment steps a second of Locomotion on one core, and of Gymnasium's own environments stepped in turn.

    taskset -c 0 python benchmarks/locomotion.py [--repeats N]

Random actions. In the peer, 64 copies of ``gymnasium.make(id)`` stand in a ``SyncVectorEnv``; both play the same bits.
"""

from __future__ import annotations

from collections.abc import Callable

import measuring
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from rltransfer.registry import FAMILIES
from rltransfer.tasks.family import Randomization

COPIES = 64
CALLS = {"half-cheetah": 60, "hopper": 30, "walker2d": 20, "ant": 10, "swimmer": 40, "humanoid": 8}
DRAWN = ("gravity", "friction", "density", "motor_strength", "limb_length")


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    family = FAMILIES.get("locomotion")
    arms: dict[str, Callable[[], float]] = {}
    for robot, calls in CALLS.items():
        task = family.task(robot=robot)
        arms[f"{robot}, native"] = measuring.stepping(task.make_vec(num_envs=COPIES), calls)
        singles = [lambda task=task: family.upstream(task)] * COPIES
        arms[f"{robot}, in turn"] = measuring.stepping(
            SyncVectorEnv(singles, autoreset_mode=AutoresetMode.SAME_STEP), calls
        )
    drawn = family.task(robot="half-cheetah", randomization=Randomization(factors=DRAWN))
    name = f"half-cheetah, native, {len(DRAWN)} factors drawn every episode"
    arms[name] = measuring.stepping(drawn.make_vec(num_envs=COPIES), CALLS["half-cheetah"])
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    for robot in CALLS:
        print(
            f"{robot}: native / in turn {measuring.ratio(rates[f'{robot}, native'], rates[f'{robot}, in turn']):.2f}x"
        )


if __name__ == "__main__":
    main()
