"""Measuring ratios on a noisy machine: all arms in turn, in one process, several times."""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from gymnasium.vector import VectorEnv
from stable_baselines3.common.base_class import BaseAlgorithm


def arguments(description: str, given: Sequence[str] | None = None) -> argparse.Namespace:
    """Command-line arguments common to all benchmarks; torch is set to the threads asked for.

    Args:
        description: of the benchmark.
        given: the arguments, where not the process's own.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="torch threads")
    parser.add_argument("--repeats", type=int, default=7, help="times each arm is measured")
    parsed = parser.parse_args(given)
    torch.set_num_threads(parsed.threads)
    return parsed


def stepping(env: VectorEnv[Any, Any, Any], calls: int) -> Callable[[], float]:
    """Work: ``calls`` calls of step with random actions drawn beforehand; counts environment steps."""
    env.reset(seed=0)
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(32)]

    def work() -> float:
        for call in range(calls):
            env.step(actions[call % len(actions)])
        return calls * env.num_envs

    return work


def learner(model: BaseAlgorithm, steps: int) -> Callable[[], float]:
    """Work: ``steps`` environment steps and their updates; once is done beforehand."""
    model.learn(steps)

    def work() -> float:
        model.learn(steps, reset_num_timesteps=False)
        return steps

    return work


def in_turn(arms: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Rates of each arm: a warm-up, then ``repeats`` rounds in which every arm has its turn.

    Args:
        arms: name to a function that does the work and returns how many units it did.
        repeats: rounds counted.

    Returns:
        Name to units a second, one figure a round.
    """
    rates: dict[str, list[float]] = {name: [] for name in arms}
    for turn in range(repeats + 1):
        for name, work in arms.items():
            start = time.perf_counter()
            units = work()
            seconds = time.perf_counter() - start
            if turn > 0:
                rates[name].append(units / seconds)
    return rates


def show(rates: Mapping[str, list[float]], unit: str) -> None:
    """Print median, least and greatest rate of each arm."""
    width = max(map(len, rates))
    for name, values in rates.items():
        spread = f"(min {min(values):,.0f}, max {max(values):,.0f})"
        print(f"{name:<{width}}  {statistics.median(values):>10,.0f} {unit}  {spread}")


def ratio(above: list[float], below: list[float]) -> float:
    """Median of the ratios round by round, which the machine's drift does not move."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def machine() -> str:
    """The processor and torch, in a line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    name = f"{len(names)} x {names[0]}" if names else platform.processor()
    return f"{name}, torch {torch.__version__}, {torch.get_num_threads()} threads"
