"""Measure random returns of every robot and game in the default environment.

python -m rltransfer_envs.atari.score --episodes 20
"""

from __future__ import annotations

from rltransfer_envs.scoring import print_scores

if __name__ == "__main__":
    print_scores("atari", description=__doc__ or "", episodes=20)
