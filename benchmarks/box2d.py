"""Environment steps a second of Racing and Bipedal on one core, beside Gymnasium's own, and what a state costs.

    taskset -c 0 python benchmarks/box2d.py [--repeats N]

Peers: ``CarRacing-v3`` and ``BipedalWalker-v3`` with the same actions. Pictures are equal, pixel for pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import measuring

from rltransfer.registry import FAMILIES
from rltransfer.tasks.single_env_family import SingleEnvFamily


def stepping(env: gymnasium.Env[Any, Any], steps: int) -> Callable[[], float]:
    """Work: ``steps`` steps of an environment with random actions, resets included."""
    env.reset(seed=0)
    env.action_space.seed(0)

    def work() -> float:
        for _ in range(steps):
            *_, terminated, truncated, _ = env.step(env.action_space.sample())
            if terminated or truncated:
                env.reset()
        return steps

    return work


def replaying(env: gymnasium.Env[Any, Any], steps: int) -> Callable[[], float]:
    """Work: an episode put back that has had ``steps`` steps."""
    env.reset(seed=0)
    env.action_space.seed(0)
    played = 0
    while played < steps:
        *_, terminated, truncated, _ = env.step(0 * env.action_space.sample())
        if terminated or truncated:
            break
        played += 1
    state = env.get_wrapper_attr("get_state")()

    def work() -> float:
        env.get_wrapper_attr("set_state")(state)
        return played

    return work


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    racing, bipedal = FAMILIES.get("racing"), FAMILIES.get("bipedal")
    assert isinstance(racing, SingleEnvFamily)
    assert isinstance(bipedal, SingleEnvFamily)
    noisy = racing.task(environment={"noise": 10.0, "blur": 1})
    arms = {
        "racing": stepping(racing.make(racing.task()), 300),
        "racing with noise and blur": stepping(racing.make(noisy), 300),
        "CarRacing-v3": stepping(gymnasium.make("CarRacing-v3"), 300),
        "bipedal": stepping(bipedal.make(bipedal.task()), 1_000),
        "BipedalWalker-v3": stepping(gymnasium.make("BipedalWalker-v3"), 1_000),
        "racing, a state put back": replaying(racing.make(racing.task()), 900),
        "bipedal, a state put back": replaying(bipedal.make(bipedal.task()), 900),
    }
    rates = measuring.in_turn(arms, options.repeats)
    print(measuring.machine())
    measuring.show(rates, "steps/s")
    for ours, theirs in (("racing", "CarRacing-v3"), ("bipedal", "BipedalWalker-v3")):
        print(f"{ours} / {theirs}: {measuring.ratio(rates[ours], rates[theirs]):.2f}x")


if __name__ == "__main__":
    main()
