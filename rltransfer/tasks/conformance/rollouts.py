"""The same again: rollouts that must agree bit for bit."""

from __future__ import annotations

import contextlib
import dataclasses
from typing import Any

import numpy as np

from rltransfer.errors import RLTransferError
from rltransfer.tasks.conformance.checking import (
    NOT_OFFERED,
    Effort,
    drawable,
    every_task,
    made,
    require,
    traced,
)
from rltransfer.tasks.family import Context, Family, Randomization, Task
from rltransfer.tasks.rollout import Trace, action_sampler, copied, equal, first_copy, only_copy


def deterministic(family: Family, effort: Effort) -> str:
    """The same seed gives the same rollout, bit for bit."""
    for task in every_task(family, effort):
        traces = [traced(family, task, [5, 6], effort.steps) for _ in range(2)]
        require(traces[0].same_path(traces[1]) and traces[0].same_sight(traces[1]), f"{task}: the same seed differs")
    return ""


def batch_size_changes_nothing(family: Family, effort: Effort) -> str:
    """Copy k of a large batch is the batch of one with its seed: in the first task, the last and a noisy one."""
    known = list(every_task(family, effort))
    points = [known[0], *known[1:][-1:], _noisy(family, known[0])]
    seeds = list(range(100, 100 + effort.copies))
    for task in points:
        whole = traced(family, task, seeds, effort.steps)
        for k in sorted({0, effort.copies // 2, effort.copies - 1}):
            alone = traced(family, task, [seeds[k]], effort.steps)
            of_whole = Trace(
                observations=only_copy(whole.observations, k),
                rewards=whole.rewards[:, [k]],
                terminated=whole.terminated[:, [k]],
                truncated=whole.truncated[:, [k]],
            )
            same = alone.same_path(of_whole) and alone.same_sight(of_whole)
            said = f"copy {k} of {effort.copies} is not the single environment with seed {seeds[k]}"
            require(same, f"{task}: {said}")
    return f"{effort.copies} copies"


def _noisy(family: Family, task: Task) -> Task:
    """``task`` with every sensor factor at a bound that leaves its observation space as it is."""
    for name, factor in family.factors_of(task.task).items():
        if factor.kind == "sensor" and not factor.changes_space and factor.acts_in(task.task):
            with contextlib.suppress(RLTransferError):
                task = task.changed(environment={name: factor.extremes()[-1]})
    return task


def empty_variation_is_upstream(family: Family, effort: Effort) -> str:
    """In the default environment a task is the simulator's own, observation for observation and reward for reward."""
    count = 0
    for task in every_task(family, effort):
        upstream = family.upstream(task)
        if upstream is None:
            continue
        count += 1
        with made(family, task, 1) as env:
            ours, _ = env.reset(seed=[11])  # type: ignore[arg-type]
            theirs, _ = upstream.reset(seed=11)
            require(equal(first_copy(ours), theirs), f"{task}: the first observation differs from upstream")
            sample = action_sampler(env.single_action_space, [0, 11])
            for step in range(effort.upstream_steps):
                action = sample()
                ours, reward, term, trunc, infos = env.step(action[None])
                theirs, their_reward, their_term, their_trunc, _ = upstream.step(
                    action if action.shape else action.item()
                )
                ended = bool(term[0] or trunc[0])
                last = infos["final_obs"][0] if ended else first_copy(ours)
                require(equal(last, theirs), f"{task}: the observation of step {step} differs from upstream")
                require(float(reward[0]) == float(their_reward), f"{task}: the reward of step {step} differs")
                require((bool(term[0]), bool(trunc[0])) == (their_term, their_trunc), f"{task}: ends differ at {step}")
                if ended:
                    theirs, _ = upstream.reset()
        upstream.close()
    return f"{count} environments" if count else NOT_OFFERED + "it is its own simulator"


def restating_defaults_changes_nothing(family: Family, effort: Effort) -> str:
    """Every factor written out at its default is the empty variation, bit for bit."""
    task = next(every_task(family, effort))
    written = family.task(
        robot=task.robot, task=task.task, environment={name: f.default for name, f in family.factors.items()}
    )
    plain, restated = (traced(family, point, [1, 2], effort.steps) for point in (task, written))
    require(plain.same_path(restated) and plain.same_sight(restated), "restating the defaults changes the rollout")
    return ""


def state_round_trip(family: Family, effort: Effort) -> str:
    """``get_state`` and ``set_state`` go on bit for bit, in the same copies and in others; randomised tasks', too."""
    if not family.restores_state:
        return NOT_OFFERED + "the simulator cannot be put back"
    tasks = list(every_task(family, effort))
    names = drawable(family, tasks[0])
    if names:
        drawn = Randomization(factors=names, split="full")
        told = Context(visibility="side", factors=names)
        tasks.append(dataclasses.replace(tasks[0], randomization=drawn, context=told))
    for task in tasks:
        env, other = task.make_vec(num_envs=3), task.make_vec(num_envs=3)
        _go_on(task, env, other, effort.steps)
        env.close()
        other.close()
    return f"{len(tasks)} tasks"


def _go_on(task: Task, env: Any, other: Any, steps: int) -> None:
    """Play ``env``, and what it was again, in its own copies and in those of ``other``."""
    env.reset(seed=[41, 42, 43])
    other.reset(seed=[1, 2, 3])
    samplers = [action_sampler(env.single_action_space, [9, k]) for k in range(3)]
    chosen = [np.stack([sample() for sample in samplers]) for _ in range(2 * steps)]
    for actions in chosen[:steps]:
        env.step(actions)
    state = env.get_state()
    futures = []
    for player, is_put_back in ((env, False), (env, True), (other, True)):  # the first just goes on
        if is_put_back:
            player.set_state(state)
        future = []
        for actions in chosen[steps:]:
            observations, reward, term, trunc, _ = player.step(actions)
            future.append((copied(observations), np.array(reward), np.array(term), np.array(trunc)))
        futures.append(future)
    for future in futures[1:]:
        for mine, theirs in zip(futures[0], future, strict=True):
            same = equal(mine[0], theirs[0]) and all(map(np.array_equal, mine[1:], theirs[1:]))
            require(same, f"{task}: after set_state the rollout differs")
