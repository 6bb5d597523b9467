"""Families and tasks: what can be transferred between."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from rltransfer.errors import ConfigError, UnknownNameError
from rltransfer.registry import nearest
from rltransfer.tasks.context import VISIBILITIES, Visibility
from rltransfer.tasks.factor import Factor, FactorValue
from rltransfer.tasks.variation import Variation
from rltransfer.tasks.variation_sets import (
    Split,
    check_split,
    chosen_factors,
    draw_variation,
    grid_variations,
    why_not_drawn,
)

if TYPE_CHECKING:
    from gymnasium import Env, Space
    from gymnasium.vector import VectorEnv


ActionKind = Literal["discrete", "continuous"]


@dataclass(frozen=True, kw_only=True)
class Randomization:
    """Domain randomisation: which factors are drawn anew for every episode.

    Args:
        factors: their names.
        split: the range that values come from; see ``variation_sets``.

    Raises:
        ConfigError: not a list of names, or an unknown split.
    """

    factors: tuple[str, ...]
    split: Split = "train"

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", _names("the factors to randomise", self.factors))
        check_split(self.split)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Whether, and how, the agent is told which environment it is in.

    Args:
        visibility: see ``rltransfer.tasks.context.Visibility``.
        factors: the names of those it is told. Where None, ``Family.task`` takes those that the task randomises, and
            all of the family's where it randomises none.

    Raises:
        ConfigError: an unknown visibility, or not a list of names.
    """

    visibility: Visibility = "hidden"
    factors: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.visibility not in VISIBILITIES:
            known = tuple(VISIBILITIES)
            raise UnknownNameError("context", str(self.visibility), known, nearest(str(self.visibility), known))
        if self.factors is not None:
            object.__setattr__(self, "factors", _names("the factors of a context", self.factors))


def _names(what: str, given: object) -> tuple[str, ...]:
    """``given`` as a tuple. Raises ConfigError where it is not a list of names; a text is one name, not many."""
    if isinstance(given, list | tuple) and all(isinstance(name, str) for name in given):
        return tuple(given)
    example = [given] if isinstance(given, str) else ["slip", "speed"]
    raise ConfigError(f"{what} are a list of names, such as {example!r:.60}, not {given!r:.60}")


HIDDEN = Context()


@dataclass(frozen=True, kw_only=True)
class Picture:
    """How a family is shown on its contact sheet.

    Args:
        robot: in the panels of tasks and factors; the first where None.
        steps: random steps before a picture is taken, so that things that move have moved.
        hold: steps that each random action lasts.
        environment: factor values of every panel, under the panel's own.
        layout: those of the panels of tasks and of layout factors, on top: a view that shows the whole, say.
        zoom: how much the middle of a picture is magnified.
    """

    robot: str | None = None
    steps: int = 12
    hold: int = 3
    environment: Mapping[str, FactorValue] = field(default_factory=dict)
    layout: Mapping[str, FactorValue] = field(default_factory=dict)
    zoom: float = 1.0


@dataclass(frozen=True, kw_only=True)
class ReferenceScore:
    """Mean undiscounted returns that give a task's returns a scale.

    Args:
        random: of the uniformly random policy, which becomes 0.
        expert: which becomes 1: of a scripted expert or of a human player, as ``source`` says.
        episodes: how many episodes the random policy was measured on.
        source: who the expert is, and the command or the publication that each of the two comes from.
    """

    random: float
    expert: float
    episodes: int
    source: str


