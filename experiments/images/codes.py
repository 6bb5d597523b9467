"""Pictures seen by EfficientNet-Lite0: codes of every stage, what tells the classes apart, and figures of them.

    RLTRANSFER_DATA=... python experiments/images/codes.py OUT [--data hymenoptera] [--side 224] [--per-class N]
    RLTRANSFER_DATA=... python experiments/images/codes.py OUT --format npz --data cifar10_small/cifar10_small.npz \
        --side 160 --crop 1 --per-class 100 [--first]

Prints the accuracy on the data's own test part of the nearest neighbour in code space, of a linear probe, which
standardises codes, and of logistic regression on the codes as they are (both C = 1) and on codes of unit length (C 10),
and the separation of the classes at each stage; writes ``map.png``, ``neighbours.png`` and a folder for TensorBoard's
projector into OUT. Codes are kept in OUT/cache, so that a second call computes none.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from rltransfer.images.codes import (
    codes_of,
    draw_map,
    draw_retrieval,
    knn_predict,
    linear_probe,
    map_codes,
    neighbours,
    write_projector,
)
from rltransfer.registry import IMAGE_DATA, TRUNKS
from rltransfer.settings import parse


def first_of_each(labels: np.ndarray, count: int | None) -> np.ndarray:
    """(m,) places of the first ``count`` examples of each class, or of all."""
    return np.concatenate([np.flatnonzero(labels == label)[:count] for label in np.unique(labels)])


def main() -> None:
    """Compute, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--format", choices=("folders", "npz"), default="folders")
    parser.add_argument("--data", default="hymenoptera", help="its path, below RLTRANSFER_DATA")
    parser.add_argument("--side", type=int, default=224, help="pixels that the trunk takes")
    parser.add_argument("--crop", type=float, help="share of a side that is kept; the trunk's own where left out")
    parser.add_argument("--per-class", type=int, help="examples of each class to learn from, drawn with seed 0")
    parser.add_argument("--first", action="store_true", help="the first examples of each class in place of drawn ones")
    options = parser.parse_args()
    torch.set_num_threads(1)
    trunk = parse(TRUNKS.get("efficientnet_lite0"), {"weights": "imagenet"}).build((3, options.side, options.side))
    data = parse(IMAGE_DATA.get(options.format), {"path": options.data})
    train, test = data.train_test(per_class="all" if options.first else options.per_class or "all")
    if options.first:
        train = train.take(first_of_each(train.labels, options.per_class))
    stages, cache = trunk.stage_names, options.out / "cache"
    start = time.perf_counter()
    own = trunk.spec.preprocessing
    seen = dataclasses.replace(own, crop=options.crop or own.crop)
    learned = codes_of(trunk, train, preprocessing=seen, cache=cache)
    asked = codes_of(trunk, test, stages=stages, preprocessing=seen, cache=cache)
    seconds = time.perf_counter() - start
    print(f"{len(train)} + {len(test)} images, {trunk.precision}, {seconds:.1f} s, key {asked.key[:12]}")
    for metric in ("cosine", "euclidean"):
        predicted = knn_predict(learned.features, train.labels, asked.features, count=1, metric=metric)
        print(f"1-NN, {metric}: {100 * (predicted == test.labels).mean():.1f}")
    probe = linear_probe(learned.features, train.labels)
    print(f"linear probe: {100 * probe.score(asked.features, test.labels):.1f}")
    plain = LogisticRegression(max_iter=1000).fit(learned.features, train.labels)
    print(f"logistic regression: {100 * plain.score(asked.features, test.labels):.1f}")
    unit = LogisticRegression(C=10, max_iter=1000).fit(normalize(learned.features), train.labels)
    print(f"logistic regression, unit length: {100 * unit.score(normalize(asked.features), test.labels):.1f}")
    mapped = map_codes(asked, test)
    for stage, share in mapped.separation.items():
        print(f"separation at {stage}: {100 * share:.1f} (chance {100 * mapped.chance:.1f})")
    draw_map(mapped, test, options.out / "map.png")
    queries = test.take(range(0, len(test), len(test) // 8))
    nearest, _ = neighbours(learned.features, asked.features[:: len(test) // 8], count=6)
    draw_retrieval(options.out / "neighbours.png", queries, train, nearest)
    write_projector(options.out / "projector", asked, test)


if __name__ == "__main__":
    main()
