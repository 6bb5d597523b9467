"""An agent at work, as a moving picture."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import ConfigError
from rltransfer.files import require_ending, write_atomically
from rltransfer.tasks.making import vec_env
from rltransfer.training.acting import Acting

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from rltransfer.tasks import Task

HEIGHT = 192
"""Pixels of a copy's picture; larger frames are thinned to about this."""


def film(
    agent: BaseAlgorithm, task: Task, path: Path, *, copies: int = 4, steps: int = 120, seed: int = 20_000
) -> None:
    """Write a GIF of the deterministic policy in ``copies`` episodes side by side, one after another as they end.

    Args:
        agent: can act in ``task``.
        task: what it plays.
        path: of the GIF.
        copies: pictures beside each other.
        steps: frames.
        seed: of the first copy; evaluation uses others.

    Raises:
        ConfigError: the environment draws no frames, or ``path`` does not end in ``.gif``.
    """
    require_ending(path, ".gif")
    from PIL import Image

    env = vec_env(task, num_envs=copies, seed=seed, render_mode="rgb_array")
    try:
        observations: Any = env.reset()
        act, starts = Acting(agent), np.ones(copies, np.bool_)
        frames = [_side_by_side(env.get_images(), task)]
        for _ in range(steps):
            observations, _, starts, _ = env.step(act(observations, starts))
            frames.append(_side_by_side(env.get_images(), task))
        rate = env.vector_env.metadata.get("render_fps", 20)
    finally:
        env.close()
    pictures = [Image.fromarray(frame).quantize(64) for frame in frames]
    data = io.BytesIO()
    pictures[0].save(
        data, format="GIF", save_all=True, append_images=pictures[1:], duration=max(20, round(1000 / rate)), loop=0
    )
    write_atomically(path, data.getvalue())


def _side_by_side(frames: Any, task: Task) -> NDArray[np.uint8]:
    """(height, copies * width, 3) uint8."""
    shown = []
    for frame in frames:
        if frame is None:
            raise ConfigError(f"{task}: its environment draws no frames, so there is nothing to film")
        thinning = max(1, round(frame.shape[0] / HEIGHT))
        shown.append(np.asarray(frame)[::thinning, ::thinning])
    return np.concatenate(shown, axis=1)