class Family(abc.ABC):
    """Tasks that share a world, described along three axes: robot, task and environment.

    A family is declared without importing its simulator: names and factors are plain data, and only ``make_vec``
    imports what it needs. So a configuration that names a factor is checked in milliseconds.
    """

    name: str
    """The name under which the family is registered."""
    summary: str
    """One line for lists."""
    robots: Mapping[str, str]
    """Robot name to one line about it; the first is the default."""
    tasks: Mapping[str, str]
    """Task name to one line about it; the first is the default."""
    factors: Mapping[str, Factor]
    """What can change in the environment, by name."""
    other_robots: str = ""
    """A regular expression of the names that ``resolve_robot`` takes beside those in ``robots``, for editors."""
    render_modes: tuple[str, ...] | None = ("rgb_array",)
    """Ways in which ``make_vec`` draws frames; None where only the environment can tell."""
    simulator_modules: tuple[str, ...] = ()
    """Modules that ``make_vec`` imports: loaded once before the trials of a run are forked, to spare each the wait."""
    extra: str | None = None
    """The optional extra that brings the simulator: ``pip install "rltransfer[<extra>]"``."""
    restores_state: bool = True
    """Whether the vector environment has ``get_state`` and ``set_state`` that go on bit for bit."""
    seen_state: tuple[str, ...] = ()
    """Names of what ``get_state`` keeps for appearance and sensors alone: all else is the same whatever is seen."""
    picture: Picture = Picture()
    """How it is shown on its contact sheet."""
    described_in: str = ""
    """``"module:Class"`` whose docstring describes the environments; this class's own where empty."""
    reference_scores: Mapping[tuple[str, str], ReferenceScore] = MappingProxyType({})
    """Measured in the default environment, by robot and task; ``reference_score`` says where they hold."""

    @abc.abstractmethod
    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """``num_envs`` copies of ``task``, stepped together.

        The vector environment resets a copy in the step in which its episode ends
        (``AutoresetMode.SAME_STEP``), with the true last observation under ``infos["final_obs"]``. Copy ``k`` reset
        with seed ``s`` behaves like a single environment reset with seed ``s``. Episodes report ``is_success`` in
        ``infos["final_info"]`` where the task defines success.
        """

    def make_randomized_vec(
        self, task: Task, *, num_envs: int, render_mode: str | None = None
    ) -> VectorEnv[Any, Any, Any]:
        """Copies of ``task`` in environments that are drawn anew for every episode; see ``randomized.Randomized``.

        The vector environment's ``variations`` are the environments that its copies are in now.
        """
        from rltransfer.tasks.randomized import Randomized

        return Randomized(task, num_envs=num_envs, render_mode=render_mode)

    def make(self, task: Task, *, render_mode: str | None = None) -> Env[Any, Any]:
        """One environment of ``task``, as Gymnasium has them."""
        from rltransfer.tasks.single_copy import SingleCopy

        return SingleCopy(self.make_vec(task, num_envs=1, render_mode=render_mode))

    def upstream(self, task: Task) -> Env[Any, Any] | None:
        """The simulator's own environment that ``task`` equals bit for bit, made without this family's code.

        None where the family is its own simulator, or for an environment that upstream does not have.
        """
        return None

    def factors_of(self, task: str) -> Mapping[str, Factor]:
        """Every factor as it is in the task of that name: all, where the tasks differ in what values they have."""
        return self.factors

    def sample(
        self,
        num: int,
        *,
        seed: int,
        factors: Iterable[str] | None = None,
        split: Split = "train",
        task: str | None = None,
    ) -> tuple[Variation, ...]:
        """``num`` random variations for a task, the same for the same seed.

        Sets of different splits and seeds make training and test sets; see ``variation_sets``.

        Args:
            num: how many.
            seed: of what is drawn.
            factors: which vary; where left out, all that act in the task and keep the observation space.
            split: the range that values come from.
            task: its name; the family's first where left out.
        """
        import numpy as np

        rng = np.random.default_rng([seed, *split.encode()])
        task = self._known_task(task)
        known = self.factors_of(task)
        acting = [name for name, factor in known.items() if factor.acts_in(task) and not factor.changes_space]
        names = acting if factors is None else tuple(factors)
        return tuple(Variation(self.factors, draw_variation(known, rng, names=names, split=split)) for _ in range(num))

    def grid(
        self, factors: Iterable[str], *, points: int = 3, split: Split = "full", task: str | None = None
    ) -> tuple[Variation, ...]:
        """Every combination of evenly spaced values of the named factors; see ``variation_sets.grid_variations``."""
        known = self.factors_of(self._known_task(task))
        return tuple(
            Variation(self.factors, values)
            for values in grid_variations(known, tuple(factors), points=points, split=split)
        )

    def why_not_drawn(self, factor: str, *, split: Split, task: str | None = None) -> str | None:
        """Why the factor of that name cannot be drawn anew for every episode of a task; None where it can."""
        return why_not_drawn(self.factors_of(self._known_task(task))[factor], split)

    def spaces(self, task: Task) -> tuple[Space[Any], Space[Any]]:
        """Observation and action space of one copy of ``task``."""
        env = self.make_vec(task, num_envs=1)
        try:
            return env.single_observation_space, env.single_action_space
        finally:
            env.close()

    def resolve_robot(self, name: str) -> str:
        """The full name of the robot called ``name``: how tasks, configurations and saved agents write it.

        Overridden where ``robots`` does not list all that there are, such as bodies in files of the user's.

        Raises:
            UnknownNameError: the family has no such robot.
            ConfigError: what the name stands for does not hold.
        """
        if name not in self.robots:
            raise UnknownNameError(
                f"robot of family {self.name!r}", name, tuple(self.robots), nearest(name, self.robots)
            )
        return name

    def action_meanings(self, robot: str) -> tuple[str, ...] | None:
        """What each discrete action of ``robot`` does, or None where actions are continuous or unnamed."""
        return None

    def action_kind(self, robot: str) -> ActionKind | None:
        """Whether ``robot`` acts by discrete choices or by continuous numbers; None where only its space can tell.

        Known without a simulator, it lets a configuration be refused whose algorithm cannot act.
        """
        return "discrete" if self.action_meanings(robot) is not None else None

    def doubts(self, task: Task) -> tuple[str, ...]:
        """What ``task`` asks for and seems to have no effect, in words; an experiment asks once, before it runs."""
        from rltransfer.tasks.idle_factors import idle_factors

        return tuple(f"factor {name!r} {reason}" for name, reason in idle_factors(task).items())

    def told_factors(self, randomization: Randomization | None) -> tuple[str, ...]:
        """The factors that a context tells where it names none: those that are drawn, or all where none are."""
        return tuple(self.factors) if randomization is None else randomization.factors

    def reference_score(self, task: Task) -> ReferenceScore | None:
        """Random and expert returns of ``task``, or None where none hold.

        ``reference_scores`` hold wherever paths are those of the default environment: what differs in appearance or
        sensors alone has them too; what differs, or is drawn, in dynamics or layout has none.
        """
        drawn = () if task.randomization is None else task.randomization.factors
        changed = {self.factors[name].kind for name in (*task.environment, *drawn)}
        return None if changed & {"dynamics", "layout"} else self.reference_scores.get((task.robot, task.task))

    def facts(self, state: Mapping[str, Any], copy: int) -> Mapping[str, str | float]:
        """What a frame shows, by name: classes of things and colours as text, positions and angles as numbers.

        Labels of frames, by which a trunk's perception is probed. None by default; factors, and numbers of the state
        by their place in it, are labels in any case.

        Args:
            state: what ``get_state`` of the vector environment gave when the frame was seen.
            copy: whose frame it is.
        """
        return {}

    def task(
        self,
        *,
        robot: str | None = None,
        task: str | None = None,
        environment: Mapping[str, object] | None = None,
        randomization: Randomization | None = None,
        context: Context = HIDDEN,
    ) -> Task:
        """One point of the family; what is left out takes the default.

        Raises:
            UnknownNameError: a robot, task or factor that the family does not have.
            ConfigError: a factor value that does not hold, or a factor that cannot be drawn as is asked.
        """
        chosen_factors(self.factors, context.factors or ())
        if context.visibility != "hidden" and context.factors is None:
            context = replace(context, factors=self.told_factors(randomization))
        robot = self.resolve_robot(next(iter(self.robots)) if robot is None else robot)
        task = self._known_task(task)
        variation, known = Variation(self.factors, environment), self.factors_of(task)
        try:
            Variation(known, variation)
        except ConfigError as error:
            raise ConfigError(f"task {task!r}: {error}") from error
        if randomization is not None:
            for factor in chosen_factors(known, randomization.factors):
                refusal = self.why_not_drawn(factor.name, split=randomization.split, task=task)
                if refusal is not None:
                    raise ConfigError(refusal)
        return Task(
            family=self, robot=robot, task=task, environment=variation, randomization=randomization, context=context
        )

    def _known_task(self, name: str | None) -> str:
        """``name``, or the first task where it is None. Raises UnknownNameError."""
        if name is not None and name not in self.tasks:
            raise UnknownNameError(f"task of family {self.name!r}", name, tuple(self.tasks), nearest(name, self.tasks))
        return name or next(iter(self.tasks))


