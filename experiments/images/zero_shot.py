"""Zero-shot recognition of animals: every method, its constants chosen on held-out seen classes.

    RLTRANSFER_DATA=... python experiments/images/zero_shot.py [--methods eszsl sae] [--splits original]

Features are five hand-made histograms an image, scaled by the seen classes' mean and deviation. ``original`` is the
40/10 split of Lampert et al.; ``proposed`` is that of Xian et al., with the generalised setting. Prints a line a
method as soon as it is measured.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from rltransfer.images.data.attribute_splits import load_attribute_splits
from rltransfer.images.data.paths import located_file
from rltransfer.images.zero_shot import (
    DAP,
    ESZSL,
    IAP,
    SAE,
    SSE,
    Association,
    Calibrated,
    StructuredDictionary,
    ZeroShotMethod,
    accuracy,
    choose_constant,
    count_topics,
    generalised,
    per_class_accuracy,
    select,
)

HISTOGRAMS = ("phog", "lss", "surf", "sift", "rgsift")
TOPICS = 20
LOGISTIC = {"C": [1e-3, 1e-2, 1e-1]}
RIDGES = {"gamma": [1e1, 1e2, 1e3, 1e4, 1e5, 1e6], "lamda": [1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3]}


@dataclass(frozen=True)
class Entry:
    """A method, the settings tried of it, which descriptions it reads, and images a class it is chosen with."""

    method: ZeroShotMethod
    grid: dict[str, list[Any]]
    descriptions: str = "strengths"
    per_class: int | None = None


ENTRIES = {
    "dap": Entry(DAP(max_iter=60), LOGISTIC, "binary", 200),
    "iap": Entry(IAP(max_iter=60), LOGISTIC, "binary", 200),
    "eszsl": Entry(ESZSL(), RIDGES),
    "sae": Entry(SAE(), {"lamda": [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6], "side": ["attributes", "features"]}),
    "sse": Entry(SSE(), {"C": [1e0, 1e2, 1e4], "spread": [0.01, 0.1]}, "strengths", 50),
    "dictionary": Entry(
        StructuredDictionary(), {"num_atoms": [10, 20, 40], "within": [1.0, 10.0, 100.0], "balance": [10.0]}
    ),
    "association": Entry(Association(max_iter=60), {"C": [1e-2, 1e-1, 1e0]}, "strengths", 200),
    "eszsl-topics": Entry(ESZSL(), RIDGES, "topics"),
}


@dataclass(frozen=True)
class Split:
    """Which images are learned from and judged by, and which classes are seen; ``test_seen`` may be empty."""

    train: np.ndarray
    test_seen: np.ndarray
    test_unseen: np.ndarray
    seen: list[int]
    unseen: list[int]


def load() -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], dict[str, Split]]:
    """Features, labels, class descriptions by kind, splits by name."""
    with np.load(located_file("zero_shot/AWA1/awa1_hist_pca.npz"), allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    X = np.concatenate([data[name].astype(np.float32) for name in HISTOGRAMS], axis=1)
    y, names = data["y"].astype(np.int64), list(data["classes"])
    seen, unseen = (sorted(names.index(name) for name in data[part]) for part in ("train", "test"))
    is_seen = np.isin(y, seen)
    original = Split(np.flatnonzero(is_seen), np.empty(0, dtype=int), np.flatnonzero(~is_seen), seen, unseen)

    published = load_attribute_splits("zero_shot/AWA1/att_splits.mat")
    # The benchmark counts images in the alphabetical order of their classes. Which image of a class is held out is
    # drawn at random there, so that the order within a class does not matter.
    order = np.argsort(np.asarray(names)[y], kind="stable")
    rows = np.array([published.class_names.index(name) for name in names])
    known, others = published.check_labels(rows[y][order])
    proposed = Split(
        order[published.trainval],
        order[published.test_seen],
        order[published.test_unseen],
        *([names.index(published.class_names[c]) for c in classes] for classes in (known, others)),
    )
    strengths = published.attributes[rows]
    descriptions = {
        "binary": data["attr_bin"].astype(np.float64),
        "strengths": strengths,
        "topics": count_topics(np.maximum(strengths, 0), TOPICS),
    }
    return X, y, descriptions, {"original": original, "proposed": proposed}


def measure(entry: Entry, X: np.ndarray, y: np.ndarray, S: np.ndarray, split: Split) -> str:
    """A row of the table: accuracies in percent, and the settings."""
    start = time.perf_counter()
    train = X[split.train]
    mean, deviation = train.mean(axis=0), train.std(axis=0)
    train, labels = (train - mean) / deviation, y[split.train]
    common = {"seen": split.seen, "max_per_class": entry.per_class, "seed": 0}
    chosen = select(entry.method, entry.grid, train, labels, S, **common)
    method = chosen.method.fit(train, labels, S, seen=split.seen, unseen=split.unseen)
    images, truth = (X[split.test_unseen] - mean) / deviation, y[split.test_unseen]
    predicted = method.predict(images)
    cells = [100 * accuracy(truth, predicted), 100 * per_class_accuracy(truth, predicted)]
    if len(split.test_seen):
        images = np.concatenate([images, (X[split.test_seen] - mean) / deviation])
        truth = np.concatenate([truth, y[split.test_seen]])
        constant = choose_constant(chosen.method, train, labels, S, **common)
        for judged in (method, Calibrated(method, constant)):
            found = generalised(judged, images, truth, seen=split.seen, unseen=split.unseen)
            cells += [100 * found.seen, 100 * found.unseen, 100 * found.harmonic]
    settings = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in sorted(chosen.settings.items())
    )
    seconds = time.perf_counter() - start
    return " | ".join([*(f"{cell:.1f}" for cell in cells), settings, f"{seconds:.0f}"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--methods", nargs="+", choices=ENTRIES, default=list(ENTRIES))
    parser.add_argument("--splits", nargs="+", choices=("original", "proposed"), default=["original", "proposed"])
    options = parser.parse_args()
    for name in ("AWA1", "AWA2", "SUN", "APY"):
        splits = load_attribute_splits(f"zero_shot/{name}/att_splits.mat")
        classes, attributes = splits.attributes.shape
        print(f"{name}: {classes} classes x {attributes} attributes, {splits.num_images:,} images")
    X, y, descriptions, kinds = load()
    for name in options.splits:
        head = ["method", "images", "per class"]
        if name == "proposed":
            head += ["seen", "unseen", "harmonic", "seen, calibrated", "unseen", "harmonic"]
        head += ["settings", "s"]
        print(f"\n{name}\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
        for method in options.methods:
            entry = ENTRIES[method]
            print(f"| {method} | {measure(entry, X, y, descriptions[entry.descriptions], kinds[name])} |", flush=True)


if __name__ == "__main__":
    main()
