"""What every family keeps to: one suite of checks, for those that ship with rltransfer and for users' own.

Each check is a function of a family that raises ``Violation`` with what was found. ``rltransfer check-family NAME``
runs them all; so do the tests.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv

from rltransfer.errors import MissingExtraError, RLTransferError
from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.family import Family, Task
from rltransfer.tasks.rollout import (
    Trace,
    action_sampler,
    copied,
    copy_at,
    equal,
    first_copy,
    only_copy,
    rollout,
)
from rltransfer.tasks.variation_sets import SPLITS

HEADINGS = (
    "Description",
    "Action Space",
    "Observation Space",
    "Rewards",
    "Starting State",
    "Episode End",
    "Arguments",
    "Version History",
)
"""What the description of an environment has, as Gymnasium's do."""


NOT_OFFERED = "not offered: "


class Violation(Exception):  # noqa: N818 -- it is what a check finds, not an error of the program
    """A promise that a family does not keep, in words."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much a suite plays.

    Args:
        copies: in a batch, where one copy of many is compared with a single one.
        steps: of a rollout.
        upstream_steps: compared with the simulator's own environment.
        ending_copies: played until the first episode ends.
        most_tasks: of the pairs of a robot and a task, about so many, spread over all; every one where None.
    """

    copies: int = 64
    steps: int = 60
    upstream_steps: int = 200
    ending_copies: int = 4
    most_tasks: int | None = None


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check said.

    Args:
        check: its name.
        outcome: ``kept``, ``broken`` or ``not offered``.
        detail: what was found, one line.
    """

    check: str
    outcome: str
    detail: str = ""


def check_family(family: Family, *, effort: Effort | None = None) -> Iterator[Finding]:
    """Run every check; a check that breaks off with an error of rltransfer's counts as broken.

    Raises:
        MissingExtraError: before the first check, where the family's simulator is not installed.
    """
    _simulator_is_here(family)
    for name, check in CHECKS.items():
        try:
            detail = check(family, effort or Effort())
            is_offered = not detail.startswith(NOT_OFFERED)
            outcome = "kept" if is_offered else "not offered"
            yield Finding(check=name, outcome=outcome, detail=detail.removeprefix(NOT_OFFERED))
        except (Violation, RLTransferError) as found:
            yield Finding(check=name, outcome="broken", detail=str(found))


def every_task(family: Family, effort: Effort | None = None) -> Iterator[Task]:
    """Each robot in each task, in the default environment; combinations that the family refuses are left out."""
    pairs = list(itertools.product(family.robots, family.tasks))
    most = len(pairs) if effort is None or effort.most_tasks is None else effort.most_tasks
    for robot, task in pairs[:: -(-len(pairs) // most)]:
        try:
            yield family.task(robot=robot, task=task)
        except RLTransferError:
            continue


def _simulator_is_here(family: Family) -> None:
    """Make one environment. Raises MissingExtraError; whatever else goes wrong is for a check to find."""
    try:
        family.make_vec(next(every_task(family)), num_envs=1).close()
    except MissingExtraError:
        raise
    except Exception:
        return


def declared_plainly(family: Family, effort: Effort) -> str:
    """Robots, tasks and factors have a line of description; factors have bounds, a unit or choices."""
    for kind, names in (("robot", family.robots), ("task", family.tasks)):
        if not names:
            raise Violation(f"it has no {kind}s")
        _require(all(names.values()), f"a {kind} has no description: {dict(names)}")
    for name, factor in family.factors.items():
        _require(name == factor.name, f"factor {factor.name!r} is declared as {name!r}")
        _require(bool(factor.description), f"factor {name!r} has no description")
        _require(factor.validate(factor.default) == factor.default, f"factor {name!r} refuses its own default")
        if not isinstance(factor.default, bool | str):
            _require(factor.low is not None and factor.high is not None, f"factor {name!r} has no bounds")
            low, high = factor.usual_range
            _require(float(factor.low or 0) <= low <= high <= float(factor.high or 0), f"factor {name!r}: usual range")
            _require(low <= factor.default <= high, f"factor {name!r}: its default is not in the usual range")
        _require(bool(factor.extremes()), f"factor {name!r} cannot differ from its default")
        _declares_what_exists(family, factor)
    return f"{len(family.robots)} robots, {len(family.tasks)} tasks, {len(family.factors)} factors"


def _declares_what_exists(family: Family, factor: Factor) -> None:
    unknown = set(factor.tasks or ()) - set(family.tasks)
    _require(not unknown, f"factor {factor.name!r} acts in tasks that are not there: {', '.join(sorted(unknown))}")
    others = {**dict.fromkeys(factor.requires), **factor.shown_where}
    missing = [name for name in others if name not in family.factors or name == factor.name]
    _require(not missing, f"factor {factor.name!r} requires factors that are not there: {', '.join(missing)}")
    for name, values in factor.requires.items():
        _require(all(family.factors[name].validate(value) == value for value in values), f"{factor.name!r}: {name}")
        default = family.factors[name].default
        shown = factor.shown_with.get(name, default)
        _require(bool(values) or shown != default, f"factor {factor.name!r} is shown with no {name} but the default")


def described(family: Family, effort: Effort) -> str:
    """The docstring has Gymnasium's headings and a table with a row for every factor."""
    where = type(family)
    if family.described_in:
        module, _, attribute = family.described_in.partition(":")
        where = getattr(importlib.import_module(module), attribute)
    text = inspect.getdoc(where) or ""
    missing = [heading for heading in HEADINGS if f"## {heading}" not in text]
    _require(not missing, f"the docstring of {where.__name__} lacks: {', '.join(missing)}")
    rows = {line.split("|")[1].strip(" `") for line in text.splitlines() if line.count("|") >= 4}
    unlisted = sorted(set(family.factors) - rows)
    _require(not unlisted, f"the factor table of {where.__name__} lacks: {', '.join(unlisted)}")
    return where.__name__