@dataclass(frozen=True, kw_only=True)
class Task:
    """One point of a family: a robot, a task and an environment. Made by ``Family.task``.

    With a ``randomization`` it is a distribution of such points: each episode has an environment of its own.
    """

    family: Family
    robot: str
    task: str
    environment: Variation
    randomization: Randomization | None = None
    context: Context = HIDDEN

    def changed(
        self,
        *,
        robot: str | None = None,
        task: str | None = None,
        environment: Mapping[str, object] | None = None,
        randomization: Randomization | None = None,
        context: Context | None = None,
    ) -> Task:
        """This task with what is named changed and the rest kept; factors are merged one by one."""
        return self.family.task(
            robot=robot or self.robot,
            task=task or self.task,
            environment=self.environment.merged({} if environment is None else environment),
            randomization=randomization or self.randomization,
            context=context or self.context,
        )

    def fixed(self, environment: Variation) -> Task:
        """This task in one environment, the context not told."""
        return self.family.task(robot=self.robot, task=self.task, environment=environment)

    def make_vec(self, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """``num_envs`` copies of this task, randomised and with its context; see ``Family.make_vec``.

        Raises:
            ConfigError: no copies are asked for, or a render mode that the family does not have.
        """
        if isinstance(num_envs, bool) or not isinstance(num_envs, int) or num_envs < 1:
            raise ConfigError(f"num_envs is {num_envs!r:.60}, but must be a whole number, at least 1")
        modes = self.family.render_modes
        if render_mode is not None and modes is not None and render_mode not in modes:
            choices = " or ".join(map(repr, modes))
            raise ConfigError(
                f"render_mode is {render_mode!r:.60}, which family {self.family.name!r} does not have. "
                f"Choose {choices}, or None."
            )
        make = self.family.make_vec if self.randomization is None else self.family.make_randomized_vec
        env = make(self, num_envs=num_envs, render_mode=render_mode)
        if self.context.visibility == "hidden":
            return env
        from rltransfer.tasks.context_observation import ContextObservation

        return ContextObservation(env, self)

    def spaces(self) -> tuple[Space[Any], Space[Any]]:
        """Observation and action space of one copy, the context included."""
        observation, action = self.family.spaces(self)
        if self.context.visibility == "hidden":
            return observation, action
        from rltransfer.tasks.context_observation import told_space

        return told_space(observation, self), action

    def __str__(self) -> str:
        factors = ", ".join(f"{name}={value}" for name, value in self.environment.items())
        if self.randomization is not None:
            drawn = f"{', '.join(self.randomization.factors)} drawn from {self.randomization.split}"
            factors = f"{factors}; {drawn}" if factors else drawn
        return f"{self.family.name}: {self.robot}, {self.task}" + (f" ({factors})" if factors else "")
