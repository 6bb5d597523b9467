"""Returns of the random policy and of the scripted expert in the default environment.

Reproduce with ``python -m rltransfer_envs.rover.score --episodes 2000``.
"""

from __future__ import annotations

from rltransfer.tasks.family import ReferenceScore

REFERENCE_SCORES: dict[tuple[str, str], ReferenceScore] = {
    ("omni", "reach"): ReferenceScore(random=0.085, expert=1.630, episodes=2000),
    ("omni", "swap"): ReferenceScore(random=0.022, expert=1.644, episodes=2000),
    ("omni", "push"): ReferenceScore(random=-0.441, expert=1.737, episodes=2000),
    ("differential", "reach"): ReferenceScore(random=0.033, expert=2.001, episodes=2000),
    ("differential", "swap"): ReferenceScore(random=0.026, expert=2.032, episodes=2000),
    ("differential", "push"): ReferenceScore(random=-0.344, expert=1.718, episodes=2000),
    ("hovercraft", "reach"): ReferenceScore(random=0.027, expert=1.651, episodes=2000),
    ("hovercraft", "swap"): ReferenceScore(random=0.013, expert=1.668, episodes=2000),
    ("hovercraft", "push"): ReferenceScore(random=-0.276, expert=1.707, episodes=2000),
}
"""By robot and task."""