def gymnasium_and_sb3_checkers(family: Family, effort: Effort) -> str:
    """Gymnasium's and Stable-Baselines3's own checkers pass on every robot in every task."""
    from gymnasium.utils.env_checker import check_env as gymnasium_check
    from stable_baselines3.common.env_checker import check_env as sb3_check

    count = 0
    for task in every_task(family, effort):
        env = family.make(task, render_mode="rgb_array")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                gymnasium_check(env, skip_render_check=True)
                sb3_check(env, warn=False)
        except Exception as error:  # the checkers raise whatever the environment does
            raise Violation(f"{task}: {type(error).__name__}: {str(error)[:200]}") from error
        finally:
            env.close()
        count += 1
    return f"{count} environments"


def spaces_as_declared(family: Family, effort: Effort) -> str:
    """``spaces`` and ``action_kind`` say what environments have; observations lie in their space."""
    for task in every_task(family, effort):
        with _made(family, task, 2) as env:
            found = (env.single_observation_space, env.single_action_space)
            _require(family.spaces(task) == found, f"{task}: spaces() gives {family.spaces(task)}, not {found}")
            kind = family.action_kind(task.robot)
            is_discrete = isinstance(found[1], spaces.Discrete)
            _require(kind in (None, "discrete" if is_discrete else "continuous"), f"{task}: action_kind is {kind}")
            _require(env.metadata.get("autoreset_mode") is AutoresetMode.SAME_STEP, f"{task}: no SAME_STEP reset")
            observations, _ = env.reset(seed=0)
            _require(env.observation_space.contains(observations), f"{task}: an observation is outside its space")
    return ""


def deterministic(family: Family, effort: Effort) -> str:
    """The same seed gives the same rollout, bit for bit."""
    for task in every_task(family, effort):
        traces = [_trace(family, task, [5, 6], effort.steps) for _ in range(2)]
        _require(traces[0].same_path(traces[1]) and traces[0].same_sight(traces[1]), f"{task}: the same seed differs")
    return ""


