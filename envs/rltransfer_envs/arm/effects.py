"""What only pixels feel: moving distractors, and the sensor's blur, occlusion and noise."""

from __future__ import annotations

import math

from rltransfer_envs.arm.bodies import TABLE_HALF
from rltransfer_envs.arm.parts import DISTRACTOR_RADIUS
from rltransfer_envs.arm.scene import Look
from rltransfer_envs.arm.world import Copy, Floats, Settings
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.lens import add_noise, blur, occlude
from rltransfer_envs.drawing.shapes import Frame
from rltransfer_envs.drawing.streams import PIXELS, uniform

DISTRACTOR_STEP = 0.02
"""Metres that a moving distractor goes in a control step."""
ROOM = TABLE_HALF - DISTRACTOR_RADIUS


@compiled
def scatter(copy: Copy, settings: Settings) -> None:
    """Place distractors, of which every other one moves, and the patch on the lens for a new episode."""
    for k in range(settings.distractors):
        angle = 2 * math.pi * uniform(copy.streams, PIXELS)
        copy.distractors[k, 0] = (2 * uniform(copy.streams, PIXELS) - 1) * ROOM
        copy.distractors[k, 1] = (2 * uniform(copy.streams, PIXELS) - 1) * ROOM
        pace = DISTRACTOR_STEP if k % 2 == 0 else 0.0
        copy.distractors[k, 2] = pace * math.cos(angle)
        copy.distractors[k, 3] = pace * math.sin(angle)
    for axis in range(2):
        copy.occluder[axis] = uniform(copy.streams, PIXELS)


@compiled
def drift(distractors: Floats, settings: Settings) -> None:
    """Move the distractors of one copy, (6, 4), by one control step; they bounce off the table's border."""
    for k in range(settings.distractors):
        for axis in range(2):
            there = distractors[k, axis] + distractors[k, 2 + axis]
            if abs(there) > ROOM:
                distractors[k, 2 + axis] = -distractors[k, 2 + axis]
                there = distractors[k, axis] + distractors[k, 2 + axis]
            distractors[k, axis] = there


@compiled
def apply_sensor(frame: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """Everything that happens between the scene and the pixels that the agent gets."""
    if settings.blur > 0:
        blur(frame, settings.blur)
    if settings.occlusion > 0.0:
        occlude(frame, copy.occluder, settings.occlusion)
    if settings.noise > 0.0:
        add_noise(frame, look.grain, copy.streams, settings.noise)
