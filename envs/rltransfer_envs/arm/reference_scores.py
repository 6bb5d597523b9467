"""Returns of the random policy and of the scripted expert in the default environment.

Reproduce with ``COMMAND``.
"""

from __future__ import annotations

from rltransfer.tasks.family import ReferenceScore

EPISODES = 1000
"""Of either policy, in each robot and task."""
COMMAND = f"python -m rltransfer_envs.arm.score --episodes {EPISODES}"
MEANS: dict[tuple[str, str], tuple[float, float]] = {
    ("two-link", "reach"): (0.101, 1.780),
    ("two-link", "push"): (0.008, 1.870),
    ("two-link", "avoid"): (-0.099, 1.779),
    ("two-link", "follow"): (0.084, 2.316),
    ("three-link", "reach"): (0.126, 1.885),
    ("three-link", "push"): (0.042, 1.994),
    ("three-link", "avoid"): (-0.068, 1.788),
    ("three-link", "follow"): (0.133, 2.327),
    ("gripper", "reach"): (0.071, 1.785),
    ("gripper", "push"): (0.015, 1.815),
    ("gripper", "avoid"): (-0.090, 1.801),
    ("gripper", "follow"): (0.102, 2.330),
}
"""Of the random policy and of the scripted expert, by robot and task."""
REFERENCE_SCORES = {
    point: ReferenceScore(random=random, expert=expert, episodes=EPISODES, source=f"scripted expert: {COMMAND}")
    for point, (random, expert) in MEANS.items()
}
"""By robot and task."""
