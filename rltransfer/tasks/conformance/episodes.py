"""Episodes: how they look, how they end and what begins then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

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


FURTHEST = 5.0
"""Times the longest way that one step went in what is seen, within which an episode's last observation lies."""


@dataclass
class _End:
    """How an episode ended.

    Args:
        steps: that it lasted.
        last: its last observation, as told.
        after: what was observed next.
        way: of the last step in what is seen, and the longest of one step before that; mean absolute differences.
        told: ``final_info``'s ``is_success`` for every copy, None where it is not told.
        ended: of every copy.
        terminated: this episode.
        truncated: this episode.
        succeeded: whether success is told of it.
    """

    steps: int
    last: Any
    after: Any
    way: tuple[float, float]
    told: Any
    ended: NDArray[np.bool_]
    terminated: bool
    truncated: bool
    succeeded: bool


def ends_are_told_truly(family: Family, effort: Effort) -> str:
    """An ended episode's own last observation is given, not the next one's first; success is told; so is how it ended.

    That an episode was terminated and truncated in one step can be, but not in every end that is seen: then one was
    inferred from the other. A last observation that lies much further from the one before than any step went is another
    picture. Episodes that all last equally long and are all terminated are told of: they may have a time limit.
    """
    found, waiting, unsuccessful, endless = [], [], [], []
    for task in every_task(family, effort):
        space, ends = _ends(family, task, copies=effort.ending_copies, most=LONGEST)
        if not ends:
            waiting.append(task.task)
            continue
        found += ends
        for end in ends:
            require(space.contains(end.last), f"{task}: the last observation is outside the observation space")
            require(end.told is not None, f"{task}: final_info has no is_success")
            dtype = np.asarray(end.told).dtype
            require(dtype == np.bool_, f"{task}: is_success is {dtype}, not bool")
            require(not (np.asarray(end.told) & ~end.ended).any(), f"{task}: is_success where no episode ended")
        # in a symmetric world two places can look alike, but not all
        is_next = all(equal(end.last, end.after) for end in ends)
        require(not is_next, f"{task}: the last observation is the next episode's first")
        follows = all(went <= FURTHEST * most for went, most in (end.way for end in ends))
        require(follows, f"{task}: the last observation does not follow from the one before")
        longest = [end for end in ends if end.steps == max(other.steps for other in ends)]
        limited = len(longest) >= max(3, len(ends) / 2)
        if limited and not any(end.truncated for end in longest):
            endless.append(f"{task.task} ({longest[0].steps} steps)")
        if not any(end.succeeded for end in ends):
            unsuccessful.append(task.task)
    require(bool(found), f"no episode ended within {LONGEST:,} steps")
    require(
        not all(end.terminated and end.truncated for end in found), "every end is both a termination and a truncation"
    )
    notes = [
        ("no end seen", waiting),
        ("no success by chance", unsuccessful),
        ("equally long and never truncated, right only where that is no time limit,", endless),
    ]
    said = [f"{what} in {', '.join(dict.fromkeys(tasks))}" for what, tasks in notes if tasks]
    return "; ".join([f"{len(found)} ends", *said])


def _ends(family: Family, task: Task, *, copies: int, most: int) -> tuple[spaces.Space[Any], list[_End]]:
    """The first end of each copy; of some of them, where others take more than twice as long as the first."""
    ends: dict[int, _End] = {}
    with made(family, task, copies) as env:
        before, _ = env.reset(seed=list(range(31, 31 + copies)))  # type: ignore[arg-type]
        samplers = [action_sampler(env.single_action_space, [0, k]) for k in range(copies)]
        begun, longest = np.zeros(copies, dtype=int), 0.0
        step = 0
        while step < most and len(ends) < copies:
            step += 1
            observations, _, term, trunc, infos = env.step(np.stack([sample() for sample in samplers]))
            ended = np.asarray(term) | np.asarray(trunc)
            for k in range(copies):
                if not ended[k]:
                    longest = max(longest, _way(copy_at(before, k), copy_at(observations, k)))
            for k in np.flatnonzero(ended).tolist():
                last = infos["final_obs"][k]
                told = infos.get("final_info", {}).get("is_success")
                if k not in ends or equal(ends[k].last, ends[k].after):
                    ends[k] = _End(
                        steps=step - int(begun[k]),
                        last=last,
                        after=copy_at(observations, k),
                        way=(_way(copy_at(before, k), last), longest),
                        told=told,
                        ended=ended,
                        terminated=bool(term[k]),
                        truncated=bool(trunc[k]),
                        succeeded=told is not None and bool(np.asarray(told)[k]),
                    )
                if len(ends) == 1:
                    most = min(most, 2 * step + 200)
                begun[k] = step
            before = observations
        return env.single_observation_space, list(ends.values())


def _way(one: Any, other: Any) -> float:
    """Mean absolute difference of two observations, the largest over their parts."""
    if isinstance(one, dict):
        return max((_way(one[key], other[key]) for key in one), default=0.0)
    difference = np.asarray(one, dtype=np.float64) - np.asarray(other, dtype=np.float64)
    return float(np.abs(difference).mean()) if difference.size else 0.0


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
