"""The robots as built: proportions, masses and motors. Metres, kilograms, seconds, newtons.

Chosen so that a single frame nearly tells the state: damping brings an arm to the speed that a torque asks for
within two or three control steps.
"""

from __future__ import annotations

from dataclasses import dataclass

LINK_RADIUS = 0.04
TIP_RADIUS = 0.035
TIP_MASS = 0.05
PUCK_RADIUS = 0.07
PUCK_MASS = 0.2
POST_RADIUS = 0.05
ELBOW_LIMIT = 2.6
"""Radians that every joint but the first can turn either way."""
TABLE_HALF = 0.9
"""Half the side of the table; the puck's middle stays 5 cm inside."""

CONTACT_FRICTION = 0.8
TABLE_FRICTION = 0.35
"""Coefficient between puck and table, on which it lies with its whole weight."""
STANDARD_GRAVITY = 9.81

HAND_LENGTH = 0.085
"""From the palm to the point between the jaws that counts as the tip."""
JAW_LENGTH = 0.13
JAW_RADIUS = 0.014
JAW_MASS = 0.03
JAW_OPEN = 0.125
"""Distance of a jaw from the hand's middle line when fully open."""
JAW_TRAVEL = 0.085
JAW_REST = 0.03
"""How far a jaw has closed where its spring rests."""
JAW_STIFFNESS = 20.0
JAW_DAMPING = 1.5
JAW_FORCE = 3.0


@dataclass(frozen=True, kw_only=True)
class Body:
    """A robot's arm; every tuple goes from the shoulder outwards.

    Args:
        lengths: of links; the last ends in the tip.
        masses: of links.
        torques: of a full action.
        damping: newton metres for a radian per second.
        friction: newton metres of dry friction.
        has_hand: two jaws in place of a finger.
    """

    lengths: tuple[float, ...]
    masses: tuple[float, ...]
    torques: tuple[float, ...]
    damping: tuple[float, ...]
    friction: tuple[float, ...]
    has_hand: bool = False

    @property
    def num_actions(self) -> int:
        """One torque a joint, and one force for the jaws together."""
        return len(self.lengths) + self.has_hand


BODIES: dict[str, Body] = {
    "two-link": Body(
        lengths=(0.4, 0.4), masses=(0.6, 0.6), torques=(5.0, 2.0), damping=(1.7, 0.5), friction=(0.1, 0.05)
    ),
    "three-link": Body(
        lengths=(0.32, 0.27, 0.21),
        masses=(0.5, 0.4, 0.3),
        torques=(5.0, 2.5, 1.0),
        damping=(1.7, 0.7, 0.25),
        friction=(0.1, 0.05, 0.02),
    ),
    "gripper": Body(
        lengths=(0.45, 0.35),
        masses=(0.8, 0.4),
        torques=(5.0, 2.0),
        damping=(1.7, 0.5),
        friction=(0.1, 0.05),
        has_hand=True,
    ),
}
"""By robot."""
