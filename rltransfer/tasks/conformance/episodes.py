"""Episodes: how they look, how they end and what begins then."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces

from rltransfer.tasks.conformance.checking import (
    NOT_OFFERED,
    Effort,
    Violation,
    drawable,
    every_task,
    made,
    require,
)
from rltransfer.tasks.family import Family, Randomization, Task
from rltransfer.tasks.rollout import action_sampler, copy_at, equal

LONGEST = 4_000
"""Steps within which an episode is expected to end."""


def ends_are_told_truly(family: Family, effort: Effort) -> str:
    """An ended episode's own last observation is given, not the next one's first; success is told; so is how it ended.

    That an episode was terminated and truncated in one step can be, but not in every end that is seen: then one was
    inferred from the other.
    """
    ended_tasks, waiting, flags = 0, [], []
    for task in every_task(family, effort):
        seen = _first_end(family, task, copies=effort.ending_copies, most=LONGEST)
        if seen is None:
            waiting.append(task.task)
            continue
        ended_tasks += 1
        env_space, last, after, infos, ended, both = seen
        flags.append(both)
        require(env_space.contains(last), f"{task}: the last observation is outside the observation space")
        require(not equal(last, after), f"{task}: the last observation is the next episode's first")
        success = infos.get("final_info", {}).get("is_success")
        require(success is not None, f"{task}: final_info has no is_success")
        require(np.asarray(success).dtype == np.bool_, f"{task}: is_success is {np.asarray(success).dtype}, not bool")
        require(not (np.asarray(success) & ~ended).any(), f"{task}: is_success where no episode ended")
    require(ended_tasks > 0, f"no episode ended within {LONGEST:,} steps")
    require(not all(flags), "every end is both a termination and a truncation")
    return f"{ended_tasks} tasks" + (f"; no end seen in {', '.join(waiting)}" if waiting else "")


def _first_end(
    family: Family, task: Task, *, copies: int, most: int
) -> tuple[spaces.Space[Any], Any, Any, dict[str, Any], Any, bool] | None:
    seen = None
    with made(family, task, copies) as env:
        env.reset(seed=list(range(31, 31 + copies)))  # type: ignore[arg-type]
        samplers = [action_sampler(env.single_action_space, [0, k]) for k in range(copies)]
        for _ in range(most):
            observations, _, term, trunc, infos = env.step(np.stack([sample() for sample in samplers]))
            ended = np.asarray(term) | np.asarray(trunc)
            for k in np.flatnonzero(ended).tolist():
                last, after = infos["final_obs"][k], copy_at(observations, k)
                seen = (env.single_observation_space, last, after, infos, ended, bool(term[k] and trunc[k]))
                if not equal(last, after):  # in a symmetric world two places can look alike: wait for another end
                    return seen
    return seen


def frames_are_drawn(family: Family, effort: Effort) -> str:
    """``render_mode="rgb_array"`` gives a picture of every copy, which changes as they move."""
    for task in every_task(family, effort):
        with made(family, task, 2, render_mode="rgb_array") as env:
            env.reset(seed=0)
            sample = action_sampler(env.single_action_space, [0])
            before: Any = env.render()
            require(before is not None and len(before) == 2, f"{task}: not one frame a copy")
            for frame in map(np.asarray, before):
                fits = frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3
                require(fits, f"{task}: a frame is {frame.dtype} {frame.shape}, not (height, width, 3) uint8")
            for _ in range(100):
                env.step(np.stack([sample(), sample()]))
                after: Any = env.render()
                if not all(np.array_equal(one, other) for one, other in zip(before, after, strict=True)):
                    break
            else:
                raise Violation(f"{task}: 100 random steps leave the frames as they were")
    return ""


def randomised_every_episode(family: Family, effort: Effort) -> str:
    """Domain randomisation draws another environment for each episode, the same ones for the same seed."""
    base = next(every_task(family, effort))
    names = drawable(family, base)
    if not names:
        return NOT_OFFERED + "no factor can be drawn"
    task = family.task(robot=base.robot, task=base.task, randomization=Randomization(factors=names, split="full"))
    drawn = [_environments(task, copies=2, most=LONGEST) for _ in range(2)]
    require(drawn[0] == drawn[1], "the same seeds draw other environments")
    first, *later = drawn[0]
    require(first[0] != first[1], "every copy has the same environment")
    require(bool(later), f"no episode ended within {LONGEST:,} steps")
    require(any(later[-1][k] != first[k] for k in range(2)), "the next episode has the environment of the one before")
    return f"{', '.join(names)}"


def _environments(task: Task, *, copies: int, most: int) -> list[list[dict[str, Any]]]:
    """Of every copy at the reset and after each of the next ends, until one of them is in another environment."""
    env: Any = task.make_vec(num_envs=copies)
    env.reset(seed=list(range(51, 51 + copies)))
    samplers = [action_sampler(env.single_action_space, [0, k]) for k in range(copies)]
    seen = [[dict(variation) for variation in env.unwrapped.variations]]
    for _ in range(most):
        _, _, term, trunc, _ = env.step(np.stack([sample() for sample in samplers]))
        if (np.asarray(term) | np.asarray(trunc)).any():
            seen.append([dict(variation) for variation in env.unwrapped.variations])
            if seen[-1] != seen[0]:
                break
    env.close()
    return seen
