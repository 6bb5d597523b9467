"""Measuring an agent on labelled examples that it has not learned from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.agents.feature_cache import FeatureCache
from rltransfer.tasks.labelled import Classification, channels_first
from rltransfer.training.evaluation import Episodes, Evaluator

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import Task

_CHUNK = 128
"""Examples that pass through the networks at once; own choice, because activations of more leave the caches."""


class ExampleEvaluator(Evaluator):
    """Every test example of a data set once, in their order, for any number of agents.

    An episode is one example, its return 1 where the class is named rightly, so that the mean is the accuracy. An
    agent that learns from cached features is measured on those of the test examples, which are made once.

    Args:
        task: of a ``Classification`` family.
    """

    def __init__(self, task: Task) -> None:
        assert isinstance(task.family, Classification)
        self._examples = task.family.test
        super().__init__(task, episodes=len(self._examples), seed=0)
        self._inputs = channels_first(self._examples.inputs)
        self._cached: tuple[FeatureCache, NDArray[Any]] | None = None

    def measure(self, agent: BaseAlgorithm, *, deterministic: bool = True) -> Episodes:
        """Show every example to ``agent``; see ``Evaluator.measure``."""
        self._inputs = self._as_given_to(agent)
        return super().measure(agent, deterministic=deterministic)

    def play(self, act: Callable[[Any, NDArray[np.bool_]], Any]) -> Episodes:
        """Let ``act`` name the class of every example; see ``Evaluator.play``."""
        named = [
            np.asarray(act(part, np.ones(len(part), dtype=np.bool_))).reshape(len(part))
            for part in _parts(self._inputs)
        ]
        right = np.concatenate(named) == self._examples.labels
        return Episodes(returns=right.astype(np.float64), lengths=np.ones(len(right), dtype=np.int64), successes=right)

    def _as_given_to(self, agent: BaseAlgorithm) -> NDArray[Any]:
        """The examples, or their features where the agent learns from such."""
        cache, raw = agent.get_env(), channels_first(self._examples.inputs)
        if not isinstance(cache, FeatureCache):
            return raw
        if self._cached is None or self._cached[0] is not cache:
            self._cached = (cache, np.concatenate([cache.encode(part) for part in _parts(raw)]))
        return self._cached[1]


def _parts(inputs: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Copies, because torch warns of arrays that may not be written, as those of loaded data."""
    return (inputs[start : start + _CHUNK].copy() for start in range(0, len(inputs), _CHUNK))


def evaluator_for(task: Task, *, episodes: int, seed: int) -> Evaluator:
    """What measures agents on ``task``: on episodes of it, or on every test example of a data set."""
    if isinstance(task.family, Classification):
        return ExampleEvaluator(task)
    return Evaluator(task, episodes=episodes, seed=seed)
