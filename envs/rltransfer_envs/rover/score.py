"""Measure random and expert returns of every robot and task in the default environment.

python -m rltransfer_envs.rover.score --episodes 2000
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from rltransfer_envs.rover.expert import expert_actions
from rltransfer_envs.rover.vector_env import RoverVectorEnv
from rltransfer_envs.scoring import print_scores


def expert_policy(env: RoverVectorEnv) -> npt.NDArray[Any]:
    """The scripted expert."""
    return expert_actions(env.simulation)


if __name__ == "__main__":
    print_scores("rover", expert=expert_policy, description=__doc__ or "", episodes=2000)
