"""The same again: rollouts that must agree bit for bit."""

from __future__ import annotations

import numpy as np

from rltransfer.tasks.conformance.checking import (
    NOT_OFFERED,
    Effort,
    every_task,
    made,
    require,
    traced,
)
from rltransfer.tasks.family import Family
from rltransfer.tasks.rollout import Trace, action_sampler, copied, equal, first_copy, only_copy


def deterministic(family: Family, effort: Effort) -> str:
    """The same seed gives the same rollout, bit for bit."""
    for task in every_task(family, effort):
        traces = [traced(family, task, [5, 6], effort.steps) for _ in range(2)]
        require(traces[0].same_path(traces[1]) and traces[0].same_sight(traces[1]), f"{task}: the same seed differs")
    return ""


def batch_size_changes_nothing(family: Family, effort: Effort) -> str:
    """Copy k of a large batch is the batch of one with its seed."""
    task = next(every_task(family, effort))
    seeds = list(range(100, 100 + effort.copies))
    whole = traced(family, task, seeds, effort.steps)
    for k in (0, effort.copies // 2, effort.copies - 1):
        alone = traced(family, task, [seeds[k]], effort.steps)
        of_whole = Trace(
            only_copy(whole.observations, k), whole.rewards[:, [k]], whole.terminated[:, [k]], whole.truncated[:, [k]]
        )
        same = alone.same_path(of_whole) and alone.same_sight(of_whole)
        require(same, f"copy {k} of {effort.copies} is not the single environment with seed {seeds[k]}")
    return f"{effort.copies} copies"


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
    """``get_state`` and ``set_state`` go on bit for bit, in the same copies and in others."""
    if not family.restores_state:
        return NOT_OFFERED + "the simulator cannot be put back"
    for task in every_task(family, effort):
        with made(family, task, 3) as env, made(family, task, 3) as other:
            env.reset(seed=[41, 42, 43])  # type: ignore[arg-type]
            other.reset(seed=[1, 2, 3])  # type: ignore[arg-type]
            samplers = [action_sampler(env.single_action_space, [9, k]) for k in range(3)]
            chosen = [np.stack([sample() for sample in samplers]) for _ in range(2 * effort.steps)]
            for actions in chosen[: effort.steps]:
                env.step(actions)
            state = env.get_state()  # type: ignore[attr-defined]
            futures = []
            for player, is_put_back in ((env, False), (env, True), (other, True)):  # the first just goes on
                if is_put_back:
                    player.set_state(state)  # type: ignore[attr-defined]
                future = []
                for actions in chosen[effort.steps :]:
                    observations, reward, term, trunc, _ = player.step(actions)
                    future.append((copied(observations), np.array(reward), np.array(term), np.array(trunc)))
                futures.append(future)
            for future in futures[1:]:
                for mine, theirs in zip(futures[0], future, strict=True):
                    same = equal(mine[0], theirs[0]) and all(
                        np.array_equal(a, b) for a, b in zip(mine[1:], theirs[1:], strict=True)
                    )
                    require(same, f"{task}: after set_state the rollout differs")
    return ""
