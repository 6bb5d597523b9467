"""Returns of the random policy and of the scripted expert in the default environment.

Reproduce with ``python -m rltransfer_envs.arm.score --episodes 1000``.
"""

from __future__ import annotations

from rltransfer.tasks.family import ReferenceScore

REFERENCE_SCORES: dict[tuple[str, str], ReferenceScore] = {}
"""By robot and task."""
