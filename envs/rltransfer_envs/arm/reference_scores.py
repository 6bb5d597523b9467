"""Returns of the random policy and of the scripted expert in the default environment.

Reproduce with ``python -m rltransfer_envs.arm.score --episodes 1000``.
"""

from __future__ import annotations

from rltransfer.tasks.family import ReferenceScore

REFERENCE_SCORES: dict[tuple[str, str], ReferenceScore] = {
    ("two-link", "reach"): ReferenceScore(random=0.101, expert=1.780, episodes=1000),
    ("two-link", "push"): ReferenceScore(random=0.008, expert=1.870, episodes=1000),
    ("two-link", "avoid"): ReferenceScore(random=-0.099, expert=1.779, episodes=1000),
    ("two-link", "follow"): ReferenceScore(random=0.084, expert=2.316, episodes=1000),
    ("three-link", "reach"): ReferenceScore(random=0.126, expert=1.885, episodes=1000),
    ("three-link", "push"): ReferenceScore(random=0.042, expert=1.994, episodes=1000),
    ("three-link", "avoid"): ReferenceScore(random=-0.068, expert=1.788, episodes=1000),
    ("three-link", "follow"): ReferenceScore(random=0.133, expert=2.327, episodes=1000),
    ("gripper", "reach"): ReferenceScore(random=0.071, expert=1.785, episodes=1000),
    ("gripper", "push"): ReferenceScore(random=0.015, expert=1.815, episodes=1000),
    ("gripper", "avoid"): ReferenceScore(random=-0.090, expert=1.801, episodes=1000),
    ("gripper", "follow"): ReferenceScore(random=0.102, expert=2.330, episodes=1000),
}
"""By robot and task."""
