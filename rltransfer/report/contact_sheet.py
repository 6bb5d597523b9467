"""A family on one page: its default, each robot, each task, and each factor at its bounds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from rltransfer.errors import RLTransferError
from rltransfer.files import write_atomically
from rltransfer.tasks.family import Family, Task

COLUMNS = 8
STEPS = 12
"""Random steps before the picture is taken, so that things that move have moved."""


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
    """
    panels = list(contact_panels(family, seed=seed))
    rows = -(-len(panels) // COLUMNS)
    figure = Figure(figsize=(1.55 * COLUMNS, 1.8 * rows + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, panel in zip(axes, panels, strict=False):
        axis.imshow(panel.picture, interpolation="nearest")
        axis.set_title(panel.title, fontsize=7)
    figure.suptitle(f"{family.name}: {family.summary}", fontsize=9)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=110)
    write_atomically(path, data.getvalue())


def contact_panels(family: Family, *, seed: int = 0) -> Iterator[Panel]:
    """The pictures of a sheet, in order; points that the family refuses are left out."""
    first = next(iter(family.robots)), next(iter(family.tasks))
    for robot in family.robots:
        yield from _panel(family, f"robot {robot}", seed, robot=robot)
    for task in list(family.tasks)[1:]:
        yield from _panel(family, f"task {task}", seed, task=task)
    for factor in family.factors.values():
        for value in factor.extremes():
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            for task in dict.fromkeys((first[1], *family.tasks)):
                environment = {**factor.acts_with, factor.name: value}
                panels = list(_panel(family, f"{factor.name} {shown}", seed, task=task, environment=environment))
                if panels:  # some factors belong to some tasks alone
                    yield from panels
                    break


def _panel(family: Family, title: str, seed: int, **axes: Any) -> Iterator[Panel]:
    try:
        yield Panel(title, picture_of(family.task(**axes), seed=seed))
    except RLTransferError:
        return


def picture_of(task: Task, *, seed: int = 0, steps: int = STEPS) -> NDArray[np.uint8]:
    """(height, width, 3) uint8: one copy of ``task`` after some random steps."""
    seen = _last_frame(task.spaces()[0])
    env = task.make_vec(num_envs=1, render_mode=None if seen is not None else "rgb_array")
    try:
        observations, _ = env.reset(seed=seed)
        env.action_space.seed(seed)
        action = env.action_space.sample()
        for step in range(steps):
            action = env.action_space.sample() if step % 3 == 0 else action
            observations, *_ = env.step(action)
        if seen is not None:
            frame = np.asarray(observations)[0][..., seen]
            return frame if frame.shape[2] == 3 else np.repeat(frame, 3, axis=2)
        frames: Any = env.render()
        return np.asarray(frames[0])
    finally:
        env.close()


def _last_frame(space: spaces.Space[Any]) -> slice | None:
    """Which channels of an observation to show: the last colour or grey frame; None where it is no picture."""
    if not isinstance(space, spaces.Box) or space.dtype != np.uint8 or len(space.shape) != 3 or space.shape[0] < 36:
        return None
    channels = space.shape[2]
    return slice(channels - 3, channels) if channels % 3 == 0 else slice(channels - 1, channels)
