"""Do LogME, LEEP and the H-score foresee which source helps a target?

    RLTRANSFER_DATA=... python experiments/images/choosing.py [--agents runs/source-rover/source/seed-*] [--seeds 2]
        [--csv OUT.csv]

Sources: one trunk learned on MNIST, USPS, scikit-learn's digits, CIFAR-10, or on frames of the rover labelled by the
goal's direction; an agent's, which has learned to drive; EfficientNet-Lite0 with ImageNet weights; and a trunk that
has learned nothing. Targets: 100 examples of each class of digits, MNIST, USPS and CIFAR-10, and all of ants and bees,
at 64 pixels a side. No source is asked of its own data. Scores see the target's training examples alone; what transfer
then achieved is the accuracy on the test part with the trunk frozen and fine-tuned (heads begin afresh). Prints all of
it, and for each score and target the rank correlation, with the mean over targets and its 95% t interval.

LEEP needs a head, so the untrained trunk has none; an agent's classes are its actions. An H-score counts directions
in which codes vary, and is at its greatest where there are as many as rows, whatever they are; so it is also given of
the first 32 principal directions.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import rltransfer as rlt
from rltransfer.agents.making import build_model
from rltransfer.errors import DataError
from rltransfer.images.choosing import h_score, leep, logme, rank_correlation
from rltransfer.images.data import DataSpec, Digits, Folders, Frames, Hdf5, Mnist, Npz
from rltransfer.metrics.student_t import t_interval
from rltransfer.registry import TRUNKS
from rltransfer.settings import parse
from rltransfer.tasks.labelled import Classification, channels_first
from rltransfer.tasks.pictures import examples_of
from rltransfer.training import evaluator_for
from rltransfer.trunks.efficientnet import imagenet_tensors
from rltransfer.trunks.preprocessing import Preprocessing

SIZE = 64
LEARNED: dict[str, DataSpec] = {
    "mnist": Mnist(),
    "usps": Hdf5(path="usps/usps.h5"),
    "digits": Digits(),
    "cifar10": Npz(path="cifar10_small/cifar10_small.npz"),
    "rover frames": Frames(family="rover", label="goal_bearing", bins=8, frames=5000, copies=50),
}
"""What trunks are learned on here."""
TARGETS: dict[str, tuple[DataSpec, Any]] = {
    **{name: (LEARNED[name], 100) for name in ("digits", "mnist", "usps", "cifar10")},
    "ants, bees": (Folders(path="hymenoptera"), "all"),
}
"""What is asked, with examples of each class."""
SOURCE_EXAMPLES, FROZEN_EXAMPLES, TUNED_EXAMPLES = 16_384, 8_192, 512
"""Examples learned from: fine-tuning is short because EfficientNet-Lite0 takes 15 ms an example."""
DIRECTIONS = 32
SCORES = ("LogME", "LEEP", "H-score", f"H-score of {DIRECTIONS}")
ACHIEVED = ("frozen", "fine-tuned")


def data_of(name: str, spec: DataSpec, per_class: Any, seed: int) -> Classification:
    """Colour pictures of ``SIZE`` pixels a side."""
    train, test = spec.train_test(per_class=per_class, seed=seed)
    wanted = Preprocessing(size=SIZE)
    return Classification(name, train=examples_of(train, wanted), test=examples_of(test, wanted))


def sources(agents: list[Path], seed: int) -> Mapping[str, Any]:
    """Everything that a target may learn from, by name."""
    found: dict[str, Any] = {}
    for name, spec in LEARNED.items():
        env = rlt.make_env(data_of(name, spec, "all", seed), num_envs=32)
        found[name] = rlt.make_agent("classifier", env, trunk="nature", seed=seed)
        found[name].learn(SOURCE_EXAMPLES)
    if agents:
        found["rover agent"] = rlt.load_agent(agents[seed % len(agents)])
    env = rlt.make_env(data_of("digits", Digits(), 1, seed), num_envs=8)
    found["untrained"] = rlt.make_agent("classifier", env, trunk="nature", seed=1_000 + seed)
    found["imagenet"] = _published(found["untrained"])
    return found


def _published(like: Any) -> Any:
    """EfficientNet-Lite0 with ImageNet weights, its head of 1,000 classes included."""
    from gymnasium.spaces import Discrete

    from rltransfer.agents.artifact import settings_of

    spec = parse(TRUNKS.get("efficientnet_lite0"), {"weights": "imagenet"})
    model = build_model(
        settings_of(like), spec, observation_space=like.observation_space, action_space=Discrete(1000), seed=0
    )
    tensors = imagenet_tensors()
    policy: Any = model.policy
    with torch.no_grad():
        policy.action_net.weight.copy_(tensors["_fc.weight"])
        policy.action_net.bias.copy_(tensors["_fc.bias"])
    return model


def seen_by(source: Any, data: Classification) -> tuple[np.ndarray, np.ndarray]:
    """(n, features) codes and (n, classes) probabilities of the training examples."""
    inputs, policy = channels_first(data.train.inputs), source.policy
    policy.set_training_mode(False)
    codes, probabilities = [], []
    with torch.no_grad():
        for start in range(0, len(inputs), 64):
            features = policy.extract_features(torch.from_numpy(np.ascontiguousarray(inputs[start : start + 64])))
            features = features[0] if isinstance(features, tuple) else features
            codes.append(features.float().numpy())
            logits = policy.action_net(policy.mlp_extractor.forward_actor(features.float()))
            probabilities.append(torch.softmax(logits.double(), 1).numpy())
    return np.concatenate(codes), np.concatenate(probabilities)


def scores_of(name: str, source: Any, data: Classification) -> dict[str, float]:
    """Every score of one source on one target."""
    codes, probabilities = seen_by(source, data)
    labels = data.train.labels
    centred = codes - codes.mean(0)
    _, _, directions = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    values = (
        logme(codes, labels),
        np.nan if name == "untrained" else leep(probabilities, labels),
        h_score(codes, labels),
        h_score(centred @ directions[:DIRECTIONS].T, labels),
    )
    return {score: round(float(value), 6) for score, value in zip(SCORES, values, strict=True)}


def achieved_by(source: Any, data: Classification, seed: int) -> dict[str, float]:
    """Accuracy on the test part, in percent, frozen and fine-tuned."""
    found = {}
    for name, method, budget in (
        ("frozen", rlt.Frozen(heads="reinit"), FROZEN_EXAMPLES),
        ("fine-tuned", rlt.Finetune(heads="reinit"), TUNED_EXAMPLES),
    ):
        env = rlt.make_env(data, num_envs=32)
        model = rlt.make_agent("classifier", env, source=source, method=method, seed=seed)
        model.learn(budget)
        found[name] = 100 * float(evaluator_for(data.task(), episodes=1, seed=0).measure(model).returns.mean())
    return found


def correlations(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    """Print how each score ranks the sources of each target, beside what was achieved. ``table``: target, source."""
    for what in ACHIEVED:
        print(f"\nrank correlation with {what}: weighted tau (Kendall's tau-b; sources)")
        for score in SCORES:
            told, taus = [], []
            for target, rows in table.items():
                known = [row for row in rows.values() if np.isfinite(row[score])]
                try:
                    found = rank_correlation([row[score] for row in known], [row[what] for row in known])
                except DataError as error:
                    told.append(f"{target} - ({error})")
                    continue
                taus.append(found.weighted)
                told.append(f"{target} {found.weighted:+.2f} ({found.kendall:+.2f}; {found.sources})")
            mean = t_interval(taus)
            print(f"  {score}: {'; '.join(told)}; mean {mean.point:+.2f} [{mean.low:+.2f}, {mean.high:+.2f}]")


def main() -> None:
    """Score, transfer, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agents", nargs="*", type=Path, default=[])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--targets", nargs="*", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    gathered: dict[str, dict[str, list[dict[str, float]]]] = defaultdict(lambda: defaultdict(list))
    lines = [",".join(("target", "source", "seed", *SCORES, *ACHIEVED))]
    for seed in range(options.seeds):
        given = sources(options.agents, seed)
        print(f"seed {seed}: {len(given)} sources after {time.perf_counter() - start:.0f} s", flush=True)
        for target in options.targets:
            spec, per_class = TARGETS[target]
            data = data_of(target, spec, per_class, seed)
            for name, source in given.items():
                if name == target:
                    continue
                row = {**scores_of(name, source, data), **achieved_by(source, data, seed)}
                gathered[target][name].append(row)
                lines.append(f'"{target}",{name},{seed},' + ",".join(f"{value:.4f}" for value in row.values()))
                print(f"  {lines[-1]}", flush=True)
    means = {
        target: {name: {key: float(np.mean([r[key] for r in rows])) for key in rows[0]} for name, rows in found.items()}
        for target, found in gathered.items()
    }
    for target, found in means.items():
        print(f"\n{target}: {', '.join(SCORES)}; {', '.join(ACHIEVED)} (means of {options.seeds} seeds)")
        for name, row in sorted(found.items(), key=lambda item: -item[1]["frozen"]):
            scores, reached = (", ".join(f"{row[key]:.3f}" for key in SCORES), [f"{row[key]:.1f}" for key in ACHIEVED])
            print(f"  {name}: {scores}; {', '.join(reached)}")
    correlations(means)
    print(f"\n{time.perf_counter() - start:.0f} s")
    if options.csv:
        options.csv.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
