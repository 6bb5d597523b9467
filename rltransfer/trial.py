"""One trial: an agent made, given what its method carries over, trained on its budget and measured.

Runs in a process of its own; everything it finds out is in its folder when it ends.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from stable_baselines3.common.logger import TensorBoardOutputFormat

from rltransfer.agents.anatomy import trunk_of
from rltransfer.agents.artifact import load_agent, save
from rltransfer.agents.foreign import import_agent
from rltransfer.agents.making import build_model, make_agent
from rltransfer.agents.resting import other_rests
from rltransfer.config import ExperimentConfig, ForeignAgent, PublishedFamily
from rltransfer.errors import NotApplicableError
from rltransfer.experiment_tasks import task_of_experiment
from rltransfer.files import write_atomically, write_json
from rltransfer.launch import Tell
from rltransfer.runs import EvaluationRow, RunDirectory, TrialDirectory, TrialName
from rltransfer.settings import parse
from rltransfer.tasks.labelled import Classification
from rltransfer.tasks.making import vec_env
from rltransfer.tasks.space_diff import SpaceDiff
from rltransfer.tasks.vec_env import channels_first
from rltransfer.training import Episodes, Evaluation, evaluator_for, train
from rltransfer.transfer.given_agents import STEPS_BESIDE, TRAINED_BESIDE
from rltransfer.transfer.method import TransferMethod, check_budget
from rltransfer.transfer.methods.scratch import Scratch
from rltransfer.trunks.artifact import load_trunk

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecEnv

    from rltransfer.tasks import Task
    from rltransfer.transfer.report import TransferReport


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a trial's process is given.

    Args:
        run: path of the run directory.
        config: the whole experiment.
        name: which of its trials.
    """

    run: Path
    config: ExperimentConfig
    name: TrialName

    @property
    def method(self) -> TransferMethod | None:
        """The transfer method, or None for a source agent."""
        return next((m for m in self.config.methods if m.label == self.name.method), None)

    def source_agent(self, env: VecEnv | None = None) -> BaseAlgorithm:
        """This seed's source agent, to act or, with an environment, to learn on."""
        if not self.config.source.is_trained:
            return given_source(self.config, env=env)
        source = TrialName("source", "", self.name.seed)
        return load_agent(RunDirectory(self.run).trial(source).agent, env=env)


def given_source(
    config: ExperimentConfig, *, env: VecEnv | None = None, device: torch.device | str = "auto"
) -> BaseAlgorithm:
    """The agent that the source gives: published weights, or a trained one; one of Stable-Baselines3 is imported."""
    given = config.source.agent
    if isinstance(config.source.family, PublishedFamily):
        return _published_source(config, config.source.family.published, device)
    if not isinstance(given, ForeignAgent):
        return load_agent(str(given), env=env, device=device)
    task = task_of_experiment(config, "source")
    agent = import_agent(
        given.file,
        task if env is None else env,
        algorithm=given.algorithm,
        statistics=given.statistics,
        device=device,
        **given.hyperparameters,
    )
    agent.trained_on = task  # type: ignore[attr-defined]
    return agent


def _published_source(config: ExperimentConfig, weights: str, device: torch.device | str) -> BaseAlgorithm:
    """A classifier on a trunk with published weights, or on a saved one, under a head that has learned nothing."""
    task = task_of_experiment(config, "source")
    observation, action = task.spaces()
    saved = load_trunk(weights) if Path(weights).is_dir() else None
    spec = (
        saved.spec
        if saved is not None
        else parse(type(config.trunk), {**config.trunk.model_dump(), "weights": weights})
    )
    agent = build_model(
        config.learner("source"),
        spec,
        observation_space=channels_first(observation),
        action_space=action,
        seed=0,
        device=device,
    )
    if saved is not None:
        trunk_of(agent).load_state_dict(saved.state_dict())
    agent.trained_on = task  # type: ignore[attr-defined]
    return agent


def run_trial(trial: Trial, tell: Tell) -> None:
    """Run one trial to its end; its status says how it went."""
    directory = RunDirectory(trial.run).trial(trial.name)
    directory.clear()
    torch.set_num_threads(trial.config.threads)
    started = time.perf_counter()
    directory.write_status("running", started=datetime.now(UTC).isoformat(timespec="seconds"))
    try:
        outcome = _run(trial, directory, tell)
    except NotApplicableError as error:
        directory.write_status("not applicable", reason=str(error))
    except BaseException as error:
        write_atomically(directory.log, traceback.format_exc().encode())
        directory.write_status("failed", error=f"{type(error).__name__}: {error}"[:500])
        raise
    else:
        seconds = round(time.perf_counter() - started, 3)
        directory.write_status("finished", **outcome, wall_seconds=seconds, threads=torch.get_num_threads())


