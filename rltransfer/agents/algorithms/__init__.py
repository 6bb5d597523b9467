"""Learning algorithms as plain settings: named in YAML and artifacts, built into Stable-Baselines3 models on demand.

Every field has the name and meaning that Stable-Baselines3 gives it, but for those of ``Algorithm`` that it does not
have. Nothing here imports torch before a model is built.
"""

from rltransfer.agents.algorithms.actor_critic import DDPG, SAC, TD3, TQC, CrossQ
from rltransfer.agents.algorithms.algorithm import Algorithm
from rltransfer.agents.algorithms.policy_gradient import A2C, PPO, TRPO, RecurrentPPO
from rltransfer.agents.algorithms.supervised import Classifier
from rltransfer.agents.algorithms.value_based import DQN, QRDQN, SuccessorDQN

__all__ = [
    "A2C",
    "DDPG",
    "DQN",
    "PPO",
    "QRDQN",
    "SAC",
    "TD3",
    "TQC",
    "TRPO",
    "Algorithm",
    "Classifier",
    "CrossQ",
    "RecurrentPPO",
    "SuccessorDQN",
]
