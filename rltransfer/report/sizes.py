"""Targets that differ only in how many examples are learned from: which method wins at which size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from rltransfer.config import DataFamily, ExperimentConfig
from rltransfer.metrics import Interval, judge, stratified_bootstrap, t_interval
from rltransfer.report.styles import ruled_table
from rltransfer.report.target import Arm, TargetResult, arms_of
from rltransfer.report.words import Words, interval_in_words
from rltransfer.tasks.family import Task

BEST, LEVEL = "*", "="
"""Marks of the best method of a size, and of those that are not told apart from it."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Targets of the same data, of which more and more is learned from.

    Args:
        name: of the data, as the names of the targets have it.
        labels: what each size is called: ``5``, or ``all (143)``.
        per_class: mean number of examples of a class, by size, rising.
        targets: names of the targets.
    """

    name: str
    labels: tuple[str, ...]
    per_class: tuple[float, ...]
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one method reaches at one size.

    Args:
        reached: at the end of the budget: IQM over seeds with its interval.
        mark: ``BEST``, ``LEVEL``, or nothing.
    """

    reached: Interval
    mark: str


def sizes_of(config: ExperimentConfig, tasks: Mapping[str, Task]) -> tuple[Sizes, ...]:
    """The groups of at least two targets of ``config`` that differ in ``per_class`` alone; ``tasks`` by name."""
    groups: dict[str, dict[str, DataFamily]] = {}
    for name in config.targets:
        family = config.task(name).family
        if isinstance(family, DataFamily):
            groups.setdefault(family.model_copy(update={"per_class": "all"}).model_dump_json(), {})[name] = family
    return tuple(_sizes(tasks, families) for families in groups.values() if len(families) > 1)


def scores(sizes: Sizes, targets: tuple[TargetResult, ...]) -> dict[str, list[Score | None]]:
    """By method, what it reaches at each size; None where no seed of it is finished."""
    by_name = {target.name: target for target in targets}
    of_size = [by_name[name] for name in sizes.targets]
    marks = [_marks(target) for target in of_size]
    found: dict[str, list[Score | None]] = {}
    for method in (arm.method for arm in of_size[0].arms):
        reached = [None if arm is None else arm.at_end() for arm in arms_of(of_size, method)]
        found[method] = [
            None if interval is None else Score(reached=interval, mark=marks[k].get(method, ""))
            for k, interval in enumerate(reached)
        ]
    return found


def sizes_table(sizes: Sizes, targets: tuple[TargetResult, ...], words: Words) -> Iterator[RenderableType]:
    """One line a method, one column a size."""
    yield Text()
    yield Text(f"{sizes.name}: {words.score} at the end, by examples of each class to learn from", style="bold")
    table = ruled_table("method", *sizes.labels)
    for method, of_size in scores(sizes, targets).items():
        table.add_row(method, *(_cell(score) for score in of_size))
    yield Padding(table, (0, 0, 0, 2))
    about = f"{BEST} best of its column; {LEVEL} not told apart from it by intervals of the difference, paired by seed"
    yield Padding(Text(f"{about} (bootstrap and t)", style="dim"), (0, 0, 0, 2))


def _cell(score: Score | None) -> Text:
    if score is None:
        return Text("-  ", style="dim")
    return Text(f"{interval_in_words(score.reached)} {score.mark or ' '}", style="bold" if score.mark == BEST else "")


def _sizes(tasks: Mapping[str, Task], families: Mapping[str, DataFamily]) -> Sizes:
    from rltransfer.tasks.labelled import Classification, DescribedClassification

    found = {}
    for name in families:
        data = tasks[name].family
        if isinstance(data, DescribedClassification):
            found[name] = data.num_train / data.num_classes
        else:
            assert isinstance(data, Classification)
            found[name] = len(data.train) / len(data.train.classes)
    rising = sorted(families, key=lambda name: found[name])
    asked = {name: family.per_class for name, family in families.items()}
    stems = {name.removesuffix(f"-{size}") for name, size in asked.items()}
    return Sizes(
        name=" ".join(sorted(stems)),
        labels=tuple(f"all ({found[n]:.0f})" if asked[n] == "all" else f"{asked[n]}" for n in rising),
        per_class=tuple(found[name] for name in rising),
        targets=tuple(rising),
    )


def _marks(target: TargetResult) -> dict[str, str]:
    """By method, the marks it has earned on a target."""
    arms = [arm for arm in target.arms if arm.curves]
    if not arms:
        return {}
    best = max(arms, key=_point)
    return {arm.method: BEST if arm is best else LEVEL for arm in arms if arm is best or _is_level(arm, best)}


def _point(arm: Arm) -> float:
    interval = arm.at_end()
    assert interval is not None
    return interval.point


def _is_level(arm: Arm, best: Arm) -> bool:
    """Whether the seeds that both have do not show that ``arm`` reaches less."""
    seeds = sorted(set(arm.curves) & set(best.curves))
    gaps = np.array([arm.curves[seed].final() - best.curves[seed].final() for seed in seeds])
    return len(seeds) == 0 or judge(stratified_bootstrap(gaps[:, None]), t_interval(gaps)) != "hurt"
