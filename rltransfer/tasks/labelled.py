"""Labelled images, or feature vectors, as a family of one-step tasks: see one, name its class."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from rltransfer.errors import ConfigError, NotApplicableError
from rltransfer.tasks.family import Family, ReferenceScore, Task

SKIPPED_NAMED = 20
"""How many of the files and rows that were left out a trial names; it counts all."""


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What is seen, and what it is.

    Args:
        inputs: (n, height, width, channels) uint8 images of one size, or (n, features) float32 vectors.
        labels: (n,) whole numbers from 0, places in ``classes``.
        classes: the name of each class.

    Raises:
        ConfigError: there are none, their number is not that of the labels, or a label is none of the classes.
    """

    inputs: NDArray[Any]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", np.asarray(self.labels, dtype=np.int64))
        if len(self.inputs) == 0 or self.labels.shape != (len(self.inputs),):
            raise ConfigError(f"{len(self.inputs)} examples and labels of shape {self.labels.shape}: give one for each")
        if self.labels.min() < 0 or self.labels.max() >= len(self.classes):
            raise ConfigError(
                f"labels go from {self.labels.min()} to {self.labels.max()}, and there are {len(self.classes)} classes"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def hashed(self) -> str:
        """SHA-256 of all of them in their order, with labels and classes."""
        kind = json.dumps([self.inputs.shape, str(self.inputs.dtype), self.classes])
        content = hashlib.sha256(kind.encode())
        for array in (self.inputs, self.labels):
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()

    @property
    def space(self) -> spaces.Box:
        """Of one of them."""
        shape = self.inputs.shape[1:]
        if self.inputs.dtype == np.uint8:
            return spaces.Box(0, 255, shape, np.uint8)
        return spaces.Box(-np.inf, np.inf, shape, np.float32)


class Classification(Family):
    """Naming the classes of one data set, as a family with a single task.

    An episode is one example: the observation is what is seen, the action is a class, and the reward is 1 where it is
    the right one, so that a mean return is an accuracy. Learners get the examples of ``train`` in an order drawn anew
    for each pass; what they have learned is measured on those of ``test``.

    Args:
        name: of the data set.
        train: what is learned from.
        test: what it is measured on, of the same classes.
        skipped: what was left out as the data was read, a line each: where, and why.

    Raises:
        ConfigError: the two have other classes, or other shapes.
    """

    render_modes = ()
    robots: Mapping[str, str] = {"classifier": "sees one example and names its class"}
    tasks: Mapping[str, str] = {"classify": "1 for the right class, else 0"}
    factors: Mapping[str, Any] = {}
    restores_state = False

    def __init__(self, name: str, *, train: Examples, test: Examples, skipped: Sequence[str] = ()) -> None:
        if train.classes != test.classes:
            raise ConfigError(f"data set {name!r}: examples to learn from and to test on have other classes")
        if train.space != test.space:
            raise ConfigError(
                f"data set {name!r}: examples to learn from are {train.space}, and those to test on {test.space}"
            )
        self.name = name
        self.summary = f"{len(train.classes)} classes, {len(train)} examples to learn from and {len(test)} to test on"
        self.train, self.test, self.skipped = train, test, tuple(skipped)

    def record(self, order_seed: int) -> dict[str, Any]:
        """What a trial writes down of its data, in plain values.

        Args:
            order_seed: what draws the order of the examples: pass after pass, ``permutation`` of their number by
                numpy's ``default_rng(order_seed)``.
        """
        parts = {"train": self.train, "test": self.test}
        hashes = {name: {"examples": len(part), "sha256": part.hashed()} for name, part in parts.items()}
        left_out = {"skipped": {"count": len(self.skipped), "first": self.skipped[:SKIPPED_NAMED]}}
        return {**hashes, "order_seed": order_seed, **(left_out if self.skipped else {})}

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """See ``Family.make_vec``; copies share one order of the examples, drawn by the first copy's seed."""
        return OneExampleEpisodes(self.train, num_envs=num_envs)

    def spaces(self, task: Task) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        """See ``Family.spaces``."""
        return self.train.space, spaces.Discrete(len(self.train.classes))

    def action_meanings(self, robot: str) -> tuple[str, ...]:
        """The classes."""
        return self.train.classes

    def reference_score(self, task: Task) -> ReferenceScore:
        """Guessing, and naming every class rightly."""
        return guessing(len(self.train.classes))

    def described(self) -> dict[str, int]:
        """What a report asks of the data: numbers of classes, and of examples to learn from and to test on."""
        return {"classes": len(self.train.classes), "train": len(self.train), "test": len(self.test)}


class DescribedClassification(Family):
    """A ``Classification`` in a report on a finished run: its numbers, without the examples.

    Args:
        name: of the data set.
        num_classes: how many classes it has.
        num_train: how many examples are learned from.
    """

    render_modes = ()
    robots: Mapping[str, str] = Classification.robots
    tasks: Mapping[str, str] = Classification.tasks
    factors: Mapping[str, Any] = {}
    restores_state = False

    def __init__(self, name: str, *, num_classes: int, num_train: int) -> None:
        self.name = name
        self.summary = f"{num_classes} classes, {num_train} examples to learn from"
        self.num_classes, self.num_train = num_classes, num_train

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """Refused: there are no examples."""
        raise NotApplicableError(f"data set {self.name!r} is described without its examples")

    def reference_score(self, task: Task) -> ReferenceScore:
        """See ``Classification.reference_score``."""
        return guessing(self.num_classes)


def guessing(num_classes: int) -> ReferenceScore:
    """Accuracy of guessing among ``num_classes``, and of no mistake."""
    source = "chance, and no mistake: by definition"
    return ReferenceScore(random=1 / num_classes, expert=1.0, episodes=0, source=source)


class PublishedClasses(Family):
    """What published weights of a trunk were learned on: classes without examples, so that nothing can be learned here.

    Args:
        name: of the weights.
        space: what is seen.
        count: how many classes there are; ImageNet's 1,000.
    """

    render_modes = ()
    robots: Mapping[str, str] = Classification.robots
    tasks: Mapping[str, str] = Classification.tasks
    factors: Mapping[str, Any] = {}
    restores_state = False

    def __init__(self, name: str, *, space: spaces.Box, count: int = 1000) -> None:
        self.name = name
        self.summary = f"{count} classes that published weights were learned on"
        self._spaces = (space, spaces.Discrete(count))

    def make_vec(self, task: Task, *, num_envs: int, render_mode: str | None = None) -> VectorEnv[Any, Any, Any]:
        """Refused: there are no examples."""
        raise NotApplicableError(
            f"the source is published weights ({self.name}) without their examples, and this method plays the source"
        )

    def spaces(self, task: Task) -> tuple[spaces.Space[Any], spaces.Space[Any]]:
        """See ``Family.spaces``."""
        return self._spaces

    def action_meanings(self, robot: str) -> tuple[str, ...]:
        """Numbers."""
        return tuple(f"{self.name} {number}" for number in range(int(self._spaces[1].n)))


def channels_first(inputs: NDArray[Any]) -> NDArray[Any]:
    """(n, height, width, channels) images as agents see them, (n, channels, height, width); vectors as they are."""
    return np.moveaxis(inputs, -1, 1) if inputs.ndim == 4 else inputs


class OneExampleEpisodes(VectorEnv[Any, Any, Any]):
    """Copies that go through examples together: every one is seen once before any is seen again.

    Args:
        examples: to go through.
        num_envs: how many are seen at a time.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 -- as Gymnasium declares it
        "autoreset_mode": AutoresetMode.SAME_STEP,
        "render_modes": [],
    }

    def __init__(self, examples: Examples, *, num_envs: int) -> None:
        self.examples = examples
        self.num_envs = num_envs
        self.single_observation_space = examples.space
        self.single_action_space = spaces.Discrete(len(examples.classes))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.seen: NDArray[np.int64] = np.zeros(num_envs, dtype=np.int64)
        """(num_envs,) which examples are seen now."""
        self._draws = np.random.default_rng(0)
        self._left: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    @property
    def labels(self) -> NDArray[np.int64]:
        """(num_envs,) the classes of what is seen now."""
        return self.examples.labels[self.seen]

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """The first examples; with a seed, of an order that it draws."""
        first = seed if isinstance(seed, int) or seed is None else next(iter(seed))
        if first is not None:
            self._draws = np.random.default_rng(first)
            self._left = self._left[:0]
        return self._next(), {}

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Every episode ends; the next examples are seen."""
        right = np.asarray(actions).reshape(self.num_envs) == self.labels
        last = self.examples.inputs[self.seen]
        ended = np.ones(self.num_envs, dtype=np.bool_)
        more = {"final_obs": last, "final_info": {"is_success": right}}
        return self._next(), right.astype(np.float64), ended, ~ended, more

    def _next(self) -> NDArray[Any]:
        while len(self._left) < self.num_envs:
            self._left = np.concatenate([self._left, self._draws.permutation(len(self.examples))])
        self.seen, self._left = self._left[: self.num_envs], self._left[self.num_envs :]
        inputs: NDArray[Any] = self.examples.inputs[self.seen]
        return inputs
