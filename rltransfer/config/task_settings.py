"""The tasks of an experiment as its file names them: a family, and a point in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer, PlainValidator, ValidationInfo

from rltransfer import registry
from rltransfer.config.choices import AnotherAgent
from rltransfer.config.named import look_up, name_of, named_by_key, named_by_mapping
from rltransfer.config.section import Section, Steps, as_mapping, whole
from rltransfer.errors import DataError
from rltransfer.flaws import Flaw, flaw_error, hint, shown
from rltransfer.settings import Settings

FactorValue = bool | int | float | str


def _wrapper(value: object) -> Settings:
    return named_by_mapping(registry.WRAPPERS, value)


def _wrapper_as_written(wrapper: Settings) -> dict[str, Any]:
    return {name_of(registry.WRAPPERS, wrapper): wrapper.model_dump(mode="json")}


Wrapper = Annotated[Any, PlainValidator(_wrapper), PlainSerializer(_wrapper_as_written)]
"""An instance of a class in ``rltransfer.registry.WRAPPERS``."""


AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z]\w*(\.[A-Za-z]\w*)*$", max_length=200)]
"""A name, or names of objects within objects: ``model.opt.gravity``."""
AttributeValue = bool | int | float | str | list[float]


class AdHocFamily(Section):
    """Any environment that Gymnasium knows, as a family of one task.

    Args:
        id: the Gymnasium id, such as ``CartPole-v1``. ``my_package:Mine-v0`` has Gymnasium import the installed
            module ``my_package`` first, so that it can register its environments.
        kwargs: arguments for ``gymnasium.make``; a source and a target with different ones are two tasks.
        attributes: set on the environment once it is made, before its wrappers: ``{gravity: 5.0}``, or
            ``{model.opt.gravity: [0, 0, -5]}``. A name that is not there is refused; one whose change has no effect
            in a short rollout is warned of, before anything trains.
        wrappers: what the environment is wrapped in, innermost first: names, or a name with its options.
    """

    id: str = Field(pattern=r"^([\w.]+:)?([\w.-]+/)?[\w.-]+$", max_length=200)
    kwargs: dict[str, JsonValue] = Field(default_factory=dict)
    attributes: dict[AttributeName, AttributeValue] = Field(default_factory=dict)
    wrappers: tuple[Wrapper, ...] = ()


def _data(value: object) -> Settings:
    if isinstance(value, Mapping) and "format" not in value:
        known = ", ".join(registry.IMAGE_DATA)
        raise flaw_error("data", [Flaw(("format",), f"missing. Add it; known: {known}.")])
    return named_by_key(registry.IMAGE_DATA, value, key="format", default="")


def _data_as_written(data: Settings) -> dict[str, Any]:
    return {"format": name_of(registry.IMAGE_DATA, data), **data.model_dump(mode="json")}


DataChoice = Annotated[Any, PlainValidator(_data), PlainSerializer(_data_as_written)]
"""An instance of a class in ``rltransfer.registry.IMAGE_DATA``."""


def _per_class(value: object) -> object:
    if value == "all":
        return value
    number = int(value) if isinstance(value, float) and value.is_integer() else value
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        raise ValueError(f"needs a whole number of at least 1, or 'all', not {shown(value)}.")
    return number


PerClass = Annotated[Annotated[int, Field(ge=1)] | Literal["all"], BeforeValidator(_per_class)]
"""How many examples of each class."""


class DataFamily(Section):
    """Labelled data, as a family of one task: see an example, name its class.

    Args:
        data: where they come from: ``format`` and its options.
        per_class: how many examples of each class are learned from; which, the trial's seed says. All are tested on.
        size: pixels a side that pictures are brought to. Where null, as the trunk's weights ask for, or as they are.
    """

    data: DataChoice
    per_class: PerClass = "all"
    size: Annotated[int, Field(ge=1, le=4096), BeforeValidator(whole)] | None = None


class PublishedFamily(Section):
    """What published weights of a trunk were learned on, as a source that needs no training.

    Args:
        published: the name of the weights, as the trunk's option ``weights`` has it: ``imagenet``. Or the folder of a
            saved trunk, whatever it was learned on: ``runs/quickstart/source/seed-0/agent/trunk``.
    """

    published: str = Field(min_length=1, max_length=4096)


OwnFamily = AdHocFamily | DataFamily | PublishedFamily
"""A family that the experiment file itself describes."""


def own_family(fields: Mapping[str, Any]) -> OwnFamily:
    """The family that a mapping describes; by its keys, data, published weights or a Gymnasium environment."""
    if any(key in fields for key in DataFamily.model_fields):
        return DataFamily.model_validate(fields)
    if "published" in fields:
        return PublishedFamily.model_validate(fields)
    return AdHocFamily.model_validate(fields)


def _family(value: object, info: ValidationInfo) -> str | OwnFamily:
    if isinstance(value, OwnFamily | Mapping):
        family = own_family(value) if isinstance(value, Mapping) else value
        absent = absent_file(family) if info.context and info.context.get("data") else None
        if absent is not None:
            raise flaw_error("family", [absent])
        return family
    if not isinstance(value, str):
        expected = "the name of a family, or a mapping with the id of a Gymnasium environment or with data"
        raise flaw_error("family", [Flaw((), f"needs {expected}, not {shown(value)}.")])
    look_up(registry.FAMILIES, value)
    return value


def absent_file(family: object) -> Flaw | None:
    """What is wrong where a file that ``family`` is read from is not there; what is in it is not looked at."""
    if isinstance(family, DataFamily):
        try:
            family.data.check_files()
        except DataError as error:
            return Flaw(("data", "path"), str(error))
    if isinstance(family, PublishedFamily) and {".", "/"} & {*family.published} and not Path(family.published).exists():
        message = f"{family.published} does not exist. Give the file or folder of a trunk's weights, or their name."
        return Flaw(("published",), message)
    return None


def _family_as_written(family: str | OwnFamily) -> str | dict[str, Any]:
    return family if isinstance(family, str) else family.model_dump(mode="json")


def _nothing_is_empty(value: object) -> object:
    return {} if value is None else value


FamilyChoice = Annotated[str | OwnFamily, PlainValidator(_family), PlainSerializer(_family_as_written)]
"""The name of a registered family, or one that the file itself describes."""
Environment = Annotated[dict[str, FactorValue], BeforeValidator(_nothing_is_empty)]


class RandomizeSettings(Section):
    """Domain randomisation: factors that are drawn anew for every episode.

    Args:
        factors: which; a bare list of them stands for the whole mapping.
        split: where values come from: `train` and `interpolation` the usual range of each factor, `extrapolation`
            what is allowed outside it, `full` all that is allowed.
    """

    factors: tuple[str, ...] = Field(min_length=1)
    split: Literal["train", "interpolation", "extrapolation", "full"] = "train"


def _listed_factors(value: object) -> object:
    return {"factors": value} if isinstance(value, list | tuple) else value


Randomize = Annotated[RandomizeSettings, BeforeValidator(_listed_factors)]


class ContextSettings(Section):
    """Whether the agent is told which environment it is in.

    Args:
        visibility: `hidden`; `observed`, as part of the observation: appended to vectors, as constant planes to
            images; `side`, as a dictionary of `observation` and `context`. A bare word stands for the mapping.
        factors: which it is told, in the source and in every target. Where null, those that the source randomises, and
            all of the family's where it randomises none.
    """

    visibility: Literal["hidden", "observed", "side"] = "hidden"
    factors: tuple[str, ...] | None = Field(default=None, min_length=1)


def _bare_visibility(value: object) -> object:
    return {"visibility": value} if isinstance(value, str) else value


ContextChoice = Annotated[ContextSettings, BeforeValidator(_bare_visibility)]


class _Named(Section):
    """What names a task."""

    @classmethod
    def keys_for(cls, data: Mapping[str, Any]) -> tuple[str, ...]:
        """See ``Section.keys_for``: labelled data are named directly, and have no robot, task or factors."""
        if "data" not in (as_mapping(data.get("family")) or {}):
            return super().keys_for(data)
        return (*DataFamily.model_fields, *(key for key in cls.model_fields if key not in TaskSettings.model_fields))


class TaskSettings(_Named):
    """One task: a family, and for a registered family the point in it.

    Args:
        family: the name of a registered family, or a Gymnasium environment: ``{id: CartPole-v1}``.
        robot: the family's first where left out; None for Gymnasium environments.
        task: the family's first where left out; None for Gymnasium environments.
        environment: the factors that differ from their defaults, with their values.
        randomize: factors that are drawn anew for every episode, on top of that.
    """

    family: FamilyChoice
    robot: str | None = None
    task: str | None = None
    environment: Environment = Field(default_factory=dict)
    randomize: Randomize | None = None


class ForeignAgent(Section):
    """A trained agent of Stable-Baselines3, imported from its weights without executing anything in its file.

    Args:
        file: a zip, or a training folder of rl-zoo3.
        algorithm: what it was trained by; a training folder says so itself.
        statistics: safetensors file of what its observations were normalised by, where they were.
        hyperparameters: settings of the algorithm that the zip does not say in plain values.
    """

    file: str = Field(min_length=1)
    algorithm: str | None = None
    statistics: str | None = Field(default=None, min_length=1)
    hyperparameters: dict[str, JsonValue] = Field(default_factory=dict)

    @classmethod
    def prepare(cls, data: dict[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
        """See ``Section.prepare``."""
        name, file = data.get("algorithm"), data.get("file")
        if name is None and isinstance(file, str) and file.endswith(".zip"):
            message = "missing. A zip does not say in plain values what it was trained by."
            return data, [] if _lies_in_training_folder(file) else [Flaw(("algorithm",), message)]
        known = registry.ALGORITHMS.names()
        if isinstance(name, str) and name not in known:
            return data, [Flaw(("algorithm",), f"unknown algorithm {shown(name)}. {hint(name, known)}")]
        return data, []


def _lies_in_training_folder(file: str) -> bool:
    folder = Path(file).parent
    return any(True for pattern in ("args.yml", "*/args.yml") for _ in folder.glob(pattern))


def _trained(value: object, info: ValidationInfo) -> str | ForeignAgent | None:
    if value is None or isinstance(value, ForeignAgent):
        return value
    if isinstance(value, Mapping):
        return ForeignAgent.model_validate(value)
    if not isinstance(value, str) or not value:
        raise flaw_error("agent", [Flaw((), f"needs the folder of a trained agent, not {shown(value)}.")])
    if value.endswith(".zip"):
        how = f"{{file: {value}, algorithm: ppo}}"
        message = f"{shown(value)} is a zip of Stable-Baselines3, which does not say its algorithm. Write {how}."
        raise flaw_error("agent", [Flaw((), message)])
    if info.context and info.context.get("files") and not Path(value).exists():
        raise flaw_error("agent", [Flaw((), f"{value} does not exist. Train one, or give another path.")])
    return value


def _trained_as_written(agent: str | ForeignAgent | None) -> Any:
    return agent.model_dump(mode="json", exclude_defaults=True) if isinstance(agent, ForeignAgent) else agent


TrainedAgent = Annotated[str | ForeignAgent | None, PlainValidator(_trained), PlainSerializer(_trained_as_written)]
"""The folder of an agent, or what is needed to import one."""


class SourceSettings(TaskSettings):
    """The task that knowledge comes from, and how its agent comes about: trained now, or trained already.

    Args:
        budget: environment steps that each source agent trains for. Give this or ``agent``.
        agent: folder of a trained agent, such as ``runs/quickstart/source/seed-0``, in place of training one; or one of
            Stable-Baselines3 as ``{file: agent.zip, algorithm: ppo}``.
        learner: the algorithm that learns the source, as under ``agent`` of the experiment, where it is another than
            that of targets. Left out, labelled data are learned by ``classifier`` though targets are environments, and
            environments by ``ppo`` though targets are labelled data.
    """

    budget: Steps | None = None
    agent: TrainedAgent = None
    learner: AnotherAgent = None

    @property
    def is_trained(self) -> bool:
        """Whether each seed trains a source agent; otherwise one is given."""
        return self.budget is not None

    @classmethod
    def prepare(cls, data: dict[str, Any]) -> tuple[dict[str, Any], list[Flaw]]:
        """See ``Section.prepare``."""
        given = [key for key in ("budget", "agent") if data.get(key) is not None]
        family = data.get("family")
        if isinstance(family, PublishedFamily) or (isinstance(family, Mapping) and "published" in family):
            message = "given together with published weights, which are the source. Leave it out."
            return data, [Flaw((key,), message) for key in given]
        if len(given) == 2:
            return data, [Flaw(("agent",), "given together with budget. Keep budget to train, or agent to reuse one.")]
        if given == ["agent"] and data.get("learner") is not None:
            return data, [Flaw(("learner",), "given together with agent, which has learned already. Leave it out.")]
        if not given:
            message = "missing. Give the steps to train the source for, or under 'agent' a trained agent's folder."
            return data, [Flaw(("budget",), message)]
        return data, []


class TargetSettings(_Named):
    """A task that knowledge goes to, by what differs from the source; the rest is kept, factor by factor.

    Args:
        family: another family, where robot, task and factors then start from that family's defaults.
        robot: another robot of the family.
        task: another task of the family.
        environment: factors with the values that they change to.
        randomize: factors that are drawn anew for every episode; a source's are not kept.
    """

    family: FamilyChoice | None = None
    robot: str | None = None
    task: str | None = None
    environment: Environment = Field(default_factory=dict)
    randomize: Randomize | None = None
