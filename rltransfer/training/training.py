"""Training an agent on a budget, measured as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.type_aliases import TrainFreq, TrainFrequencyUnit

from rltransfer.training.evaluation import Episodes, Evaluator

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.logger import KVWriter


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One point of a learning curve.

    Args:
        env_steps: environment steps of the learner on its own task when it was measured.
        on: which task was played, ``"target"`` or ``"source"``.
        episodes: what was achieved.
        train_seconds: time spent training so far, without evaluations.
    """

    env_steps: int
    on: str
    episodes: Episodes
    train_seconds: float


@dataclass(kw_only=True)
class Progress:
    """What is told while a trial runs.

    Args:
        env_steps: done so far.
        budget: to be done.
        steps_per_second: of training, without evaluations; 0 at the start.
        latest_return: mean return of the latest evaluation on the trial's own task.
    """

    env_steps: int
    budget: int
    steps_per_second: float
    latest_return: float | None


@dataclass
class _Clock:
    """Seconds spent training: stopped while the agent is measured."""

    spent: float = 0.0
    _since: float | None = field(default=None)

    def start(self) -> None:
        self._since = time.perf_counter()

    def stop(self) -> float:
        if self._since is not None:
            self.spent += time.perf_counter() - self._since
            self._since = None
        return self.spent

    @property
    def now(self) -> float:
        running = 0.0 if self._since is None else time.perf_counter() - self._since
        return self.spent + running


class _Measured(BaseCallback):
    """Measures at fixed steps and ends training exactly when the budget is spent."""

    def __init__(
        self,
        *,
        budget: int,
        every: int,
        first: int,
        played: int,
        measure_start: Callable[[], float],
        measure: Callable[[int, float], float],
        tell: Callable[[Progress], None],
    ) -> None:
        super().__init__()
        self.clock = _Clock()
        self._budget, self._every = budget, every
        self._measure_start, self._measure, self._tell = measure_start, measure, tell
        self._next = first
        self._played = played
        self._latest: float | None = None
        self._told = 0.0
        self._rollout_began = 0
        self._is_due = False

    def _on_training_start(self) -> None:
        self._latest = self._measure_start()
        self.clock.start()

    def _on_step(self) -> bool:
        steps = self.num_timesteps
        if self._next <= steps < self._budget:
            self._is_due = True  # and what the rollout that ends with this step teaches is learned first
            if not self._completes_a_rollout():
                self._measure_now()
        now = self.clock.now
        if now - self._told >= 0.5:
            self._told = now
            self._report(steps, now)
        # A rollout that is complete is still to be learned from; training then ends by itself.
        return steps < self._budget or self._completes_a_rollout()

    def _on_training_end(self) -> None:
        spent = self.clock.stop()
        self._latest = self._measure(self.num_timesteps, spent)
        self._report(self.num_timesteps, spent)

    def _on_rollout_start(self) -> None:
        if self._is_due:
            self._measure_now()
        self._rollout_began = self.num_timesteps

    def _measure_now(self) -> None:
        spent, steps = self.clock.stop(), self.num_timesteps
        self._latest = self._measure(steps, spent)
        while self._next <= steps:
            self._next += self._every
        self._is_due = False
        self.clock.start()

    def _completes_a_rollout(self) -> bool:
        model, length = self.model, 0
        if isinstance(model, OnPolicyAlgorithm):
            length = model.n_steps
        elif isinstance(model, OffPolicyAlgorithm) and isinstance(model.train_freq, TrainFreq):
            length = model.train_freq.frequency if model.train_freq.unit is TrainFrequencyUnit.STEP else 0
        return 0 < length * model.n_envs <= self.num_timesteps - self._rollout_began

    def _report(self, steps: int, seconds: float) -> None:
        speed = (steps - self._played) / seconds if seconds else 0.0
        self._tell(Progress(env_steps=steps, budget=self._budget, steps_per_second=speed, latest_return=self._latest))


def train(
    model: BaseAlgorithm,
    *,
    budget: int,
    every: int,
    evaluators: Mapping[str, tuple[Evaluator, BaseAlgorithm]],
    record: Callable[[Evaluation], None],
    writers: list[KVWriter],
    tell: Callable[[Progress], None] = lambda progress: None,
    played: int = 0,
    before: Episodes | None = None,
) -> float:
    """Train ``model`` for ``budget`` environment steps.

    It is measured before the first step, then whenever ``every`` further steps are done, and at the end: after the
    update where a rollout ends with that step, otherwise as the learner is in the middle of its rollout. Steps come
    in batches of as many as there are environment copies, so the last may pass the budget by less than one batch,
    equally for every model with as many copies.

    Args:
        model: what learns.
        budget: environment steps, summed over copies.
        every: environment steps between evaluations.
        evaluators: for each task played, its evaluator and the agent to measure on it; ``"target"`` (the model's
            own task) comes first.
        record: called with each evaluation.
        writers: where Stable-Baselines3's own figures go, TensorBoard or files.
        tell: called about twice a second.
        played: environment steps of the budget that were spent before training begins. What is learned from them
            shows from then on, and not at step 0. A replay buffer holds none of them, so its ``learning_starts``
            counts from then on, too.
        before: what was achieved on the own task before they were spent; stands for all evaluations until then.

    Returns:
        Seconds spent training, without evaluations.
    """

    def measure(steps: int, spent: float) -> float:
        own = 0.0
        for number, (on, (evaluator, agent)) in enumerate(evaluators.items()):
            episodes = evaluator.measure(agent)
            record(Evaluation(env_steps=steps, on=on, episodes=episodes, train_seconds=spent))
            if number == 0:
                own = float(episodes.returns.mean())
        return own

    def measure_start() -> float:
        if played and before is not None:
            for steps in range(0, played, every):
                for on, (evaluator, agent) in evaluators.items():
                    episodes = before if on == own_task else evaluator.measure(agent)
                    record(Evaluation(env_steps=steps, on=on, episodes=episodes, train_seconds=0.0))
            if played % every or played >= budget:  # at the budget, the end of training measures
                return float(before.returns.mean())
        return measure(played if before is not None else 0, 0.0)

    own_task = next(iter(evaluators))
    callback = _Measured(
        budget=budget,
        every=every,
        first=(played // every + 1) * every,
        played=played,
        measure_start=measure_start,
        measure=measure,
        tell=tell,
    )
    model.set_logger(Logger(folder=None, output_formats=writers))
    model.num_timesteps = played
    with _filling_its_buffer(model, played):
        model.learn(budget - played, callback=callback, reset_num_timesteps=not played)
    return callback.clock.spent


@contextmanager
def _filling_its_buffer(model: BaseAlgorithm, played: int) -> Iterator[None]:
    """Within the block, ``learning_starts`` counts from after what was played, which the replay buffer lacks."""
    if not isinstance(model, OffPolicyAlgorithm):
        yield
        return
    starts = model.learning_starts
    model.learning_starts = starts + played
    try:
        yield
    finally:
        model.learning_starts = starts