def _run(trial: Trial, directory: TrialDirectory, tell: Tell) -> dict[str, Any]:
    config, name = trial.config, trial.name
    task = task_of_experiment(config, name.target, seed=name.seed)
    own = "source" if name.is_source else "target"
    evaluation = config.evaluation
    evaluators = {own: evaluator_for(task, episodes=evaluation.episodes, seed=evaluation.seed)}
    untaught: list[Episodes] = []
    agent, source, report = _agent(
        trial, task, directory, before_play=lambda agent: untaught.append(evaluators[own].measure(agent))
    )
    played = (0, 0) if report is None else (report.source_steps, report.target_steps)
    measured = {own: (evaluators[own], agent)}
    method = trial.method
    if method is not None and method.changes_source and source is not None:
        kept = evaluator_for(
            task_of_experiment(config, "source", seed=name.seed), episodes=evaluation.episodes, seed=evaluation.seed
        )
        measured["source"] = (kept, source)
    before = 0 if source is None else int(source.num_timesteps)
    writer = TensorBoardOutputFormat(str(directory.path))
    record = _Recorder(directory, writer)
    budget = (config.source.budget or 0) if name.is_source else config.budget
    check_budget(played[1], budget)
    if method is None or method.trains:
        every = min(evaluation.every, budget)
        seconds = train(
            agent,
            budget=budget,
            every=every,
            evaluators=measured,
            record=record,
            writers=[writer],
            tell=tell,
            played=played[1],
            before=untaught[0] if untaught else None,
        )
    else:  # it does not learn, so its curve is flat, but for what it played beforehand
        episodes = evaluators[own].measure(agent)
        for steps in sorted({0, played[1], budget}):
            then = untaught[0] if steps < played[1] else episodes
            record(Evaluation(env_steps=steps, on=own, episodes=then, train_seconds=0.0))
        seconds = 0.0
    writer.close()
    if report is not None:
        rests = {rest: float(evaluators[own].measure(agent).returns.mean()) for rest in other_rests(agent)}
        report.findings.update({"return_at_rest": rests} if rests else {})
        write_json(directory.transfer, report.as_json())  # again: methods may have found out more meanwhile
    save(agent, directory.agent, provenance={"experiment": config.experiment, "trial": str(name)})
    trains = method is None or method.trains
    trained, taken = (
        sum(report.findings.get(finding, {}).values()) if report is not None else 0
        for finding in (TRAINED_BESIDE, STEPS_BESIDE)
    )
    return {
        "env_steps": int(agent.num_timesteps) if trains else played[1],
        "source_trained_steps": before + trained,
        "source_env_steps": played[0] + (0 if source is None else int(source.num_timesteps) - before) + taken,
        "train_seconds": round(seconds, 3),
        "steps_per_second": round((agent.num_timesteps - played[1]) / seconds, 1) if trains and seconds else None,
        "precision": trunk_of(agent).precision,
        "device": str(agent.device),
        **_of_data(task, name),
    }


def _of_data(task: Task, name: TrialName) -> dict[str, Any]:
    """Which examples a classifier learned from and was measured on, and what drew their order."""
    if not isinstance(task.family, Classification):
        return {}
    return {"data": task.family.record(seed_of(name.seed, "source" if name.is_source else "target"))}


def _agent(
    trial: Trial, task: Task, directory: TrialDirectory, *, before_play: Callable[[BaseAlgorithm], None]
) -> tuple[BaseAlgorithm, BaseAlgorithm | None, TransferReport | None]:
    """The trial's agent with what its method carried over; the source agent and the report, where there is one."""
    config, method, name = trial.config, trial.method, trial.name
    settings = config.learner("source" if name.is_source else name.target)
    seed = seed_of(trial.name.seed, "source" if trial.name.is_source else "target")
    agent = make_agent(settings, vec_env(task, num_envs=settings.num_envs), trunk=config.trunk, seed=seed)
    if method is None or isinstance(method, Scratch):
        return agent, None, None
    source_task, source = task_of_experiment(config, "source", seed=trial.name.seed), None
    if method.takes_source:
        source_env = None
        if method.plays_source:
            source_seed = seed_of(trial.name.seed, "source beside the target")
            source_env = vec_env(source_task, num_envs=config.learner("source").num_envs, seed=source_seed)
        source = trial.source_agent(source_env)
        source.action_space.seed(seed_of(trial.name.seed, "exploration beside the target"))
    report = method.attach(agent, source, diff=SpaceDiff.between(source_task, task), before_play=before_play)
    write_json(directory.transfer, report.as_json())
    return agent, source, report


def seed_of(seed: int, role: str) -> int:
    """The seed of weights, exploration and environments for one role in one seed of an experiment.

    Environment copy ``k`` is seeded with the seed plus ``k``. Were seeds taken as they are, neighbouring ones would
    share nearly all their environments, and source and target the same episodes; these lie far apart. Methods do not
    enter: every arm of a comparison has the same.
    """
    words = np.random.SeedSequence([seed, *role.encode()]).generate_state(1)
    return int(words[0] >> 1)


class _Recorder:
    """Writes each evaluation into the trial's table and its TensorBoard events."""

    def __init__(self, directory: TrialDirectory, writer: TensorBoardOutputFormat) -> None:
        self._directory, self._writer = directory, writer
        self._rows: list[EvaluationRow] = []

    def __call__(self, evaluation: Evaluation) -> None:
        episodes = evaluation.episodes
        row = EvaluationRow(
            env_steps=evaluation.env_steps,
            on=evaluation.on,
            return_mean=float(episodes.returns.mean()),
            return_std=float(episodes.returns.std()),
            length_mean=float(episodes.lengths.mean()),
            success_rate=episodes.success_rate,
            episodes=len(episodes.returns),
            train_seconds=round(evaluation.train_seconds, 3),
        )
        self._rows.append(row)
        self._directory.write_evaluations(self._rows)
        is_own = evaluation.on == self._rows[0].on
        place = "eval" if is_own else f"eval_{evaluation.on}"
        board = self._writer.writer
        board.add_scalar(f"{place}/return", row.return_mean, row.env_steps)
        board.add_scalar(f"{place}/length", row.length_mean, row.env_steps)
        if row.success_rate is not None:
            board.add_scalar(f"{place}/success_rate", row.success_rate, row.env_steps)
        board.flush()
