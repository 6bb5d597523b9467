"""A family on one page: its default, each robot, each task, and each factor at its bounds."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rltransfer.errors import ConfigError, MissingExtraError, RLTransferError
from rltransfer.files import write_atomically
from rltransfer.tasks.factor import Factor, written
from rltransfer.tasks.family import Family, Task

COLUMNS = 8
PANEL_PIXELS = 150
"""Of a panel's side, about; a larger frame is averaged down to it, so that thin lines stay."""


@dataclass(frozen=True)
class Panel:
    """One picture of the sheet.

    Args:
        title: over it.
        picture: (height, width, 3) uint8.
    """

    title: str
    picture: NDArray[np.uint8]


def draw_contact_sheet(family: Family, path: Path, *, seed: int = 0) -> None:
    """Write the PNG: what an agent sees where that is an image, else the rendered frame.

    Args:
        family: any.
        path: of the PNG.
        seed: of the episode shown, the same in every panel.

    Raises:
        MissingExtraError: the family's simulator is not installed.
        ConfigError: the family refuses every panel.
    """
    sheet = Sheet(family, seed=seed)
    panels = list(sheet.panels())
    if not panels:
        raise ConfigError(f"family {family.name!r} refuses each of its own robots and tasks: nothing to draw")
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(1.55 * COLUMNS, 1.85 * rows + 0.7), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, panel in zip(axes, panels, strict=False):
        is_large = max(panel.picture.shape) > PANEL_PIXELS
        axis.imshow(panel.picture, interpolation="hanning" if is_large else "nearest")
        axis.set_title(panel.title, fontsize=7)
    figure.suptitle(f"{family.name}: {family.summary}", fontsize=9)
    if sheet.alike or sheet.blank:
        figure.supxlabel(_left_out(sheet), fontsize=7)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    write_atomically(path, data.getvalue())


def _left_out(sheet: Sheet) -> str:
    """How many panels were left out, and which."""
    kinds = (("equal to the default's, pixel for pixel", sheet.alike), ("of one colour", sheet.blank))
    parts = (f"{len(titles)} {kind} ({', '.join(titles)})" for kind, titles in kinds if titles)
    return textwrap.shorten(f"panels left out: {'; '.join(parts)}", width=210, placeholder=" ...")


class Sheet:
    """The panels of a family, and what was left out of them.

    Args:
        family: any.
        seed: of the episode shown, the same in every panel.
    """

    def __init__(self, family: Family, *, seed: int = 0) -> None:
        self._family = family
        self._seed = seed
        self._first = next(iter(family.tasks))
        self._seen: dict[Task, NDArray[np.uint8]] = {}
        self.alike: list[str] = []
        """Titles of panels that equal, pixel for pixel, what they would show without their factor."""
        self.blank: list[str] = []
        """Titles of panels of one colour, as a frame that flickered."""

    def panels(self) -> Iterator[Panel]:
        """The pictures of the sheet, in order; points that the family refuses are left out."""
        family, setting = self._family, self._family.picture
        for robot in family.robots:
            yield from self._panel(f"robot {robot}", robot=robot, environment=setting.environment)
        whole = {**setting.environment, **setting.layout}
        for task in list(family.tasks)[0 if setting.layout else 1 :]:
            yield from self._panel(f"task {task}", robot=setting.robot, task=task, environment=whole)
        for factor in family.factors.values():
            yield from self._of_factor(factor)

    def _panel(self, title: str, **axes: Any) -> Iterator[Panel]:
        try:
            yield Panel(title, self._picture(self._family.task(**axes)))
        except MissingExtraError:
            raise
        except RLTransferError:
            return

    def _of_factor(self, factor: Factor) -> Iterator[Panel]:
        """A panel for each bound of a factor; bounds that look the same share one."""
        name, setting = factor.name, self._family.picture
        for task in filter(factor.acts_in, self._family.tasks):
            environment = {**setting.environment, **(setting.layout if factor.kind == "layout" else {})}
            found: dict[bytes, tuple[list[str], NDArray[np.uint8]]] = {}
            alike, blank = [], []
            try:
                shown = {**environment, **factor.shown_where}
                base = self._family.task(robot=setting.robot, task=task, environment=shown)
                for value in self._family.factors_of(task)[name].extremes():
                    picture = self._picture(base.changed(environment={name: value}))
                    if np.array_equal(picture, self._picture(base)):
                        alike.append(f"{name} {written(value)}")
                    elif (picture == picture[0, 0]).all():
                        blank.append(f"{name} {written(value)}")
                    else:
                        found.setdefault(picture.tobytes(), ([], picture))[0].append(written(value))
            except MissingExtraError:
                raise
            except RLTransferError:
                continue
            self.alike += alike
            self.blank += blank
            where = [] if task == self._first else [task]
            where += [f"{o} {written(value)}" for o, value in factor.shown_with.items() if o not in factor.requires]
            below = f"\n({', '.join(where)})" if where else ""
            for values, picture in found.values():
                yield Panel("\nor ".join((f"{name} {values[0]}", *values[1:])) + below, picture)
            return

    def _picture(self, task: Task) -> NDArray[np.uint8]:
        if task not in self._seen:
            setting = self._family.picture
            picture = picture_of(task, seed=self._seed, steps=setting.steps, hold=setting.hold)
            self._seen[task] = middle_of(picture, setting.zoom)
        return self._seen[task]


def middle_of(picture: NDArray[np.uint8], zoom: float) -> NDArray[np.uint8]:
    """The middle of a picture, 1 / ``zoom`` of its height and width."""
    rows, columns = (round(size * (1 - 1 / zoom) / 2) for size in picture.shape[:2])
    return picture[rows : picture.shape[0] - rows, columns : picture.shape[1] - columns]


def picture_of(task: Task, *, seed: int, steps: int, hold: int) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: one copy of ``task`` after ``steps`` of random actions that last ``hold`` each.

    An episode that ends before is shown as it was a step before its end.
    """
    seen = _last_frame(task.spaces()[0])
    env = task.make_vec(num_envs=1, render_mode=None if seen is not None else "rgb_array")
    try:
        observations, _ = env.reset(seed=seed)
        env.action_space.seed(seed)
        picture = _taken(env, observations, seen)
        for step in range(steps):
            if step % hold == 0:
                action = env.action_space.sample()
            observations, _, terminated, truncated, _ = env.step(action)
            if terminated[0] or truncated[0]:
                break
            picture = _taken(env, observations, seen)
        return picture
    finally:
        env.close()


def _taken(env: VectorEnv[Any, Any, Any], observations: Any, seen: slice | None) -> NDArray[np.uint8]:
    """What the first copy shows now: the channels ``seen`` of its observation, or a rendered frame."""
    if seen is None:
        frames: Any = env.render()
        return np.array(frames[0])
    frame = np.array(observations)[0][..., seen]
    return frame if frame.shape[2] == 3 else np.repeat(frame, 3, axis=2)


def _last_frame(space: spaces.Space[Any]) -> slice | None:
    """Which channels of an observation to show: the last colour or grey frame; None where it is no picture."""
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) != 3 or space.shape[0] < 36:
        return None
    channels = space.shape[2]
    return slice(channels - 3, channels) if channels % 3 == 0 else slice(channels - 1, channels)
