"""What only pixels feel: moving distractors, and the sensor's blur, occlusion and noise."""

from __future__ import annotations

from rltransfer_envs.arm.bodies import TABLE_HALF
from rltransfer_envs.arm.parts import DISTRACTOR_RADIUS
from rltransfer_envs.arm.scene import Look
from rltransfer_envs.arm.world import Copy, Settings
from rltransfer_envs.drawing import distractors
from rltransfer_envs.drawing.jit import compiled
from rltransfer_envs.drawing.lens import add_noise, blur, occlude
from rltransfer_envs.drawing.shapes import Frame
from rltransfer_envs.drawing.streams import PIXELS, uniform

DISTRACTOR_STEP = 0.02
"""Metres that a moving distractor goes in a control step."""
ROOM = TABLE_HALF - DISTRACTOR_RADIUS


@compiled
def scatter(copy: Copy, settings: Settings) -> None:
    """Place distractors, and the patch on the lens, for a new episode."""
    distractors.scatter(copy.distractors, settings.distractors, copy.streams, ROOM, DISTRACTOR_STEP)
    for axis in range(2):
        copy.occluder[axis] = uniform(copy.streams, PIXELS)


@compiled
def drift(copy: Copy, settings: Settings) -> None:
    """Move the distractors by one control step."""
    distractors.drift(copy.distractors, settings.distractors, ROOM)


@compiled
def apply_sensor(frame: Frame, look: Look, copy: Copy, settings: Settings) -> None:
    """Everything that happens between the scene and the pixels that the agent gets."""
    if settings.blur > 0:
        blur(frame, settings.blur)
    if settings.occlusion > 0.0:
        occlude(frame, copy.occluder, settings.occlusion)
    if settings.noise > 0.0:
        add_noise(frame, look.grain, copy.streams, settings.noise)
