"""What only pixels feel: moving distractors, and the sensor's blur, occlusion and noise."""

from __future__ import annotations

import math

import numpy as np

from rltransfer_envs.rover.jit import compiled
from rltransfer_envs.rover.parts import DISTRACTOR_RADIUS
from rltransfer_envs.rover.scene import Look
from rltransfer_envs.rover.shapes import Frame
from rltransfer_envs.rover.streams import PIXELS, Streams, integer, uniform
from rltransfer_envs.rover.world import Copy, Floats, Settings

DISTRACTOR_STEP = 0.04
"""Metres that a moving distractor goes in a control step."""


@compiled
def scatter(copy: Copy, settings: Settings) -> None:
    """Place distractors, of which every other one moves, and the patch on the lens for a new episode."""
    room = settings.half - DISTRACTOR_RADIUS
    for k in range(settings.distractors):
        angle = 2 * math.pi * uniform(copy.streams, PIXELS)
        copy.distractors[k, 0] = (2 * uniform(copy.streams, PIXELS) - 1) * room
        copy.distractors[k, 1] = (2 * uniform(copy.streams, PIXELS) - 1) * room
        pace = DISTRACTOR_STEP if k % 2 == 0 else 0.0
        copy.distractors[k, 2] = pace * math.cos(angle)
        copy.distractors[k, 3] = pace * math.sin(angle)
    for axis in range(2):
        copy.occluder[axis] = uniform(copy.streams, PIXELS)


@compiled
def drift(distractors: Floats, settings: Settings) -> None:
    """Move the distractors of one copy, (6, 4), by one control step; they bounce off the arena's border."""
    room = settings.half - DISTRACTOR_RADIUS
    for k in range(settings.distractors):
        for axis in range(2):
            there = distractors[k, axis] + distractors[k, 2 + axis]
            if abs(there) > room:
                distractors[k, 2 + axis] = -distractors[k, 2 + axis]
                there = distractors[k, axis] + distractors[k, 2 + axis]
            distractors[k, axis] = there


@compiled
def _blur(frame: Frame, passes: int) -> None:
    """Binomial 3 by 3 filter, passes times, edges repeated."""
    size = frame.shape[0]
    source = np.empty((size + 2, size + 2, 3), np.uint16)
    for _ in range(passes):
        for r in range(size + 2):
            row = min(max(r - 1, 0), size - 1)
            for c in range(size + 2):
                column = min(max(c - 1, 0), size - 1)
                for channel in range(3):
                    source[r, c, channel] = frame[row, column, channel]
        for r in range(size):
            for c in range(size):
                for channel in range(3):
                    total = 8
                    for d in range(3):
                        weight = 2 if d == 1 else 1
                        line = source[r + d]
                        total += weight * (line[c, channel] + 2 * line[c + 1, channel] + line[c + 2, channel])
                    frame[r, c, channel] = np.uint8(total // 16)


@compiled
def _occlude(frame: Frame, corner: Floats, side: float) -> None:
    """Darken a square of ``side`` times the frame's size."""
    size = frame.shape[0]
    length = int(side * size + 0.5)
    top, left = int(corner[1] * (size - length)), int(corner[0] * (size - length))
    for r in range(top, top + length):
        for c in range(left, left + length):
            for channel in range(3):
                frame[r, c, channel] = 12


@compiled
def _add_noise(frame: Frame, look: Look, streams: Streams, deviation: float) -> None:
    """Gaussian noise; each row takes a random cut of one long stretch of normal numbers."""
    length = frame.shape[1] * 3
    for r in range(frame.shape[0]):
        start = integer(streams, PIXELS, look.grain.shape[0] - length)
        row = frame[r].reshape(length)
        cut = look.grain[start : start + length]
        level = np.float32(deviation)
        for k in range(length):
            value = np.float32(row[k]) + level * cut[k] + np.float32(0.5)
            row[k] = np.uint8(min(max(value, np.float32(0)), np.float32(255)))


@compiled
def apply_sensor(frame: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """Everything that happens between the scene and the pixels that the agent gets."""
    if settings.blur > 0:
        _blur(frame, settings.blur)
    if settings.occlusion > 0.0:
        _occlude(frame, copy.occluder, settings.occlusion)
    if settings.noise > 0.0:
        _add_noise(frame, look, copy.streams, settings.noise)
