"""Images a second from pictures to codes, the second use of kept codes, and a linear probe on them.

    taskset -c 0 python benchmarks/codes.py --threads 1 [--repeats N]

Peer: a bare torch loop over the same trunk in inference mode, over the same batches in the same arithmetic, of pixels
that lie in memory as the trunk takes them. Photographs cost their scaling, too: a line of its own. ``second use``
begins anew: it hashes weights and images, and reads every number of the codes that were kept.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import measuring
import numpy as np
import torch

from rltransfer.images.codes import codes_of, linear_probe
from rltransfer.images.data import ImageSet
from rltransfer.registry import TRUNKS
from rltransfer.settings import parse
from rltransfer.trunks import Trunk
from rltransfer.trunks.preprocessing import AS_STORED, Preprocessing

BATCH = 32
TRUNKS_MEASURED = (("impala", 64, 1024), ("efficientnet_lite0", 224, 64))
"""Name, pixels a side, images."""


def noise(count: int, side: int, seed: int = 0) -> ImageSet:
    """``count`` pictures of noise."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    return ImageSet(labels=np.arange(count) % 2, class_names=("even", "odd"), images=pixels)


def bare_loop(trunk: Trunk, data: ImageSet) -> Callable[[], float]:
    """Work: every batch through the trunk, and its features kept."""
    pixels = torch.from_numpy(np.array(data.images).transpose(0, 3, 1, 2).copy())

    def work() -> float:
        trunk.eval()
        with torch.inference_mode():
            kept = [trunk(batch) for batch in pixels.split(BATCH)]
        torch.cat(kept)
        return float(len(data))

    return work


def computing(trunk: Trunk, data: ImageSet, preprocessing: Preprocessing = AS_STORED) -> Callable[[], float]:
    """Work: codes of every image, hashed, computed and kept on disk."""

    def work() -> float:
        with tempfile.TemporaryDirectory() as cache:
            codes_of(trunk, forgotten(data), batch_size=BATCH, cache=cache, preprocessing=preprocessing)
        return float(len(data))

    return work


def forgotten(data: ImageSet) -> ImageSet:
    """The same images in a set whose hash is not known yet."""
    return data.take(np.arange(len(data)))


def second_use(trunk: Trunk, data: ImageSet) -> tuple[float, float]:
    """Seconds of the first use of codes and of the second."""
    with tempfile.TemporaryDirectory() as cache:
        seconds = []
        for _ in range(2):
            again = forgotten(data)
            start = time.perf_counter()
            codes = codes_of(trunk, again, batch_size=BATCH, cache=Path(cache), preprocessing=AS_STORED)
            float(codes.features.sum())
            seconds.append(time.perf_counter() - start)
    return seconds[0], seconds[1]


def probing() -> float:
    """Seconds of a linear probe of 5,000 x 1,280 codes, 10 classes, half of which overlap."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 5000)
    codes = (rng.normal(size=(5000, 1280)) + rng.normal(size=(10, 1280))[labels] / 8).astype(np.float32)
    start = time.perf_counter()
    linear_probe(codes, labels)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    options = measuring.arguments(__doc__ or "")
    print(measuring.machine())
    print(f"batches of {BATCH}\n")
    for name, side, count in TRUNKS_MEASURED:
        trunk: Trunk = parse(TRUNKS.get(name), {}).build((3, side, side))
        data = noise(count, side)
        arms = {"codes": computing(trunk, data), "bare torch loop": bare_loop(trunk, data)}
        if trunk.spec.preprocessing.size is not None:
            arms["codes of pictures scaled and cut"] = computing(trunk, data, trunk.spec.preprocessing)
        rates = measuring.in_turn(arms, options.repeats)
        print(f"{name}, {count} images of {side} x {side}, {trunk.precision}")
        measuring.show(rates, "images/s")
        print(f"codes / bare torch loop: {measuring.ratio(rates['codes'], rates['bare torch loop']):.0%}")
        uses = [second_use(trunk, data) for _ in range(options.repeats)]
        first, second = (statistics.median(seconds) for seconds in zip(*uses, strict=True))
        times = statistics.median(first / second for first, second in uses)
        print(f"first use {first:.3f} s, second use {second:.4f} s: {times:.0f}x faster\n")
    seconds = [probing() for _ in range(options.repeats)]
    spread = f"(min {min(seconds):.2f}, max {max(seconds):.2f})"
    print(f"linear probe, 5,000 x 1,280 codes, 10 classes: {statistics.median(seconds):.2f} s  {spread}")


if __name__ == "__main__":
    main()