def batch_size_changes_nothing(family: Family, effort: Effort) -> str:
    """Copy k of a large batch is the batch of one with its seed."""
    task = next(every_task(family, effort))
    seeds = list(range(100, 100 + effort.copies))
    whole = _trace(family, task, seeds, effort.steps)
    for k in (0, effort.copies // 2, effort.copies - 1):
        alone = _trace(family, task, [seeds[k]], effort.steps)
        of_whole = Trace(
            only_copy(whole.observations, k), whole.rewards[:, [k]], whole.terminated[:, [k]], whole.truncated[:, [k]]
        )
        same = alone.same_path(of_whole) and alone.same_sight(of_whole)
        _require(same, f"copy {k} of {effort.copies} is not the single environment with seed {seeds[k]}")
    return f"{effort.copies} copies"


def empty_variation_is_upstream(family: Family, effort: Effort) -> str:
    """In the default environment a task is the simulator's own, observation for observation and reward for reward."""
    count = 0
    for task in every_task(family, effort):
        upstream = family.upstream(task)
        if upstream is None:
            continue
        count += 1
        with _made(family, task, 1) as env:
            ours, _ = env.reset(seed=[11])  # type: ignore[arg-type]
            theirs, _ = upstream.reset(seed=11)
            _require(equal(first_copy(ours), theirs), f"{task}: the first observation differs from upstream")
            sample = action_sampler(env.single_action_space, [0, 11])
            for step in range(effort.upstream_steps):
                action = sample()
                ours, reward, term, trunc, infos = env.step(action[None])
                theirs, their_reward, their_term, their_trunc, _ = upstream.step(
                    action if action.shape else action.item()
                )
                ended = bool(term[0] or trunc[0])
                last = infos["final_obs"][0] if ended else first_copy(ours)
                _require(equal(last, theirs), f"{task}: the observation of step {step} differs from upstream")
                _require(float(reward[0]) == float(their_reward), f"{task}: the reward of step {step} differs")
                _require((bool(term[0]), bool(trunc[0])) == (their_term, their_trunc), f"{task}: ends differ at {step}")
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
    plain, restated = (_trace(family, point, [1, 2], effort.steps) for point in (task, written))
    _require(plain.same_path(restated) and plain.same_sight(restated), "restating the defaults changes the rollout")
    return ""


def factors_act(family: Family, effort: Effort) -> str:
    """Each factor at each of its bounds changes paths (dynamics, layout), or what is seen and only that."""
    plain: dict[tuple[object, ...], Trace] = {}
    idle = []
    for factor in family.factors.values():
        for value in factor.extremes():
            if not _acts(family, factor, value, plain, effort):
                idle.append(f"{factor.name}={value}")
    _require(not idle, f"without effect: {', '.join(idle)}")
    return f"{len(family.factors)} factors"


def _acts(
    family: Family, factor: Factor, value: FactorValue, plain: dict[tuple[object, ...], Trace], effort: Effort
) -> bool:
    """Whether a factor value has an effect in some task; raises where it has one that its kind forbids."""
    seeds = [21, 22, 23, 24]
    for task in every_task(family):
        if not factor.acts_in(task.task):
            continue
        try:
            base = task.changed(environment=factor.shown_where)
            varied = base.changed(environment={factor.name: value})
        except RLTransferError:
            continue
        key = (task.robot, task.task, tuple(base.environment.items()))
        if key not in plain:
            plain[key] = _trace(family, base, seeds, effort.steps)
        before, after = plain[key], _trace(family, varied, seeds, effort.steps)
        if factor.kind in ("appearance", "sensor"):
            _require(
                after.same_path(before), f"{factor.name}={value} ({factor.kind}) changes rewards or ends in {task}"
            )
            if not after.same_sight(before):
                return True
        elif not (after.same_path(before) and after.same_sight(before)):
            return True
    return False


def idle_where_declared(family: Family, effort: Effort) -> str:
    """A factor changes nothing in tasks that it says it does not act in, nor without the factors it requires."""
    robot, steps, count = next(iter(family.robots)), effort.steps, 0
    for factor in family.factors.values():
        value = factor.extremes()[-1]
        for name in family.tasks:
            try:
                task = family.task(robot=robot, task=name)
            except RLTransferError:
                continue
            lacking = [{}, factor.shown_where]
            if factor.acts_in(name):
                lacking = [_lacking(family, factor, other) for other in factor.requires]
            pairs = list(_pairs(task, lacking, {factor.name: value}))
            for base, varied in pairs:
                one, other = (_trace(family, point, [21, 22], steps) for point in (base, varied))
                same = one.same_path(other) and one.same_sight(other)
                _require(same, f"{factor.name}={value} has an effect in {base}, and says that it has none")
            count += len(pairs)
            if pairs and factor.acts_in(name):
                break  # one task stands for all
    return f"{count} rollouts"


def _pairs(
    task: Task, environments: list[dict[str, FactorValue]], change: dict[str, FactorValue]
) -> Iterator[tuple[Task, Task]]:
    """``task`` in each environment, without and with the change; what is refused cannot mislead and is left out."""
    for environment in environments:
        try:
            base = task.changed(environment=environment)
            yield base, base.changed(environment=change)
        except RLTransferError:
            continue


def _lacking(family: Family, factor: Factor, name: str) -> dict[str, FactorValue]:
    """What ``factor`` requires but for the factor called ``name``, which has a value that it cannot act with."""
    needed, other = factor.requires[name], family.factors[name]
    values = (other.default, *other.extremes()) if needed else (other.default,)
    return {**factor.shown_where, name: next(value for value in values if value not in needed)}


def sets_fit_their_task(family: Family, effort: Effort) -> str:
    """Every variation of every split is one that its task has, in spaces that change where a factor says so."""
    for name, split in itertools.product(family.tasks, SPLITS):
        for variation in family.sample(20, seed=1, split=split, task=name):
            try:
                family.task(task=name, environment=variation)
            except RLTransferError as error:
                raise Violation(f"task {name!r}, split {split!r}: {dict(variation)} is refused: {error}") from error
    task = next(every_task(family))
    for factor in family.factors_of(task.task).values():
        if factor.acts_in(task.task):
            changes = not _keeps_spaces(family, task, factor)
            _require(changes == factor.changes_space, f"factor {factor.name!r} changes the space: {changes}")
    return f"{len(family.tasks)} tasks, {len(SPLITS)} splits"


def ends_are_told_truly(family: Family, effort: Effort) -> str:
    """An ended episode's own last observation is given, not the next one's first; success is told."""
    told, ended_tasks, waiting = 0, 0, []
    for task in every_task(family, effort):
        seen = _first_end(family, task, copies=effort.ending_copies, most=4_000)
        if seen is None:
            waiting.append(task.task)
            continue
        ended_tasks += 1
        env_space, last, after, infos, ended = seen
        _require(env_space.contains(last), f"{task}: the last observation is outside the observation space")
        _require(not equal(last, after), f"{task}: the last observation is the next episode's first")
        success = infos.get("final_info", {}).get("is_success")
        _require(success is not None, f"{task}: final_info has no is_success")
        _require(np.asarray(success).dtype == np.bool_, f"{task}: is_success is {np.asarray(success).dtype}, not bool")
        _require(not (np.asarray(success) & ~ended).any(), f"{task}: is_success where no episode ended")
        told += 1
    _require(ended_tasks > 0, "no episode ended within 4,000 steps")
    return f"{ended_tasks} tasks" + (f"; no end seen in {', '.join(waiting)}" if waiting else "")


def _first_end(
    family: Family, task: Task, *, copies: int, most: int
) -> tuple[spaces.Space[Any], Any, Any, dict[str, Any], Any] | None:
    seen = None
    with _made(family, task, copies) as env:
        env.reset(seed=list(range(31, 31 + copies)))  # type: ignore[arg-type]
        samplers = [action_sampler(env.single_action_space, [0, k]) for k in range(copies)]
        for _ in range(most):
            observations, _, term, trunc, infos = env.step(np.stack([sample() for sample in samplers]))
            ended = np.asarray(term) | np.asarray(trunc)
            for k in np.flatnonzero(ended).tolist():
                last, after = infos["final_obs"][k], copy_at(observations, k)
                seen = (env.single_observation_space, last, after, infos, ended)
                if not equal(last, after):  # in a symmetric world two places can look alike: wait for another end
                    return seen
    return seen


def state_round_trip(family: Family, effort: Effort) -> str:
    """``get_state`` and ``set_state`` go on bit for bit, in the same copies and in others."""
    if not family.restores_state:
        return NOT_OFFERED + "the simulator cannot be put back"
    for task in every_task(family, effort):
        with _made(family, task, 3) as env, _made(family, task, 3) as other:
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
                    _require(same, f"{task}: after set_state the rollout differs")
    return ""


def frames_are_drawn(family: Family, effort: Effort) -> str:
    """``render_mode="rgb_array"`` gives a picture of every copy, which changes as they move."""
    for task in every_task(family, effort):
        with _made(family, task, 2, render_mode="rgb_array") as env:
            env.reset(seed=0)
            sample = action_sampler(env.single_action_space, [0])
            before: Any = env.render()
            _require(before is not None and len(before) == 2, f"{task}: not one frame a copy")
            for frame in map(np.asarray, before):
                fits = frame.dtype == np.uint8 and frame.ndim == 3 and frame.shape[2] == 3
                _require(fits, f"{task}: a frame is {frame.dtype} {frame.shape}, not (height, width, 3) uint8")
            for _ in range(100):
                env.step(np.stack([sample(), sample()]))
                after: Any = env.render()
                if not all(np.array_equal(one, other) for one, other in zip(before, after, strict=True)):
                    break
            else:
                raise Violation(f"{task}: 100 random steps leave the frames as they were")
    return ""


def randomised_every_episode(family: Family, effort: Effort) -> str:
    """Domain randomisation draws an environment for each episode, the same for the same seed."""
    from rltransfer.tasks.family import Randomization

    base = next(every_task(family, effort))
    known = family.factors_of(base.task)
    names = tuple(
        name
        for name, factor in known.items()
        if factor.acts_in(base.task) and family.why_not_drawn(name, split="full", task=base.task) is None
    )[:6]
    if not names:
        return NOT_OFFERED + "no factor can be drawn"
    task = family.task(robot=base.robot, task=base.task, randomization=Randomization(factors=names, split="full"))
    drawn = []
    for _ in range(2):
        env = task.make_vec(num_envs=3)
        env.reset(seed=[51, 52, 53])  # type: ignore[arg-type]
        drawn.append([dict(variation) for variation in env.unwrapped.variations])  # type: ignore[attr-defined]
        env.close()
    _require(drawn[0] == drawn[1], "the same seeds draw other environments")
    _require(len({str(variation) for variation in drawn[0]}) > 1, "every copy has the same environment")
    return f"{', '.join(names)}"


CHECKS: dict[str, Callable[[Family, Effort], str]] = {
    check.__name__.replace("_", " "): check
    for check in (
        declared_plainly,
        described,
        spaces_as_declared,
        gymnasium_and_sb3_checkers,
        deterministic,
        batch_size_changes_nothing,
        empty_variation_is_upstream,
        restating_defaults_changes_nothing,
        factors_act,
        idle_where_declared,
        sets_fit_their_task,
        ends_are_told_truly,
        state_round_trip,
        frames_are_drawn,
        randomised_every_episode,
    )
}
"""Every check by its name in words; its docstring says what is promised."""


class _made:  # noqa: N801 -- used as a statement: with _made(...)
    """A vector environment for the length of a block."""

    def __init__(self, family: Family, task: Task, num_envs: int, render_mode: str | None = None) -> None:
        self._env = family.make_vec(task, num_envs=num_envs, render_mode=render_mode)

    def __enter__(self) -> VectorEnv[Any, Any, Any]:
        return self._env

    def __exit__(self, *_: object) -> None:
        self._env.close()


def _trace(family: Family, task: Task, seeds: list[int], steps: int) -> Trace:
    with _made(family, task, len(seeds)) as env:
        return rollout(env, seeds=seeds, steps=steps)


def _keeps_spaces(family: Family, task: Task, factor: Factor) -> bool:
    points = [task.changed(environment={factor.name: value}) for value in factor.extremes()]
    return all(family.spaces(point)[0] == family.spaces(task)[0] for point in points)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Violation(otherwise)
