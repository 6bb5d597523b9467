"""A whole experiment: source agents, then every target by every method and seed, then the answer."""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rltransfer.config import ExperimentConfig, ForeignAgent, load_experiment
from rltransfer.errors import ArtifactError, ConfigError, NoEffectWarning, NotApplicableError, RLTransferError
from rltransfer.experiment_tasks import task_of_experiment
from rltransfer.launch import Job, JobEvent, Listener, run_locally
from rltransfer.runs import RunDirectory, TrialName, opened
from rltransfer.transfer.method import check_budget

if TYPE_CHECKING:
    from rltransfer.agents.algorithms import Algorithm
    from rltransfer.report import Result

Plan = tuple[TrialName, ...]


def run_experiment(
    experiment: ExperimentConfig | Path | str,
    *,
    out: Path | str | None = None,
    workers: int | None = None,
    listen: Callable[[Plan, Plan], Listener] | None = None,
) -> Result:
    """Run what has not run yet of an experiment, and sum up.

    Trials run in processes of their own, each on ``threads`` threads. Finished trials are skipped, so an interrupted
    run goes on where it stopped. A script that calls this does so under ``if __name__ == "__main__":``, as Python asks
    of all that start processes.

    Args:
        experiment: a configuration, or the path of a YAML file.
        out: the run directory; ``runs/<experiment>`` where left out.
        workers: trials at a time; the experiment's ``workers``, or the number of cores, where left out.
        listen: given the trials to run and those finished before, gives what is called with every event.

    Returns:
        Tables, verdicts and failed trials; the same that ``rltransfer.report.collect`` reads from the directory.

    Raises:
        ConfigError: the experiment does not hold.
        RunConflictError: the directory belongs to another configuration.
        RunLockedError: another process is writing the directory.
    """
    from rltransfer.report import collect, write_result

    config = experiment if isinstance(experiment, ExperimentConfig) else load_experiment(Path(experiment))
    config = with_usual_trunk(config)
    run = RunDirectory(out if out is not None else Path("runs") / config.experiment)
    with opened(run, config, **check_parts(config)):
        plan, inapplicable = plan_trials(config)
        for name, reason in inapplicable.items():
            if not run.trial(name).is_done:
                run.trial(name).write_status("not applicable", reason=reason)
        left = tuple(name for name in plan if not run.trial(name).is_done)
        done = tuple(name for name in plan if name not in left)
        show = listen(left, done) if listen is not None else _ignore
        trials = {str(name): run.trial(name) for name in left}

        def hear(event: JobEvent) -> None:
            trial = trials[event.name]
            if event.kind == "failed" and trial.status().get("state") != "failed":  # killed before it could say so
                trial.write_status("failed", error=str(event.content))
            show(event)

        try:
            run_locally(
                _jobs(config, run, left),
                workers=workers or config.workers,
                listen=hear,
                preload=_preloaded(config),
            )
        finally:
            for name in left:
                if run.trial(name).status().get("state") == "running":
                    run.trial(name).write_status("interrupted")
        result = collect(run)
        write_result(run, result)
    return result


def with_usual_trunk(config: ExperimentConfig) -> ExperimentConfig:
    """``config`` with the trunk ``mlp`` where it names none and the source is observed in vectors.

    Raises:
        ConfigError: a method names a stage that the trunk does not have.
    """
    from rltransfer.agents.making import trunk_spec, usual_trunk
    from rltransfer.tasks.vec_env import channels_first

    trunk: Any = config.trunk
    if "trunk" not in config.model_fields_set:
        try:
            observation, _ = task_of_experiment(config, "source").spaces()
        except RLTransferError:
            return config  # see check_parts, which says of what task this is
        trunk = trunk_spec(usual_trunk(channels_first(observation)))
        config = config.model_copy(update={"trunk": trunk})
    with contextlib.suppress(NotImplementedError):  # a trunk that knows its stages once it is built
        for method in config.methods:
            method.check_stages(trunk.stage_names())
    return config


def plan_trials(config: ExperimentConfig) -> tuple[Plan, Mapping[TrialName, str]]:
    """Every trial in the order to run, and those that cannot be, with the reason."""
    from rltransfer.tasks.space_diff import SpaceDiff

    plan = [TrialName("source", "", seed) for seed in config.seeds] if config.source.is_trained else []
    inapplicable: dict[TrialName, str] = {}
    source = task_of_experiment(config, "source")
    for target in config.targets:
        diff = SpaceDiff.between(source, task_of_experiment(config, target))
        for method in config.methods:
            names = [TrialName(target, method.label, seed) for seed in config.seeds]
            try:
                method.check(diff)
                check_budget(method.plays_target_for, config.budget)
                plan += names
            except NotApplicableError as error:
                inapplicable.update(dict.fromkeys(names, str(error)))
    # Seeds in the outer order of targets and methods would leave the slowest for last; by seed, whole comparisons
    # are finished early and an interrupted run can be read.
    return tuple(sorted(plan, key=lambda name: (not name.is_source, name.seed))), inapplicable


