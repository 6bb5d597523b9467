"""What each transfer method costs: seconds before learning, and steps a second relative to fine-tuning.

    python benchmarks/methods.py [--threads N] [--repeats N] [--algorithms ppo dqn sac]

Every registered method that serves the algorithm is measured with its own defaults, on 84x84x4 images that cost
nothing to make; all take turns. Where a method needs more than its defaults, ``SETTINGS_OF`` says what it is given.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import measuring
import numpy as np
from gymnasium import spaces
from measuring import learner
from stable_baselines3.common.base_class import BaseAlgorithm
from synthetic import BATCH, EPOCHS, SyntheticImages

import rltransfer as rlt
from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.registry import METHODS

ON_POLICY = {"n_steps": 32, "batch_size": BATCH, "n_epochs": EPOCHS}
OFF_POLICY = {"buffer_size": 2_048, "learning_starts": 64, "batch_size": 128, "train_freq": 4, "gradient_steps": 4}
STEPS = {"ppo": 256, "dqn": 128, "sac": 64}
SETTINGS_OF: dict[str, dict[str, Any]] = {}
LEFT_OUT = ("direct", "compose")
"""The one that does not learn, and the one that is several others."""
REFERENCE = "finetune"


def made(algorithm: str, **changes: Any) -> BaseAlgorithm:
    """An agent on the Nature trunk in front of frames that cost nothing."""
    actions = spaces.Box(-1, 1, (2,), np.float32) if algorithm == "sac" else None
    settings = ON_POLICY if algorithm == "ppo" else OFF_POLICY
    changes = {"trunk": "nature", "seed": 0, "device": "cpu", **settings, **changes}
    return rlt.make_agent(algorithm, SyntheticImages(actions=actions), **changes)


def attached(name: str, algorithm: str) -> tuple[BaseAlgorithm, float] | str:
    """A learner with the method attached and the seconds that took, or why there is none."""
    try:
        method = METHODS.get(name)(**SETTINGS_OF.get(name, {}))
    except ConfigError as error:
        return str(error)
    model, source = made(algorithm), made(algorithm, seed=1)
    start = time.perf_counter()
    try:
        method.attach(model, source if method.takes_source else None)
    except (NotApplicableError, ConfigError) as error:
        return str(error)
    return model, time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--algorithms", nargs="+", choices=list(STEPS), default=list(STEPS))
    chosen, rest = parser.parse_known_args()
    options = measuring.arguments(__doc__ or "", rest)
    print(measuring.machine())
    for algorithm in chosen.algorithms:
        found = {name: attached(name, algorithm) for name in METHODS.names() if name not in LEFT_OUT}
        arms = {name: made for name, made in found.items() if not isinstance(made, str)}
        rates = measuring.in_turn(
            {name: learner(model, STEPS[algorithm]) for name, (model, _) in arms.items()}, options.repeats
        )
        print(f"\n{algorithm}\nmethod                before learning     steps/s  / {REFERENCE}")
        for name, (_, seconds) in arms.items():
            share = measuring.ratio(rates[name], rates[REFERENCE])
            print(f"{name:<22}{seconds:>13.1f} s{np.median(rates[name]):>12,.0f}{share:>11.2f}x")
        for name, why in found.items():
            if isinstance(why, str):
                print(f"{name}: {why.splitlines()[0]}")


if __name__ == "__main__":
    main()
