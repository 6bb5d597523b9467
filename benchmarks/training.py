"""Training steps a second of PPO on 84x84x4 images: fine-tuning and frozen trunks against Stable-Baselines3.

    python benchmarks/training.py [--threads N] [--repeats N]

Peers: Stable-Baselines3 as it is, and with ``requires_grad=False`` on its features extractor, the usual freezing.
Floors: for a frozen trunk one forward pass a frame and the head's updates; for fine-tuning the updates of a bare
torch loop over the same network and batch, and one forward pass a frame.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable

import measuring
import torch
from measuring import learner
from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from synthetic import BATCH, EPOCHS, NUM_ENVS, NUM_STEPS, SyntheticImages
from torch import nn

import rltransfer as rlt
from rltransfer.agents.anatomy import trunk_of

SETTINGS = {"n_steps": NUM_STEPS, "batch_size": BATCH, "n_epochs": EPOCHS}
STEPS = NUM_ENVS * NUM_STEPS


def plain(*, frozen: bool) -> BaseAlgorithm:
    """Stable-Baselines3's PPO with its Nature network."""
    model = PPO("CnnPolicy", SyntheticImages(), device="cpu", seed=0, **SETTINGS)
    if frozen:
        for parameter in model.policy.features_extractor.parameters():
            parameter.requires_grad = False
    return model


def ours(method: rlt.TransferMethod, source: BaseAlgorithm) -> BaseAlgorithm:
    """The same settings by rltransfer."""
    return rlt.make_agent("ppo", SyntheticImages(), source=source, method=method, seed=0, device="cpu", **SETTINGS)


def frozen_floor(model: BaseAlgorithm) -> Callable[[], float]:
    """Work: one forward pass a frame in batches of as many as there are copies, and the heads' updates alone."""
    trunk = trunk_of(model).eval()
    frames = torch.as_tensor(SyntheticImages().reset()).permute(0, 3, 1, 2)
    heads = nn.Linear(trunk.features_dim, 7)
    optimizer = torch.optim.Adam(heads.parameters(), fused=True)
    features = torch.randn(BATCH, trunk.features_dim)

    def work() -> float:
        with torch.no_grad():
            for _ in range(NUM_STEPS):
                trunk(frames)
        for _ in range(EPOCHS * STEPS // BATCH):
            optimizer.zero_grad()
            heads(features).square().mean().backward()
            optimizer.step()
        return STEPS

    return work


def bare_updates(model: BaseAlgorithm) -> Callable[[], float]:
    """Work: the images of one update phase through a bare torch loop, same network, batch and optimizer."""
    trunk = trunk_of(model).clone().train()
    heads = nn.Linear(trunk.features_dim, 7)
    optimizer = torch.optim.Adam([*trunk.parameters(), *heads.parameters()], fused=True)
    images = torch.randint(0, 256, (BATCH, 84, 84, 4), dtype=torch.uint8).permute(0, 3, 1, 2)

    def work() -> float:
        for _ in range(EPOCHS * STEPS // BATCH):
            optimizer.zero_grad()
            heads(trunk(images)).square().mean().backward()
            optimizer.step()
        return EPOCHS * STEPS

    return work


def updates(model: BaseAlgorithm) -> Callable[[], float]:
    """Work: the update phase of ``model`` on the rollout it has."""

    def work() -> float:
        model.train()
        return EPOCHS * STEPS

    return work


def main() -> None:
    """Measure and print."""
    warnings.filterwarnings("ignore")
    options = measuring.arguments(__doc__ or "")
    made = rlt.make_agent("ppo", SyntheticImages(), trunk="nature", seed=0, device="cpu", **SETTINGS)
    with tempfile.TemporaryDirectory() as folder:
        rlt.save(made, folder)
        source = rlt.load_agent(folder, device="cpu")
    finetuned, cached = ours(rlt.Finetune(), source), ours(rlt.Frozen(at="end"), source)
    print(measuring.machine())
    print(f"PPO, 84x84x4 images, {NUM_ENVS} copies, {NUM_STEPS} steps, batch {BATCH}, {EPOCHS} epochs")
    print(f"trunk arithmetic: {trunk_of(finetuned).precision}\n")
    names = ("SB3", "SB3, requires_grad=False", "rltransfer, fine-tuning", "rltransfer, frozen and cached")
    rates = measuring.in_turn(
        {
            names[0]: learner(plain(frozen=False), STEPS),
            names[1]: learner(plain(frozen=True), STEPS),
            names[2]: learner(finetuned, STEPS),
            names[3]: learner(cached, STEPS),
            "floor of frozen": frozen_floor(source),
        },
        options.repeats,
    )
    measuring.show(rates, "steps/s")
    print()
    for above, below in ((names[3], names[1]), (names[3], names[0]), (names[2], names[0])):
        print(f"{above} / {below}: {measuring.ratio(rates[above], rates[below]):.2f}x")
    share = measuring.ratio(rates[names[3]], rates["floor of frozen"])
    print(f"{names[3]} / its floor: {share:.0%}\n")
    images = measuring.in_turn(
        {"updates": updates(finetuned), "bare torch loop": bare_updates(source)}, options.repeats
    )
    measuring.show(images, "images/s")
    print(f"updates / bare torch loop: {measuring.ratio(images['updates'], images['bare torch loop']):.0%}")


if __name__ == "__main__":
    main()
