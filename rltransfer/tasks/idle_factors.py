"""Factors that are set and do nothing, found before a study is run on a change that is none.

A factor may need another one, as the palette needs an observation of pixels, or act in some tasks alone.
"""

from __future__ import annotations

import numpy as np

from rltransfer.errors import RLTransferError
from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.family import Task
from rltransfer.tasks.rollout import Trace, rollout
from rltransfer.tasks.variation import Variation
from rltransfer.tasks.variation_sets import draw_value

STEPS = 100
"""Of the random rollouts that look for an effect."""
SEEDS = [0, 1]
"""Of the copies in them."""


def idle_factors(task: Task) -> dict[str, str]:
    """Factors that ``task`` sets, or draws for every episode, and that a rollout could not show to act; with advice.

    The task is played beside itself with the factor changed, from the same seeds and by the same random actions. Equal
    to the last bit means that the factor does nothing there. For a factor that is drawn, one value stands for all.
    """
    factors = task.family.factors
    drawn = task.randomization.factors if task.randomization is not None else ()
    idle = {}
    for name in dict.fromkeys((*task.environment, *drawn)):
        factor = factors[name]
        # what is drawn may at times have the value that this factor waits for
        favourable = {other: value for other, value in factor.acts_with.items() if other in drawn}
        one = task.environment.merged(favourable)
        other = one.merged({name: _another_value(task, factor)})
        try:
            acts = one == other or not _equal(_played(task, one), _played(task, other))
        except RLTransferError:
            continue  # a combination that the task refuses shows nothing
        if not acts:
            idle[name] = f"had no effect in {STEPS} random steps. {_advice(factor, one)}"
    return idle


def _another_value(task: Task, factor: Factor) -> FactorValue:
    """The default of a factor that is set; a value that may be drawn of one that is not."""
    if factor.name in task.environment:
        return factor.default
    assert task.randomization is not None
    rng = np.random.default_rng(0)
    values = (draw_value(factor, rng, task.randomization.split) for _ in range(20))
    return next((value for value in values if value != factor.default), factor.default)


def _played(task: Task, environment: Variation) -> Trace:
    env = task.family.make_vec(task.fixed(environment), num_envs=len(SEEDS))
    try:
        return rollout(env, seeds=SEEDS, steps=STEPS)
    finally:
        env.close()


def _equal(one: Trace, other: Trace) -> bool:
    return one.same_path(other) and one.same_sight(other)


def _advice(factor: Factor, environment: Variation) -> str:
    values = environment.full()
    needed = [f"{name}={value}" for name, value in factor.acts_with.items() if values[name] != value]
    if needed:
        return f"It acts with {', '.join(needed)}."
    return "It may act in another task, in another environment, or later in an episode."
