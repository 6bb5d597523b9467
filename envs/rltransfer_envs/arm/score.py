"""Measure random and expert returns of every robot and task in the default environment.

python -m rltransfer_envs.arm.score --episodes 1000
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from rltransfer_envs.arm.expert import expert_actions
from rltransfer_envs.arm.vector_env import ArmVectorEnv
from rltransfer_envs.scoring import print_scores


def expert_policy(env: ArmVectorEnv) -> npt.NDArray[Any]:
    """The scripted expert."""
    return expert_actions(env.simulation)


if __name__ == "__main__":
    print_scores("arm", expert=expert_policy, description=__doc__ or "", episodes=1000)
