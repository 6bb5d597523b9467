"""Adaptation between the four domains of Office-Caltech, SURF histograms, all rows to all rows, no target labels.

    RLTRANSFER_DATA=... python experiments/images/office_caltech.py [method ...]

Rows are scaled to sum 1 and standardised within their domain, as in Gong et al. 2012.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from rltransfer.images.adaptation import CORAL, JDA, TCA, NoAdaptation, SubspaceAlignment
from rltransfer.images.adaptation.pairs import all_pairs, table
from rltransfer.images.data import Matlab

FILES = {"caltech": "caltech10", "amazon": "amazon", "webcam": "webcam", "dslr": "dslr"}
ORDER = [
    tuple({name[0]: name for name in FILES}[letter] for letter in pair)
    for pair in ("ca", "cw", "cd", "ac", "aw", "ad", "wc", "wa", "wd", "dc", "da", "dw")
]
METHODS = {
    "1-NN": NoAdaptation(),
    "subspace alignment, 1-NN": SubspaceAlignment(),
    "CORAL, 1-NN": CORAL(estimator=KNeighborsClassifier(1)),
    "TCA, 1-NN": TCA(),
    "JDA, 1-NN": JDA(),
    "linear SVC": NoAdaptation(SVC(kernel="linear")),
    "CORAL, linear SVC": CORAL(),
}


def domains(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Name to (rows, labels)."""
    found = {}
    for name, file in FILES.items():
        held = Matlab(path=str(folder / f"{file}.mat")).load()
        rows = held.features / held.features.sum(axis=1, keepdims=True)
        spread = rows.std(axis=0)
        found[name] = (rows - rows.mean(axis=0)) / np.where(spread > 0, spread, 1.0), held.labels
    return found


if __name__ == "__main__":
    chosen = {name: METHODS[name] for name in sys.argv[1:] or METHODS}
    where = Path(os.environ["RLTRANSFER_DATA"]) / "office_caltech" / "surf"
    print(table(all_pairs(domains(where), chosen, order=ORDER)))
