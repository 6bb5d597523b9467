"""What each transfer method costs: seconds before learning, and steps a second relative to fine-tuning.

    python benchmarks/methods.py [--threads N] [--repeats N] [--groups ppo dqn sac batch-norm relational successor]

Every registered method that serves the group's algorithm is measured with its own defaults, on 84x84x4 images that
cost nothing to make; all take turns. What is done before learning begins takes as long as its settings say, apart
from ``PRETRAINING``, which is cut to a tenth. The last three groups have what one method needs, and measure it alone.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
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
from rltransfer.trunks.specs import Nature, TrunkSpec

ON_POLICY = {"n_steps": 32, "batch_size": BATCH, "n_epochs": EPOCHS}
OFF_POLICY = {"buffer_size": 2_048, "learning_starts": 64, "batch_size": 128, "train_freq": 4, "gradient_steps": 4}
PRETRAINING = {"frames": 1_000, "updates": 200}
SETTINGS_OF = {"contrastive": PRETRAINING, "inverse_dynamics": PRETRAINING}
LEFT_OUT = ("direct", "compose")
"""The one that does not learn, and the one that is several others."""
REFERENCE = "finetune"


@dataclass(frozen=True)
class Group:
    """Methods measured together: with the same algorithm, trunk and steps a turn; all that serve, or those named."""

    algorithm: str
    steps: int
    settings: dict[str, Any]
    trunk: str | TrunkSpec = "nature"
    only: tuple[str, ...] = ()

    def made(self, seed: int) -> BaseAlgorithm:
        """An agent in front of frames that cost nothing."""
        actions = spaces.Box(-1, 1, (2,), np.float32) if self.algorithm == "sac" else None
        made = {"trunk": self.trunk, "seed": seed, "device": "cpu", **self.settings}
        return rlt.make_agent(self.algorithm, SyntheticImages(actions=actions), **made)

    def attached(self, name: str) -> tuple[BaseAlgorithm, float] | str:
        """A learner with the method attached and the seconds that took, or why there is none."""
        model, source = self.made(0), self.made(1)
        start = time.perf_counter()
        try:
            method = METHODS.get(name)(**SETTINGS_OF.get(name, {}))
            method.attach(model, source if method.takes_source else None)
        except (NotApplicableError, ConfigError) as error:
            return str(error).splitlines()[0]
        return model, time.perf_counter() - start

    def measure(self, repeats: int) -> None:
        """Print each method's figures, then why others have none."""
        names = (
            (REFERENCE, *self.only) if self.only else tuple(name for name in METHODS.names() if name not in LEFT_OUT)
        )
        found = {name: self.attached(name) for name in names}
        arms = {name: made for name, made in found.items() if not isinstance(made, str)}
        works = {name: learner(model, self.steps) for name, (model, _) in arms.items()}
        rates = measuring.in_turn(works, repeats)
        print(f"method                before learning     steps/s  / {REFERENCE}")
        for name, (_, seconds) in arms.items():
            share = measuring.ratio(rates[name], rates[REFERENCE])
            print(f"{name:<22}{seconds:>13.1f} s{np.median(rates[name]):>12,.0f}{share:>11.2f}x")
        for name, why in found.items():
            if isinstance(why, str):
                print(f"{name}: {why}")


GROUPS = {
    "ppo": Group("ppo", 256, ON_POLICY),
    "dqn": Group("dqn", 128, OFF_POLICY),
    "sac": Group("sac", 64, OFF_POLICY),
    "batch-norm": Group("ppo", 256, ON_POLICY, Nature(batch_norm=True), ("adaptive_batch_norm",)),
    "relational": Group("ppo", 256, ON_POLICY, "relational", ("relations",)),
    "successor": Group("successor_dqn", 128, OFF_POLICY, only=("successor_features",)),
}


def main() -> None:
    """Measure and print."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--groups", nargs="+", choices=list(GROUPS), default=list(GROUPS))
    chosen, rest = parser.parse_known_args()
    options = measuring.arguments(__doc__ or "", rest)
    print(measuring.machine())
    for name in chosen.groups:
        print(f"\n{name}", flush=True)
        GROUPS[name].measure(options.repeats)


if __name__ == "__main__":
    main()
