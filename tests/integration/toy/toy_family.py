"""A family as a third party would write it, in a package of its own: a walk along a line, solved in a few steps.

It is quick (no pixels, no simulator) and it can be made to misbehave: a trial's step takes ``TOY_PAUSE`` seconds, and
while the file that ``TOY_BROKEN`` names exists, a reset raises, or kills its process, as the factor ``fault`` says.
Both are environment variables, so that an experiment can go wrong once and right when it is run again.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

from rltransfer.tasks import Factor, Family, Task

ROBOTS = {"two": "goes left or right", "three": "goes left, stays or goes right"}
TASKS = {"right": "the right end pays", "left": "the left end pays"}
FACTORS = {
    factor.name: factor
    for factor in (
        Factor(name="length", kind="layout", default=4, low=2, high=9, description="steps to the end of the line"),
        Factor(name="fog", kind="appearance", default=0.0, low=0.0, high=1.0, unit="1", description="dims the view"),
        Factor(
            name="fault", kind="dynamics", default="none", choices=("none", "raise", "kill"), description="on reset"
        ),
    )
}


class Toy(Family):
    """See the module."""

    name = "toy"
    summary = "a walk along a line"
    robots = ROBOTS
    tasks = TASKS
    factors = FACTORS

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> Any:
        from gymnasium.vector import AutoresetMode, SyncVectorEnv

        values = task.environment.full()
        return SyncVectorEnv(
            [lambda: _walk(task.robot, task.task, values)] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP
        )

    def action_meanings(self, robot: str) -> tuple[str, ...]:
        return {"two": ("left", "right"), "three": ("left", "stay", "right")}[robot]


def _walk(robot: str, task: str, values: dict[str, Any]) -> Any:
    import gymnasium
    import numpy as np

    class Walk(gymnasium.Env[Any, Any]):
        observation_space = gymnasium.spaces.Box(-1.0, 1.0, (3,), np.float32)
        action_space = gymnasium.spaces.Discrete(2 if robot == "two" else 3)
        moves = (-1, 1) if robot == "two" else (-1, 0, 1)

        def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
            super().reset(seed=seed)
            if values["fault"] != "none" and Path(os.environ.get("TOY_BROKEN", "/nowhere")).exists():
                if values["fault"] == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                raise RuntimeError("the toy is broken")
            self.at, self.steps = int(self.np_random.integers(-1, 2)), 0
            return self.seen(), {}

        def seen(self) -> Any:
            place = self.at / values["length"] * (1 - values["fog"])
            return np.array([place, self.steps / 20, 1.0], np.float32)

        def step(self, action: Any) -> Any:
            if multiprocessing.parent_process() is not None:
                time.sleep(float(os.environ.get("TOY_PAUSE", "0")))
            self.at += self.moves[int(action)]
            self.steps += 1
            paying = values["length"] if task == "right" else -values["length"]
            ended, late = abs(self.at) >= values["length"], self.steps >= 20
            info = {"is_success": self.at == paying} if ended or late else {}
            return self.seen(), float(self.at == paying), ended, late and not ended, info

    return Walk()


TOY = Toy()
