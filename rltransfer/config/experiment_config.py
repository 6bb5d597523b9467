"""An experiment: what is learned first, what it is carried to, by which methods, and how that is measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator, TypeAdapter, ValidationError

from rltransfer import registry
from rltransfer.config.choices import AgentChoice, TrunkChoice, agent_named, trunk_named
from rltransfer.config.images import with_families
from rltransfer.config.method_list import methods_as_written, parse_methods
from rltransfer.config.named import name_of
from rltransfer.config.points import Point, changes, registered_family, source_point, target_point
from rltransfer.config.section import SLUG, SLUG_RULE, Real, Section, Steps, Whole, as_mapping, whole
from rltransfer.config.task_settings import (
    ContextChoice,
    ContextSettings,
    SourceSettings,
    TargetSettings,
    TaskSettings,
)
from rltransfer.errors import UnknownNameError
from rltransfer.flaws import Flaw, flaw_error, hint, shown
from rltransfer.registry import nearest

_CONTEXT: TypeAdapter[Any] = TypeAdapter(ContextChoice)
SOURCE = "source"
"""The name of the source among the tasks of an experiment."""
MAX_SEEDS = 10_000
EVALUATIONS = 10
"""Evaluations during a target trial where ``evaluation.every`` is left out."""


def _slug(value: object) -> str:
    if not isinstance(value, str) or len(value) > 64 or not re.fullmatch(SLUG, value):
        raise flaw_error("name", [Flaw((), f"{shown(value)} is not a plain name. {SLUG_RULE}")])
    return value


def _seeds(value: object) -> object:
    if value is None or isinstance(value, str | bool | Mapping):
        raise flaw_error("seeds", [Flaw((), f"needs a number of seeds or a list of seeds, not {shown(value)}.")])
    if isinstance(value, int | float):
        if value != int(value) or not 1 <= value <= MAX_SEEDS:
            raise flaw_error("seeds", [Flaw((), f"is {shown(value)}, but must be a whole number, 1 to {MAX_SEEDS}.")])
        return tuple(range(int(value)))
    return value


Seed = Annotated[int, Field(ge=0, lt=2**31), BeforeValidator(whole)]
Seeds = Annotated[
    tuple[Seed, ...],
    BeforeValidator(_seeds),
    Field(min_length=1, max_length=MAX_SEEDS),
]
MethodList = Annotated[tuple[Any, ...], PlainValidator(parse_methods), PlainSerializer(methods_as_written)]
"""Instances of classes in ``rltransfer.registry.METHODS``."""


class EvaluationSettings(Section):
    """How a learner is measured while it trains.

    Args:
        every: environment steps between evaluations; a tenth of the budget where left out. More often shows
            the curve in more detail and costs more time.
        episodes: episodes of one evaluation. More narrow the interval around each point of the curve.
        seed: of the evaluation episodes, the same for every trial, so that all are compared on the same ones.
    """

    every: Steps
    episodes: Whole = Field(default=50, ge=1, le=10_000)
    seed: Seed = 10_000


class ExperimentConfig(Section):
    """One experiment file, complete and consistent.

    Args:
        kind: what targets are. `agents` learn from rewards in environments. With `images`, classifiers learn from
            labels: what all share of ``data``, ``per_class`` and ``size`` may stand at the top, and steps are examples
            learned from. A source may be of the other kind.
        experiment: the name of the experiment; its run directory is called after it.
        seeds: how many seeds (``5`` is 0 to 4), or a list of distinct ones. Each has a source agent and
            target trials of its own. Fewer than 5 give wide intervals.
        trunk: the perception network: ``name`` and its options. Left out, ``nature`` for pictures and ``mlp`` for
            vectors.
        agent: the learning algorithm: ``algorithm`` and its options. A source may have another.
        source: the task that knowledge comes from.
        context: whether the agent is told the factors of the environment it is in.
        targets: name to what differs from the source. Left out, source agents alone are trained.
        methods: transfer methods; ``scratch``, the control, is always added and comes first.
        budget: environment steps of each target trial, the same for every method.
        evaluation: how learners are measured while they train.
        threshold: mean return that time-to-threshold counts the steps to; chosen from the control where null.
        workers: trials at a time; as many as processor cores where null.
        threads: torch threads of each trial. One a trial uses cores best.
    """

    kind: Literal["agents", "images"] = "agents"
    experiment: Annotated[str, BeforeValidator(_slug)]
    seeds: Seeds = Field(default=5, validate_default=True)
    trunk: TrunkChoice = "nature"
    agent: AgentChoice = "ppo"
    source: SourceSettings
    context: ContextChoice = ContextSettings()
    targets: dict[str, TargetSettings] = Field(default_factory=dict)
    methods: MethodList
    budget: Steps
    evaluation: EvaluationSettings
    threshold: Real | None = None
    workers: Annotated[int, Field(ge=1, le=4096), BeforeValidator(whole)] | None = None
    threads: Whole = Field(default=1, ge=1, le=1024)

    @classmethod
    def prepare(cls, data: dict[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
        """See ``Section.prepare``: fills in tasks and the evaluation interval."""
        data, shorter_flaws = with_families(data)
        tasks, task_flaws = _prepared_tasks(data)
        task_flaws += [*_missing_targets(data), *shorter_flaws]
        data = {**_source_alone(data), **data}
        evaluation, evaluation_flaws = _prepared_evaluation(data)
        return {**data, **tasks, **evaluation}, [
            *task_flaws,
            *_untold_factors(data.get("context"), tasks),
            *_actions_not_learned(data.get("agent"), tasks),
            *_unpublished(data),
            *evaluation_flaws,
            *_repeated_seeds(data.get("seeds")),
        ]

    def learner(self, name: str) -> Any:
        """The algorithm that learns the task called ``name``: a target, or ``"source"``, which may have another."""
        return self.agent if name != SOURCE or self.source.learner is None else self.source.learner

    @property
    def source_kind(self) -> Literal["agents", "images"]:
        """What the source is, as ``kind`` says what targets are."""
        if self.source.learner is None:
            return self.kind
        return "images" if self.source.learner.learns_from == "labels" else "agents"

    def task(self, name: str) -> TaskSettings:
        """The task called ``name``, every axis filled in: a target, or the source for ``"source"``.

        Raises:
            UnknownNameError: no target has that name.
        """
        source = TaskSettings(**self.source.model_dump(include=set(TaskSettings.model_fields)))
        if name == SOURCE:
            return source
        if name not in self.targets:
            raise UnknownNameError("target", name, tuple(self.targets), nearest(name, self.targets))
        point, _ = target_point(dict(self.targets[name]), source.family, Point(**dict(source)))
        return TaskSettings.model_validate(vars(point))


def _source_alone(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an experiment without targets need not say."""
    source = as_mapping(data.get("source"))
    if "targets" in data or source is None:
        return {}
    return {"methods": [], "budget": source.get("budget")} if source.get("budget") is not None else {}


