"""What a trained agent's trunk sees: linear probes of each stage on labelled frames, beside the same trunk untrained.

    rltransfer run configs/sources/rover.yaml
    python experiments/images/probing.py runs/source-rover/source/seed-* [--frames 2000] [--labels x goal_x]
        [--stages conv3 fc] [--csv OUT.csv]

Frames are of random play, not of the agent's. Each is labelled by what the family knows of it: a colour (which
palette), positions (the robot's and the goal's x), and a relation (the goal's direction from the robot). Test frames
come from other episodes. A probe is logistic regression on standardised codes, averaged over 4 x 4 parts of a stage's
maps; pixels are averaged over 16 x 16 parts. Prints the mean accuracy in percent over agents, and the difference that
training made with its 95% t interval.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

import rltransfer as rlt
from rltransfer.images.codes import codes_of, linear_probe
from rltransfer.images.data import Frames, ImageSet
from rltransfer.metrics.student_t import t_interval
from rltransfer.trunks.trunk import Trunk

LABELS = {"palette": "colour", "x": "position", "goal_x": "position", "goal_bearing": "relation"}
"""What is asked of frames, and what kind of thing it is."""
BINS = 8
COPIES = 50
"""Episodes at a time that training frames come from, and as many others that test frames do."""


def probed(trunk: Trunk, train: ImageSet, test: ImageSet, stages: Sequence[str] | None) -> dict[str, float]:
    """Accuracy in percent on ``test`` of a probe of each of the stages; of all where None."""
    stages = trunk.stage_names if stages is None else stages
    learned, asked = (codes_of(trunk, part, stages=stages).stages for part in (train, test))
    return {
        stage: 100 * linear_probe(learned[stage], train.labels).score(asked[stage], test.labels) for stage in stages
    }


def pixels(data: ImageSet) -> np.ndarray:
    """(n, 768) means of 4 x 4 pixels of each colour."""
    images = np.stack(list(data.images)).astype(np.float32)
    count, height, width, channels = images.shape
    return images.reshape(count, height // 4, 4, width // 4, 4, channels).mean(axis=(2, 4)).reshape(count, -1)


def main() -> None:
    """Probe and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("agents", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--labels", nargs="+", choices=list(LABELS), default=list(LABELS))
    parser.add_argument("--stages", nargs="+")
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    trained = [rlt.load_trunk(folder) for folder in options.agents]
    untrained = []
    for seed, trunk in enumerate(trained):
        torch.manual_seed(1_000 + seed)
        untrained.append(trunk.spec.build(trunk.input_shape))
    rows = ["label,stage,agent,trained,untrained"]
    start = time.perf_counter()
    for label in options.labels:
        spec = Frames(family="rover", label=label, bins=BINS, frames=options.frames, copies=COPIES)
        train, test = spec.train_test()
        assert isinstance(train, ImageSet)
        assert isinstance(test, ImageSet)
        chance = 100 * np.bincount(test.labels).max() / len(test)
        seen = 100 * linear_probe(pixels(train), train.labels).score(pixels(test), test.labels)
        asked = f"{label} ({LABELS[label]}), {len(train.class_names)} classes, most frequent {chance:.1f}"
        print(f"{asked}, pixels {seen:.1f}, {len(train)} + {len(test)} frames", flush=True)
        after, before = (
            [probed(trunk, train, test, options.stages) for trunk in trunks] for trunks in (trained, untrained)
        )
        for stage in after[0]:
            pairs = np.array([[one[stage], other[stage]] for one, other in zip(after, before, strict=True)])
            rows += [f"{label},{stage},{k},{one:.2f},{other:.2f}" for k, (one, other) in enumerate(pairs)]
            told = f"  {stage}: trained {pairs[:, 0].mean():.1f}, untrained {pairs[:, 1].mean():.1f}"
            if len(pairs) > 1:
                gain = t_interval(pairs[:, 0] - pairs[:, 1])
                told += f", difference {gain.point:+.1f} [{gain.low:+.1f}, {gain.high:+.1f}]"
            print(told, flush=True)
    print(f"{len(trained)} agents, {time.perf_counter() - start:.0f} s")
    if options.csv:
        options.csv.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
