"""Frames of an environment family with what is to be seen in them: a probe for a trunk's perception."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator

from rltransfer.errors import ConfigError, DataError
from rltransfer.flaws import hint
from rltransfer.images.data.frame_labels import Told, classes_told, factor_values, numbers_of, told_in
from rltransfer.images.data.sets import ImageSet, LabelledSet
from rltransfer.images.data.specs import DataSpec
from rltransfer.progress import tracked
from rltransfer.registry import FAMILIES
from rltransfer.tasks import Factor, FactorValue, Family, Task


class Frames(DataSpec):
    """Observations along random rollouts, labelled by what the family knows of them.

    Training and test frames come from different episodes, as frames of one episode are much alike.

    Args:
        family: a registered family; one whose observations are no images is seen as it is drawn, by ``rendered``.
        label: a factor, whose values are the classes (each an environment of its own); or what the family tells of
            its frames (``Family.facts``), such as the class of an object, a colour or a position; or a number in its
            state by name and place: ``robot/0``.
        task: its name; the family's first where left out.
        robot: its name; the family's first where left out.
        environment: factor values of every frame.
        values: of the factor; where left out all its choices, or ``bins`` numbers from its least to its greatest.
        bins: classes that a measure is divided into, with as many training frames each as can be.
        frames: how many in all, the same number of each value of a factor.
        every: steps between two frames of an episode; more makes them less alike.
        copies: episodes played side by side.
        seed: of episodes and actions.
        rendered: pixels a side that the family's own drawings, as people see them, are scaled to, in the place of
            observations; observations where left out.
    """

    family: str
    label: str = Field(min_length=1)
    task: str | None = None
    robot: str | None = None
    environment: dict[str, FactorValue] = Field(default_factory=dict)
    values: tuple[FactorValue, ...] = ()
    bins: int = Field(default=4, ge=2, le=1000)
    frames: int = Field(default=1000, ge=4, le=1_000_000)
    every: int = Field(default=4, ge=1)
    copies: int = Field(default=8, ge=1, le=1024)
    seed: int = Field(default=0, ge=0)
    rendered: int | None = Field(default=None, ge=8, le=1024)

    @field_validator("family")
    @classmethod
    def _is_registered(cls, value: str) -> str:
        if value not in FAMILIES:
            raise ValueError(f"unknown family {value!r:.80}. {hint(value, tuple(FAMILIES))}")
        return value

    def read(self) -> Mapping[str, LabelledSet]:
        """See ``DataSpec.read``."""
        family: Family = FAMILIES.get(self.family)
        task = family.task(robot=self.robot, task=self.task, environment=self.environment)
        factor = family.factors_of(task.task).get(self.label)
        test = max(1, round(self.frames * self.test_fraction))
        seen = {
            part: self._of_factor(task, factor, count, which) if factor else self._of_facts(task, count, which)
            for which, (part, count) in enumerate({"train": self.frames - test, "test": test}.items())
        }
        named, edges = classes_told(seen["train"][1], seen["test"][1], self.bins)
        return {
            part: ImageSet(
                labels=numbers_of(told, named, edges),
                class_names=named,
                images=images,
                origins=tuple(f"{self.family} {part} frame {number}" for number in range(len(images))),
            )
            for part, (images, told) in seen.items()
        }

    def _of_factor(
        self, task: Task, factor: Factor, count: int, which: int
    ) -> tuple[npt.NDArray[np.uint8], list[Told]]:
        values = self.values or factor_values(factor, self.bins)
        images: list[npt.NDArray[np.uint8]] = []
        told: list[Told] = []
        for value in values:
            changed = task.changed(environment={factor.name: value})
            share = self._rollout(changed, max(1, count // len(values)), which)
            images += [image for image, _, _ in share]
            told += [str(value)] * (len(images) - len(told))
        return np.stack(images), told

    def _of_facts(self, task: Task, count: int, which: int) -> tuple[npt.NDArray[np.uint8], list[Told]]:
        images, told = [], []
        for image, state, copy in self._rollout(task, count, which):
            images.append(image)
            told.append(told_in(task.family, state, copy, self.label))
        return np.stack(images), told

    def _rollout(
        self, task: Task, count: int, which: int
    ) -> Iterator[tuple[npt.NDArray[np.uint8], Mapping[str, Any] | None, int]]:
        """(frame, state of all copies, copy) of ``count`` frames."""
        with_state = self.label not in task.family.factors
        seeds = [*self._seeds(which)]
        played = _frames(task, seeds, every=self.every, with_state=with_state, side=self.rendered)
        with closing(played) as frames:
            for _, found in zip(tracked(range(count), f"playing {task.family.name}"), frames, strict=False):
                yield found

    def _seeds(self, which: int) -> Iterator[int]:
        for copy in range(self.copies):
            yield int(np.random.default_rng([self.seed, which, copy]).integers(2**31))


def _frames(
    task: Task, seeds: list[int], *, every: int, with_state: bool, side: int | None
) -> Generator[tuple[npt.NDArray[np.uint8], Mapping[str, Any] | None, int], None, None]:
    """Frames without end, ``every`` steps apart, of all copies in turn."""
    from rltransfer.tasks.rollout import action_sampler

    env = task.make_vec(num_envs=len(seeds), render_mode=None if side is None else "rgb_array")
    try:
        space = env.single_observation_space
        if side is None and (space.dtype != np.uint8 or len(space.shape or ()) != 3):
            raise DataError(_no_images(task, f"{space.dtype} of shape {space.shape}"))
        samplers = [action_sampler(env.single_action_space, [seed]) for seed in seeds]
        given: Any = seeds
        observations, _ = env.reset(seed=given)
        while True:
            state = _state_of(env, task) if with_state else None
            seen = observations if side is None else _drawn(env, side)
            for copy in range(len(seeds)):
                yield np.array(seen[copy]), state, copy
            for _ in range(every):
                observations = env.step(np.stack([sample() for sample in samplers]))[0]
    finally:
        env.close()


def _no_images(task: Task, found: str) -> str:
    """What is wrong with observations that are ``found``, and how to see pixels where the family can show them."""
    shown = next((factor for factor in task.family.factors.values() if "pixels" in (factor.choices or ())), None)
    how = f" Show pixels: environment: {{{shown.name}: pixels}}" if shown else " Take what is drawn of it: rendered: 64"
    return f"family {task.family.name!r}: observations of this task are no uint8 images but {found}.{how}"


def _drawn(env: Any, side: int) -> list[npt.NDArray[np.uint8]]:
    """(side, side, 3) of each copy, the whole drawing."""
    from PIL import Image as Pillow

    pictures = [Pillow.fromarray(np.asarray(picture, np.uint8)) for picture in env.render()]
    return [np.asarray(picture.resize((side, side), Pillow.Resampling.BOX)) for picture in pictures]


def _state_of(env: Any, task: Task) -> Mapping[str, Any]:
    """The state of all copies. Raises DataError where nothing tells it."""
    from rltransfer.tasks.stepped_in_turn import state_method

    try:
        state: Mapping[str, Any] = state_method(env, "get_state")()
        return state
    except ConfigError:
        known = ", ".join(task.family.factors_of(task.task))
        raise DataError(
            f"label: family {task.family.name!r} does not tell its state, so frames are labelled by factors: {known}."
        ) from None
