"""Colours by role, so that every system is drawn from the same few."""

from __future__ import annotations

from rltransfer_envs.drawing.colours import Colours, grey, hue_shifted, parsed, tinted

SKY, SKY_PATTERN, GROUND, GROUND_EDGE, BODY, BODY_DARK, ROD, JOINT, MARK, POST, GHOST, LIT, DISTRACTORS = range(13)
"""DISTRACTORS is the first of six."""

_DAY = parsed(
    "e9eef2 c6d0da 8f9f74 4f5c3e",  # sky, its pattern, ground, its edge
    "2f6fde 1c2c54 c8501e 20242c",  # body, its dark parts, rods, joints
    "2fa84f 454e5a 9a63cf f2b01e",  # goal marks, their posts, afterimages, what is lit
    "e15fb0 8a5fd6 f2c230 5fc9e0 a8744f 9aa84f",  # distractors
)


def palette(name: str, *, is_grayscale: bool = False) -> Colours:
    """The colours of a palette, (18, 3) in 0 to 255, or their luminance in all three channels."""
    colours = _DAY.copy()
    if name == "dusk":
        colours = tinted(colours, 1.0, 0.72, 0.62)
    elif name == "night":
        colours[[SKY, SKY_PATTERN, GROUND, GROUND_EDGE]] = parsed("1d2433 2c3750 4a5568 7d8fb3")
        colours[[BODY_DARK, JOINT, POST]] = parsed("9fb4e8 cdd5e6 aab4c8")
    elif name == "shifted":
        colours = hue_shifted(colours, 1 / 3)
    return grey(colours) if is_grayscale else colours
