"""Steps a second of DQN, SAC and TD3 on 84x84x4 images, fine-tuned and frozen, and what a replay buffer weighs.

    python benchmarks/off_policy.py [--threads N] [--repeats N]

Peers: Stable-Baselines3 as it is, and with ``requires_grad=False`` on its features extractors, the usual freezing.
"""

from __future__ import annotations

import warnings
from typing import Any

import measuring
import numpy as np
from gymnasium import spaces
from measuring import learner
from stable_baselines3 import DQN, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from synthetic import NUM_ENVS, SyntheticImages

import rltransfer as rlt

STEPS = 512
SETTINGS = {"buffer_size": 4_096, "learning_starts": 64, "batch_size": 128, "train_freq": 4, "gradient_steps": 4}
PEERS = {"dqn": DQN, "sac": SAC, "td3": TD3}
NAMES = ("SB3", "SB3, requires_grad=False", "rltransfer, fine-tuning", "rltransfer, frozen and cached")


def images(algorithm: str) -> SyntheticImages:
    """Frames, with actions that the algorithm takes."""
    if algorithm == "dqn":
        return SyntheticImages()
    return SyntheticImages(actions=spaces.Box(-1, 1, (2,), np.float32))


def plain(algorithm: str, *, frozen: bool) -> BaseAlgorithm:
    """Stable-Baselines3's own, with its Nature network."""
    model = PEERS[algorithm]("CnnPolicy", images(algorithm), device="cpu", seed=0, **SETTINGS)
    if frozen:
        for name, parameter in model.policy.named_parameters():
            if "features_extractor" in name:
                parameter.requires_grad = False
    return model


def ours(algorithm: str, method: rlt.TransferMethod, source: BaseAlgorithm) -> BaseAlgorithm:
    """The same settings by rltransfer."""
    made: dict[str, Any] = {"source": source, "method": method, "seed": 0, "device": "cpu", **SETTINGS}
    return rlt.make_agent(algorithm, images(algorithm), **made)


def bytes_a_transition(model: BaseAlgorithm) -> float:
    """What the replay buffer keeps of one transition's two observations."""
    buffer: Any = model.replay_buffer
    kept = buffer.observations.nbytes + (0 if buffer.optimize_memory_usage else buffer.next_observations.nbytes)
    return kept / (buffer.buffer_size * buffer.n_envs)


def main() -> None:
    """Measure and print."""
    warnings.filterwarnings("ignore")
    options = measuring.arguments(__doc__ or "")
    print(measuring.machine())
    print(f"84x84x4 images, {NUM_ENVS} copies, 4 updates of 128 transitions every 4 steps of each copy")
    for algorithm in PEERS:
        source = rlt.make_agent(algorithm, images(algorithm), trunk="nature", seed=1, device="cpu", **SETTINGS)
        models = dict(
            zip(
                NAMES,
                (
                    plain(algorithm, frozen=False),
                    plain(algorithm, frozen=True),
                    ours(algorithm, rlt.Finetune(), source),
                    ours(algorithm, rlt.Frozen(at="end"), source),
                ),
                strict=True,
            )
        )
        print(f"\n{algorithm}")
        rates = measuring.in_turn({name: learner(model, STEPS) for name, model in models.items()}, options.repeats)
        measuring.show(rates, "steps/s")
        for peer in NAMES[:2]:
            print(f"{NAMES[3]} / {peer}: {measuring.ratio(rates[NAMES[3]], rates[peer]):.2f}x")
        print(f"{NAMES[2]} / {NAMES[0]}: {measuring.ratio(rates[NAMES[2]], rates[NAMES[0]]):.2f}x")
        whole, cached = (bytes_a_transition(models[name]) for name in (NAMES[0], NAMES[3]))
        print(f"observations of a transition in the replay buffer: {whole:,.0f} bytes; features: {cached:,.0f} bytes")


if __name__ == "__main__":
    main()
