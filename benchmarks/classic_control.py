"""Environment steps a second of classic control, as vectors and as pixels, on one core.

    taskset -c 0 python benchmarks/classic_control.py [--repeats N]

Peers: Gymnasium's own environments in a ``SyncVectorEnv``, and for pixels its own rendering at 400 by 600, not resized.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import measuring
import numba
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import AddRenderObservation

from rltransfer_envs.classic_control.family import ALL, CARTPOLE

COPIES = 64


def _seen() -> gymnasium.Env[Any, Any]:
    return AddRenderObservation(gymnasium.make("CartPole-v1", render_mode="rgb_array"))


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    numba.set_num_threads(1)
    pixels = {"observation": "pixels"}
    hard = {**pixels, "texture": "checker", "distractors": 6, "noise": 10.0}
    arms = {}
    for family in ALL:
        calls = 1_000 if family is CARTPOLE else 50
        arms[f"{family.name}, vector, {COPIES} copies"] = measuring.stepping(
            family.task().make_vec(num_envs=COPIES), calls
        )
        seen = family.task(environment=pixels).make_vec(num_envs=COPIES)
        arms[f"{family.name}, pixels, {COPIES} copies"] = measuring.stepping(seen, 200 if family is CARTPOLE else 30)
    busy = CARTPOLE.task(environment=hard).make_vec(num_envs=COPIES)
    arms["cartpole, pixels with texture, distractors, noise"] = measuring.stepping(busy, 100)
    arms["cartpole, vector, 1 copy"] = measuring.stepping(CARTPOLE.task().make_vec(num_envs=1), 5_000)
    reset = AutoresetMode.SAME_STEP
    peer = f"CartPole-v1, {COPIES} in a SyncVectorEnv"
    single = [lambda: gymnasium.make("CartPole-v1")] * COPIES
    arms[peer] = measuring.stepping(SyncVectorEnv(single, autoreset_mode=reset), 50)
    arms[f"{peer}, rendered"] = measuring.stepping(SyncVectorEnv([_seen] * COPIES, autoreset_mode=reset), 3)
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    for kind, other in (("vector", peer), ("pixels", f"{peer}, rendered")):
        faster = measuring.ratio(rates[f"cartpole, {kind}, {COPIES} copies"], rates[other])
        print(f"cartpole, {kind} / {other}: {faster:.1f}x")


if __name__ == "__main__":
    main()
