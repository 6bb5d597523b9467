"""From the tasks that an experiment file names to task objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    return _in_family(config, name, _family_of(config, name, seed))


def task_of_report(config: ExperimentConfig, name: str, described: Mapping[str, Any]) -> Task:
    """``task_of_experiment`` for a report: labelled data are not read where their numbers are known.

    So a run is shown where its data is not.

    Args:
        config: of the run.
        name: of the task.
        described: by name of the task, ``Classification.described`` as the run's manifest has it; what is missing or
            damaged is read instead.
    """
    from rltransfer.tasks.labelled import DescribedClassification

    settings = config.task(name).family
    if isinstance(settings, PublishedFamily):
        return _in_family(config, name, DescribedClassification(settings.published, num_classes=1000, num_train=0))
    known = described.get(name)
    if not isinstance(settings, DataFamily) or not isinstance(known, dict):
        return task_of_experiment(config, name)
    numbers = [known.get(key) for key in ("classes", "train")]
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        return task_of_experiment(config, name)
    family = DescribedClassification(_data_name(settings), num_classes=known["classes"], num_train=known["train"])
    return _in_family(config, name, family)


def _family_of(config: ExperimentConfig, name: str, seed: int) -> Family:
    point = config.task(name)
    if isinstance(point.family, AdHocFamily):
        adhoc = point.family
        return GymnasiumFamily(adhoc.id, kwargs=adhoc.kwargs, attributes=adhoc.attributes, wrappers=adhoc.wrappers)
    if isinstance(point.family, DataFamily):
        return _classification(config, point.family, seed)
    if isinstance(point.family, PublishedFamily):
        return _published(config, point.family.published)
    found: Family = FAMILIES.get(point.family)
    return found


def _in_family(config: ExperimentConfig, name: str, family: Family) -> Task:
    point = config.task(name)
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
    skipped = tuple(dict.fromkeys((*train.skipped, *test.skipped)))  # parts drawn from one set both have its list
    examples = {"train": examples_of(train, wanted), "test": examples_of(test, wanted)}
    return Classification(_data_name(family), **examples, skipped=skipped)


def _data_name(settings: DataFamily) -> str:
    name = str(settings.model_dump(mode="json")["data"]["format"])
    if (path := getattr(settings.data, "path", None)) is not None:
        name = f"{name} {path}"
    return name if settings.per_class == "all" else f"{name} ({settings.per_class} of each class)"


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
