"""From the tasks that an experiment file names to task objects."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rltransfer.config import AdHocFamily, DataFamily, ExperimentConfig, PublishedFamily
from rltransfer.errors import NotApplicableError
from rltransfer.registry import FAMILIES
from rltransfer.tasks.family import Context, Family, Randomization, Task
from rltransfer.tasks.gymnasium_family import GymnasiumFamily
from rltransfer.trunks.preprocessing import Preprocessing

if TYPE_CHECKING:
    from gymnasium.spaces import Box

    from rltransfer.tasks.labelled import Classification, PublishedClasses


def task_of_experiment(config: ExperimentConfig, name: str, *, seed: int = 0) -> Task:
    """The task called ``name``: a target, or ``"source"``; ``seed`` says which examples it has, where it has few."""
    point = config.task(name)
    if isinstance(point.family, AdHocFamily):
        adhoc = point.family
        family: Family = GymnasiumFamily(
            adhoc.id, kwargs=adhoc.kwargs, attributes=adhoc.attributes, wrappers=adhoc.wrappers
        )
    elif isinstance(point.family, DataFamily):
        family = _classification(config, point.family, seed)
    elif isinstance(point.family, PublishedFamily):
        family = _published(config, point.family.published)
    else:
        family = FAMILIES.get(point.family)
    drawn, told = point.randomize, config.context
    names = told.factors
    if told.visibility != "hidden" and names is None:  # source and targets are told the same: what the source draws
        source = config.source.randomize
        names = family.told_factors(None if source is None else Randomization(factors=source.factors))
    return family.task(
        robot=point.robot,
        task=point.task,
        environment=point.environment,
        randomization=None if drawn is None else Randomization(factors=drawn.factors, split=drawn.split),
        context=Context(visibility=told.visibility, factors=names),
    )


def _classification(config: ExperimentConfig, settings: DataFamily, seed: int) -> Classification:
    wanted = config.trunk.preprocessing if settings.size is None else Preprocessing(size=settings.size)
    return _loaded(json.dumps(settings.model_dump(mode="json"), sort_keys=True), wanted, seed)


@lru_cache(maxsize=32)
def _loaded(settings: str, wanted: Preprocessing, seed: int) -> Classification:
    """The examples of one description, read once in a process."""
    from rltransfer.tasks.labelled import Classification
    from rltransfer.tasks.pictures import examples_of

    family = DataFamily.model_validate_json(settings)
    train, test = family.data.train_test(per_class=family.per_class, seed=seed)
    name = json.loads(settings)["data"]["format"]
    if (path := getattr(family.data, "path", None)) is not None:
        name = f"{name} {path}"
    if family.per_class != "all":
        name = f"{name} ({family.per_class} of each class)"
    skipped = tuple(dict.fromkeys((*train.skipped, *test.skipped)))  # parts drawn from one set both have its list
    return Classification(name, train=examples_of(train, wanted), test=examples_of(test, wanted), skipped=skipped)


def _read_by(folder: str) -> Box:
    """What the trunk in ``folder`` reads."""
    import numpy as np
    from gymnasium.spaces import Box

    from rltransfer.trunks.artifact import load_trunk

    shape = load_trunk(folder).input_shape
    if len(shape) == 3:
        return Box(0, 255, (*shape[1:], shape[0]), np.uint8)
    return Box(-np.inf, np.inf, shape, np.float32)


def _published(config: ExperimentConfig, weights: str) -> PublishedClasses:
    """What published weights were learned on, seen as the first target is, or as the saved trunk is built for.

    Raises:
        ArtifactError: there is no sound trunk in the folder.
        NotApplicableError: there is no target, or the first is not seen in images.
    """
    from gymnasium.spaces import Box

    from rltransfer.tasks.labelled import PublishedClasses

    if Path(weights).is_dir():
        return PublishedClasses(weights, space=_read_by(weights))
    if not config.targets:
        raise NotApplicableError("published weights are a source for targets, and there are none")
    seen, _ = task_of_experiment(config, next(iter(config.targets))).spaces()
    if not isinstance(seen, Box) or len(seen.shape) != 3:
        raise NotApplicableError(f"published weights are a source for images, and the first target is seen as {seen}")
    return PublishedClasses(weights, space=seen)
