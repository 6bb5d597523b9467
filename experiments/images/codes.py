"""Ants and bees seen by EfficientNet-Lite0: codes of every stage, what tells the classes apart, and figures of them.

    RLTRANSFER_DATA=... python experiments/images/codes.py OUT [--data hymenoptera] [--side 224]

Prints the accuracy on the data's own test part of the nearest neighbour in code space and of a linear probe, and the
separation of the classes at each stage; writes ``map.png``, ``neighbours.png`` and a folder for TensorBoard's projector
into OUT. Codes are kept in OUT/cache, so that a second call computes none.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from rltransfer.images.codes import codes_of
from rltransfer.images.codes_map import draw_map, map_codes
from rltransfer.images.codes_neighbours import knn_predict, neighbours
from rltransfer.images.codes_probe import linear_probe
from rltransfer.images.codes_projector import write_projector
from rltransfer.images.codes_retrieval import draw_retrieval
from rltransfer.images.data import Folders
from rltransfer.registry import TRUNKS
from rltransfer.settings import parse


def main() -> None:
    """Compute, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", default="hymenoptera")
    parser.add_argument("--side", type=int, default=224)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trunk = parse(TRUNKS.get("efficientnet_lite0"), {"weights": "imagenet"}).build((3, options.side, options.side))
    train, test = Folders(path=options.data).train_test()
    stages, cache = trunk.stage_names, options.out / "cache"
    start = time.perf_counter()
    learned = codes_of(trunk, train, cache=cache)
    asked = codes_of(trunk, test, stages=stages, cache=cache)
    seconds = time.perf_counter() - start
    print(f"{len(train)} + {len(test)} images, {trunk.precision}, {seconds:.1f} s, key {asked.key[:12]}")
    for metric in ("cosine", "euclidean"):
        predicted = knn_predict(learned.features, train.labels, asked.features, count=1, metric=metric)
        print(f"1-NN, {metric}: {100 * (predicted == test.labels).mean():.1f}")
    probe = linear_probe(learned.features, train.labels)
    print(f"linear probe: {100 * probe.score(asked.features, test.labels):.1f}")
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
