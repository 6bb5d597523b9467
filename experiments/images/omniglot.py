"""Omniglot's twenty one-shot runs: pixel baselines, and a trunk trained by episodes on the small background sets.

    RLTRANSFER_DATA=... python experiments/images/omniglot.py [--episodes 3000] [--threads 2] [--save DIR]

``--episodes 0`` measures the baselines alone. Nothing of the runs is used in training or in choosing anything.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch

from rltransfer.images.data.omniglot import Omniglot
from rltransfer.images.data.omniglot_runs import OneShotRun, load_omniglot_runs
from rltransfer.images.one_shot import (
    EpisodicTraining,
    FineTuning,
    Matching,
    Nearest,
    Prototypes,
    fine_tune,
    train_by_episodes,
    view_codes,
)
from rltransfer.images.one_shot.distortions import with_symmetries
from rltransfer.images.one_shot.hausdorff import hausdorff_table, ink_points
from rltransfer.images.one_shot.pixels import Ink, as_ink, blurred, centred, resized
from rltransfer.trunks.specs import Impala
from rltransfer.trunks.trunk import Trunk

SIZE = 40
"""Pixels a side that the trunk reads, of 105."""
SIGMA = 3.0
"""Pixels of 105 by which the blurred baseline blurs."""


def error(runs: tuple[OneShotRun, ...], closeness: list[np.ndarray]) -> float:
    """Percent of test drawings whose closest class, over all runs, is a wrong one."""
    wrong = [(table.argmax(axis=1) != run.test.labels).mean() for run, table in zip(runs, closeness, strict=True)]
    return 100 * float(np.mean(wrong))


def cosines(first: Ink, second: Ink) -> np.ndarray:
    """(first, second) cosines between drawings as vectors."""
    rows, columns = (group.reshape(len(group), -1) for group in (first, second))
    rows, columns = (group / np.linalg.norm(group, axis=1, keepdims=True) for group in (rows, columns))
    return rows @ columns.T


def baselines(runs: tuple[OneShotRun, ...]) -> None:
    """Print what needs no training."""
    pairs = [(as_ink(run.test.images), as_ink(run.train.images)) for run in runs]
    tables = {
        "modified Hausdorff": [
            -hausdorff_table(*([ink_points(drawing > 0.5) for drawing in part] for part in pair)) for pair in pairs
        ],
        "pixel cosine": [cosines(*pair) for pair in pairs],
        "centred, blurred cosine": [cosines(*(blurred(centred(part), SIGMA) for part in pair)) for pair in pairs],
    }
    for name, closeness in tables.items():
        print(f"{name}: error {error(runs, closeness):.2f}%", flush=True)


def background() -> tuple[Ink, np.ndarray, np.ndarray]:
    """Drawings, characters and alphabets; two alphabets lie in both files, and are taken once."""
    data = Omniglot().read()["all"]
    origins = ["/".join(origin.split("/")[1:]) for origin in data.origins]
    _, first = np.unique(origins, return_index=True)
    first = np.sort(first)
    alphabets = np.array([name.split("/")[0] for name in data.class_names])
    _, groups = np.unique(alphabets, return_inverse=True)
    labels = data.labels[first]
    return resized(as_ink(data.images[first]), SIZE), labels, groups[labels]


def train(options: argparse.Namespace) -> tuple[Trunk, Matching | Prototypes]:
    """A trunk that has learned the background sets, and the classifier it learned with."""
    ink, labels, groups = background()
    print(f"{len(ink):,} drawings of {len(np.unique(labels))} characters, {len(np.unique(groups))} alphabets")
    images, kinds, families = with_symmetries(np.rint(ink * 255).astype(np.uint8), labels, groups, "all")
    torch.manual_seed(options.seed)
    spec = Impala(channels=(16, 32, 64), features=256, batch_norm=True, precision="float32")
    trunk = spec.build((1, SIZE, SIZE))
    classifier = Matching() if options.classifier == "matching" else Prototypes()
    settings = EpisodicTraining(episodes=options.episodes, ways=options.ways)
    start, recent = time.perf_counter(), []

    def tell(number: int, loss: float, wrong: float) -> None:
        recent.append((loss, wrong))
        if (number + 1) % 100 == 0:
            losses, errors = np.mean(recent[-100:], axis=0)
            minutes = (time.perf_counter() - start) / 60
            print(f"{number + 1} episodes, {minutes:.1f} min: loss {losses:.3f}, error {100 * errors:.1f}%", flush=True)

    train_by_episodes(
        trunk, classifier, images, kinds, groups=families, settings=settings, seed=options.seed, progress=tell
    )
    print(f"trained for {(time.perf_counter() - start) / 60:.1f} min on {options.threads} threads")
    return trunk, classifier


def judge(trunk: Trunk, classifier: Matching | Prototypes, runs: tuple[OneShotRun, ...], seed: int) -> None:
    """Print the errors of the trained trunk's codes on the runs."""
    pictures = [
        [torch.from_numpy(resized(as_ink(part.images), SIZE))[:, None] for part in (run.train, run.test)]
        for run in runs
    ]
    for views in (1, 10):
        codes = [[view_codes(trunk, part, views=views, seed=seed) for part in pair] for pair in pictures]
        tables = [Nearest()(drawn[:, None], shown).numpy() for drawn, shown in codes]
        print(f"trained trunk, nearest code, {views} views: error {error(runs, tables):.2f}%", flush=True)
    with torch.no_grad():
        raw = [[trunk(part) for part in pair] for pair in pictures]
        tables = [classifier(drawn[:, None], shown).numpy() for drawn, shown in raw]
    print(f"trained trunk, {type(classifier).__name__.lower()}: error {error(runs, tables):.2f}%", flush=True)
    for learns in ("head", "all"):
        tuned = FineTuning(learns=learns)
        tables = [fine_tune(trunk, drawn[:, None], shown, settings=tuned).numpy() for drawn, shown in pictures]
        print(f"trained trunk, fine-tuned {learns}: error {error(runs, tables):.2f}%", flush=True)


def main() -> None:
    """Measure, train, measure again."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--episodes", type=int, default=3000)
    parser.add_argument("--ways", type=int, default=40)
    parser.add_argument("--classifier", choices=("matching", "prototypes"), default="matching")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save")
    parser.add_argument("--no-baselines", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    runs = load_omniglot_runs()
    if not options.no_baselines:
        baselines(runs)
    if options.episodes:
        trunk, classifier = train(options)
        judge(trunk, classifier, runs, options.seed)
        if options.save:
            trunk.save(options.save, provenance={"data": "omniglot small1 + small2", **vars(options)})


if __name__ == "__main__":
    main()