def _missing_targets(data: Mapping[str, Any]) -> list[Flaw]:
    """Methods or a budget without targets are a slip: an experiment on source agents alone has none of them."""
    if "targets" in data or not {"methods", "budget"} & set(data):
        return []
    message = "missing. Add it, or leave methods and budget out, too, to train source agents alone."
    return [Flaw(("targets",), message)]


def _untold_factors(context: object, tasks: Mapping[str, Any]) -> list[Flaw]:
    """Factors of the context that the source's family does not have, and families that have no such context."""
    try:
        settings = _CONTEXT.validate_python({} if context is None else context)
    except ValidationError:
        return []  # the field says what is wrong with it
    if settings.visibility == "hidden":
        return []
    source = tasks.get("source") or {}
    family = registered_family(source.get("family"))
    if family is None or not family.factors:
        return [Flaw(("context",), "the source's family has no factors to tell of. Leave it out.")] if source else []
    flaws = [
        Flaw(("context", "factors", index), f"unknown factor of family {family.name!r}. {hint(name, family.factors)}")
        for index, name in enumerate(settings.factors or ())
        if name not in family.factors
    ]
    for name, target in tasks.get("targets", {}).items():
        other = (as_mapping(target) or {}).get("family")
        if other is not None and other != source.get("family"):
            flaws.append(Flaw(("targets", name), "another family has other factors: leave 'context' out."))
    return flaws


