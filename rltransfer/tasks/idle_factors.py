"""Factors that are set and do nothing, found before a study is run on a change that is none.

What a factor declares (the tasks it acts in, the other factors it requires) is looked up. Beyond that, a factor of
appearance or the sensor changes what is seen at once, so a short rollout tells whether it does; one of dynamics or
layout may take long to show, and is believed.
"""

from __future__ import annotations

import numpy as np

from rltransfer.errors import RLTransferError
from rltransfer.tasks.factor import Factor, FactorValue, need_in_words, written
from rltransfer.tasks.family import Task
from rltransfer.tasks.rollout import Trace, rollout
from rltransfer.tasks.variation import Variation
from rltransfer.tasks.variation_sets import choices_in, draw_value

STEPS = 100
"""Of the random rollouts that look for an effect."""
SEEDS = [0, 1]
"""Of the copies in them."""


def idle_factors(task: Task) -> dict[str, str]:
    """Factors that ``task`` sets, or draws for every episode, and that have no effect there; with the reason."""
    factors = task.family.factors
    drawn = task.randomization.factors if task.randomization is not None else ()
    idle = {}
    for name in dict.fromkeys((*task.environment, *drawn)):
        reason = _declared(task, factors[name]) or _seen_idle(task, factors[name])
        if reason is not None:
            idle[name] = reason
    return idle


def _declared(task: Task, factor: Factor) -> str | None:
    """Why the factor says itself that it has no effect in ``task``; known without a rollout."""
    if not factor.acts_in(task.task):
        return f"has no effect in task {task.task!r}. It acts in: {', '.join(factor.tasks or ())}."
    if (unless := factor.idle_for.get(task.robot)) is not None and not _is_woken(task, unless):
        needs = f" without {' or '.join(unless)}" if unless else ""
        return f"has no effect on robot {task.robot!r}{needs}."
    unmet = [name for name in factor.requires if not _can_be_met(task, factor, name)]
    if not unmet:
        return None
    needs = " and ".join(need_in_words(name, factor.requires[name]) for name in unmet)
    now = ", ".join(f"{name}={written(task.environment.full()[name])}" for name in unmet)
    return f"has no effect with {now}. It needs {needs}."


def _is_woken(task: Task, names: tuple[str, ...]) -> bool:
    """Whether ``task`` is one of those named, or sets or draws one of the factors named."""
    drawn = task.randomization.factors if task.randomization is not None else ()
    return task.task in names or any(name in drawn or name in task.environment for name in names)


def _can_be_met(task: Task, factor: Factor, name: str) -> bool:
    """Whether what ``factor`` requires of the factor ``name`` holds in ``task``, or in some of its episodes."""
    needed, other = factor.requires[name], task.family.factors_of(task.task)[name]
    values = [task.environment.full()[name]]
    if task.randomization is not None and name in task.randomization.factors:
        values = list(choices_in(other, task.randomization.split))
    if not values:  # drawn from a range of numbers
        return True
    return any(value in needed if needed else value != other.default for value in values)


def _seen_idle(task: Task, factor: Factor) -> str | None:
    """What a rollout of ``task`` beside itself with the factor changed says, where it changes nothing.

    From the same seeds and by the same random actions, equal to the last bit. For a factor that is drawn, one value
    stands for all.
    """
    if factor.kind not in ("appearance", "sensor"):
        return None
    drawn = task.randomization.factors if task.randomization is not None else ()
    # what is drawn may at times have the value that this factor waits for
    favourable = {other: value for other, value in factor.shown_where.items() if other in drawn}
    one = task.environment.merged(favourable)
    other = one.merged({factor.name: _another_value(task, factor)})
    try:
        acts = one == other or not _equal(_played(task, one), _played(task, other))
    except RLTransferError:
        return None  # a combination that the task refuses shows nothing
    return None if acts else f"showed no effect in {STEPS} random steps. It may act later in an episode."


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
