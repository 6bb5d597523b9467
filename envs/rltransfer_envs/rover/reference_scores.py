"""Returns of the random policy and of the scripted expert in the default environment.

Reproduce with ``COMMAND``.
"""

from __future__ import annotations

from rltransfer.tasks.family import ReferenceScore

EPISODES = 2000
"""Of either policy, in each robot and task."""
COMMAND = f"python -m rltransfer_envs.rover.score --episodes {EPISODES}"
MEANS: dict[tuple[str, str], tuple[float, float]] = {
    ("omni", "reach"): (0.085, 1.630),
    ("omni", "swap"): (0.022, 1.644),
    ("omni", "push"): (-0.441, 1.737),
    ("differential", "reach"): (0.033, 2.001),
    ("differential", "swap"): (0.026, 2.032),
    ("differential", "push"): (-0.344, 1.718),
    ("hovercraft", "reach"): (0.027, 1.651),
    ("hovercraft", "swap"): (0.013, 1.668),
    ("hovercraft", "push"): (-0.276, 1.707),
}
"""Of the random policy and of the scripted expert, by robot and task."""
REFERENCE_SCORES = {
    point: ReferenceScore(random=random, expert=expert, episodes=EPISODES, source=f"scripted expert: {COMMAND}")
    for point, (random, expert) in MEANS.items()
}
"""By robot and task."""