def _prepared_tasks(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """``source`` and ``targets`` filled in as far as they hold."""
    raw_source = as_mapping(data.get("source"))
    source, flaws = source_point(raw_source) if raw_source is not None else (None, [])
    flaws = [flaw.below("source") for flaw in flaws]
    prepared: dict[str, Any] = {}
    if source is not None and raw_source is not None:
        prepared["source"] = {**raw_source, **vars(source), "environment": source.environment or {}}
    raw_targets = as_mapping(data.get("targets"))
    if raw_targets is None:
        return prepared, flaws
    prepared["targets"] = targets = dict(raw_targets)
    if not raw_targets:
        message = "has 0 entries, but needs at least 1. Leave 'targets' out to train source agents alone."
        flaws.append(Flaw(("targets",), message))
    for name, value in raw_targets.items():
        flaws += [flaw.below("targets", name) for flaw in _name_flaws(name, raw_targets)]
        raw = {} if value is None else as_mapping(value)
        if raw is None:
            continue
        target, target_flaws = target_point(raw, (raw_source or {}).get("family"), source)
        flaws += [flaw.below("targets", name) for flaw in target_flaws]
        unknown = {key: raw[key] for key in raw if key not in TargetSettings.model_fields}
        targets[name] = {**changes(target, source), **unknown} if target and source else raw
    return prepared, flaws


def _actions_not_learned(agent: object, tasks: Mapping[str, Any]) -> list[Flaw]:
    """Tasks whose robot acts in a way that the algorithm cannot learn, as far as names alone tell."""
    try:
        settings = agent_named("ppo" if agent is None else agent)
    except ValidationError:
        return []  # the field says what is wrong with it
    learned: tuple[str, ...] = getattr(settings, "actions", ())
    points: dict[tuple[str, ...], object] = {("source",): tasks.get("source")}
    points.update({("targets", name): target for name, target in tasks.get("targets", {}).items()})
    flaws = []
    given = as_mapping(tasks.get("source")) or {}
    if given.get("agent") is not None:
        del points["source",]  # it was learned already
    for path, point in points.items():
        fields = as_mapping(point) or {}
        family = registered_family(fields.get("family") or (tasks.get("source") or {}).get("family"))
        robot = fields.get("robot")
        kind = family.action_kind(robot) if family is not None and isinstance(robot, str) else None
        if kind is not None and kind not in learned:
            name = name_of(registry.ALGORITHMS, settings)
            message = (
                f"acts by {kind} actions; {name!r} learns {' and '.join(learned)}. Choose another robot or algorithm."
            )
            flaws.append(Flaw((*path, "robot"), f"{shown(robot)} {message}"))
    return flaws


def _unpublished(data: Mapping[str, Any]) -> list[Flaw]:
    """Published weights as a source, for a trunk that has none of that name, or that all learners begin with anyway."""
    family = as_mapping((as_mapping(data.get("source")) or {}).get("family"))
    if family is None or "published" not in family or Path(str(family["published"])).is_dir():
        return []
    try:
        trunk = trunk_named(data.get("trunk", "nature"))
        weights = type(trunk).model_validate({**trunk.model_dump(), "weights": family["published"]}).model_dump()
    except ValidationError:
        name = shown(family["published"])
        mend = "Choose a trunk with an option 'weights' that knows them, or the folder of a saved trunk."
        message = f"the trunk has no published weights {name}. {mend}"
        return [Flaw(("source", "family", "published"), message)]
    if weights["weights"] == trunk.model_dump()["weights"]:
        message = "the source's, so that the control would begin with them, too. Leave it out."
        return [Flaw(("trunk", "weights"), message)]
    return []


def _repeated_seeds(raw: object) -> list[Flaw]:
    seen: set[object] = set()
    flaws = []
    for index, seed in enumerate(raw if isinstance(raw, list | tuple) else ()):
        if isinstance(seed, int | float) and seed in seen:
            flaws.append(Flaw(("seeds", index), f"the seed {shown(seed)} stands twice. Remove one."))
        elif isinstance(seed, int | float):
            seen.add(seed)
    return flaws


def _name_flaws(name: object, names: Mapping[str, Any]) -> list[Flaw]:
    if not isinstance(name, str) or not re.fullmatch(SLUG, name) or len(name) > 64:
        return [Flaw((), f"not a plain name. {SLUG_RULE}")]
    if name == SOURCE:
        return [Flaw((), "the name 'source' is kept for the source. Choose another.")]
    alike = [other for other in names if str(other).casefold() == name.casefold()]
    if alike[0] != name:
        return [Flaw((), f"differs from {alike[0]!r} only in case, and both name folders. Choose another.")]
    return []


def _prepared_evaluation(data: Mapping[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
    """``evaluation`` with its default interval; flawed where the interval is longer than the budget."""
    raw = {} if data.get("evaluation") is None else as_mapping(data["evaluation"])
    if raw is None:
        return {}, []
    given, every = data.get("budget"), raw.get("every")
    budget = int(given) if isinstance(given, int | float) and not isinstance(given, bool) else None
    if every is None:
        return {"evaluation": {**raw, "every": max(1, (budget or 1) // EVALUATIONS)}}, []
    if budget is not None and isinstance(every, int | float) and every > budget >= 1:
        message = f"is {shown(every)}, more than the budget of {budget}. A trial would not be measured once."
        return {"evaluation": raw}, [Flaw(("evaluation", "every"), message)]
    return {"evaluation": raw}, []