def check_parts(config: ExperimentConfig) -> dict[str, Any]:
    """Build every task's spaces and the trunk once, so that what cannot work is known before anything runs.

    Returns:
        What is found out on the way and belongs into the manifest.

    Raises:
        ConfigError: the algorithm cannot act, or the trunk cannot read, in a task; the message names the task.
    """
    from rltransfer.agents.making import check_agent_spaces
    from rltransfer.tasks.labelled import Classification
    from rltransfer.tasks.perceived import perceived
    from rltransfer.tasks.vec_env import channels_first

    found: dict[str, Any] = {}
    doubted: set[str] = set()
    for name in ("source", *config.targets):
        place = "source" if name == "source" else f"targets.{name}"
        try:
            task = task_of_experiment(config, name)
            observation, action = task.spaces()
            learner = config.learner(name)
            if name != "source" or config.source.agent is None:
                check_agent_spaces(learner, observation, action)
            trunk = config.trunk.build(perceived(channels_first(observation)).shape)
            _check_budget(learner, (config.source.budget if name == "source" else config.budget) or math.inf)
            doubts = set(task.family.doubts(task)) - doubted
        except RLTransferError as error:
            raise ConfigError(f"{place}: {error}") from error
        for doubt in sorted(doubts):
            warnings.warn(f"{place}: {doubt}", NoEffectWarning, stacklevel=2)
        doubted |= doubts
        found |= {"precision": trunk.precision, "device": _device(), "threads": config.threads}
        if isinstance(task.family, Classification):
            found.setdefault("data", {})[name] = task.family.described()
    if config.source.agent is not None:
        _check_given_source(config)
    for method in config.methods:
        method.check_files()
    return found


def _check_given_source(config: ExperimentConfig) -> None:
    """Raise ConfigError where ``source.agent`` is not there, or is an agent for another kind of task."""
    from rltransfer.agents.adoption import raw_space
    from rltransfer.tasks.vec_env import channels_first
    from rltransfer.trial import given_source

    given = config.source.agent
    agent = given.file if isinstance(given, ForeignAgent) else str(given)
    if not Path(agent).exists():
        raise ConfigError(f"source.agent: {agent} does not exist. Train one, or give another path.")
    try:
        source = given_source(config, device="cpu")
    except ArtifactError as error:
        if isinstance(given, ForeignAgent):
            raise ConfigError(f"source.agent: {error}") from error
        return  # each trial that needs it says so; the others run
    except RLTransferError as error:
        raise ConfigError(f"source.agent: {error}") from error
    task = task_of_experiment(config, "source")
    observation, action = task.spaces()
    if (raw_space(source), source.action_space) != (channels_first(observation), action):
        raise ConfigError(
            f"source.agent: {agent} observes {raw_space(source)} and acts in {source.action_space}; "
            f"the source task has {observation} and {action}. Name the task that it was trained on."
        )


def _check_budget(learner: Algorithm, budget: float) -> None:
    """Raise ConfigError for a budget in which the algorithm would not learn once."""
    least = learner.first_update()
    if budget < least:
        raise ConfigError(f"a budget of {budget:,} steps ends before the first update, which comes after {least:,}")


def _preloaded(config: ExperimentConfig) -> list[str]:
    """Modules that every trial needs, for the process that trials are forked from."""
    families = [task_of_experiment(config, name).family for name in ("source", *config.targets)]
    modules = {module for family in families for module in family.simulator_modules}
    # The first optimizer of a process has torch import its compiler, which takes a second.
    return ["rltransfer.trial", "torch._dynamo", *sorted(modules)]


def _jobs(config: ExperimentConfig, run: RunDirectory, names: Plan) -> list[Job]:
    from rltransfer.trial import Trial, run_trial

    jobs = []
    without = {method.label for method in config.methods if not method.takes_source}
    for name in names:
        source = TrialName("source", "", name.seed)
        waits = not name.is_source and name.method not in without and source in names
        jobs.append(
            Job(
                name=str(name),
                run=run_trial,
                argument=Trial(run=run.path.absolute(), config=config, name=name),
                after=(str(source),) if waits else (),
            )
        )
    return jobs


def _device() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def _ignore(event: JobEvent) -> None:
    pass
