"""Adaptation between the four domains of Office-Caltech, all rows to all rows, no target labels.

    RLTRANSFER_DATA=... python experiments/images/office_caltech.py [--features surf lite0] [--methods 1-NN TCA ...]
        [--cache DIR] [--choose]

`surf`: histograms of 800 words; rows are scaled to sum 1 and standardised within their domain, as in Gong et al. 2012.
`lite0`: the photographs as codes of EfficientNet-Lite0 with ImageNet's weights (224 pixels a side); kept in
--cache for a second call.

With --choose, the number of dimensions of subspace alignment is chosen for each pair by importance-weighted validation,
which sees no target label, and set beside the oracle, which sees them all.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from rltransfer.images.adaptation import CORAL, JDA, TCA, NoAdaptation, SubspaceAlignment
from rltransfer.images.adaptation.pairs import all_pairs, chosen_pairs, table
from rltransfer.images.codes import codes_of
from rltransfer.images.data import Folders, Matlab
from rltransfer.registry import TRUNKS
from rltransfer.settings import parse

FILES = {"caltech": "caltech10", "amazon": "amazon", "webcam": "webcam", "dslr": "dslr"}
ORDER = [
    tuple({name[0]: name for name in FILES}[letter] for letter in pair)
    for pair in ("ca", "cw", "cd", "ac", "aw", "ad", "wc", "wa", "wd", "dc", "da", "dw")
]
METHODS = {
    "1-NN": NoAdaptation(),
    "cosine 1-NN": NoAdaptation(KNeighborsClassifier(1, metric="cosine")),
    "logistic regression": NoAdaptation(LogisticRegression(max_iter=1000)),
    "subspace alignment, 1-NN": SubspaceAlignment(),
    "CORAL, 1-NN": CORAL(estimator=KNeighborsClassifier(1)),
    "TCA, 1-NN": TCA(),
    "JDA, 1-NN": JDA(),
    "linear SVC": NoAdaptation(SVC(kernel="linear")),
    "CORAL, linear SVC": CORAL(),
}
TO_CHOOSE_FROM = {f"{count} dimensions": SubspaceAlignment(num_components=count) for count in (10, 20, 40, 80)}
Domains = dict[str, tuple[np.ndarray, np.ndarray]]
"""Name to (rows, labels)."""


def surf(folder: Path, cache: Path | None) -> Domains:
    """The histograms."""
    found = {}
    for name, file in FILES.items():
        held = Matlab(path=str(folder / "surf" / f"{file}.mat")).load()
        rows = held.features / held.features.sum(axis=1, keepdims=True)
        spread = rows.std(axis=0)
        found[name] = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0), held.labels
    return found


def lite0(folder: Path, cache: Path | None) -> Domains:
    """The photographs' codes."""
    trunk = parse(TRUNKS.get("efficientnet_lite0"), {"weights": "imagenet"}).build((3, 224, 224))
    found = {}
    for name, file in FILES.items():
        photographs = Folders(path=str(folder / "images" / file)).load()
        found[name] = np.asarray(codes_of(trunk, photographs, cache=cache).features, np.float64), photographs.labels
    return found


FEATURES: dict[str, Callable[[Path, Path | None], Domains]] = {"surf": surf, "lite0": lite0}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", nargs="+", choices=FEATURES, default=list(FEATURES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--choose", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    chosen = {name: METHODS[name] for name in options.methods}
    where = Path(os.environ["RLTRANSFER_DATA"]) / "office_caltech"
    for name in options.features:
        domains = FEATURES[name](where, options.cache)
        if options.choose:
            tried = [
                *all_pairs(domains, TO_CHOOSE_FROM, order=ORDER),
                *chosen_pairs(domains, TO_CHOOSE_FROM, order=ORDER),
            ]
            print(f"{name}\n{table(tried)}\n")
        else:
            print(f"{name}\n{table(all_pairs(domains, chosen, order=ORDER))}\n")
