"""LEEP: how well the source's own classes tell the target's."""

from __future__ import annotations

from typing import Any

import numpy as np

from rltransfer.errors import DataError
from rltransfer.images.choosing.labelled_codes import labelled_codes


def leep(probabilities: Any, labels: Any) -> float:
    """Mean log-likelihood of the target's labels by way of the source's classes; 0 at best.

    Args:
        probabilities: (n, source classes) what the source's classifier says of the target's rows; each row sums to 1.
        labels: (n,) the target's classes.

    Raises:
        DataError: numbers that are no probabilities.

    Source: Nguyen, Hassner, Seeger and Archambeau 2020, "LEEP: A New Measure to Evaluate Transferability of Learned
    Representations", section 3.
    """
    rows, found = labelled_codes(probabilities, labels, what="probabilities")
    if (rows < 0).any() or (np.abs(rows.sum(1) - 1) > 1e-3).any():
        bad = int(((rows < 0).any(1) | (np.abs(rows.sum(1) - 1) > 1e-3)).argmax())
        raise DataError(f"probabilities: row {bad} is negative or does not sum to 1. Give a softmax's outputs.")
    joint = np.zeros((found.max() + 1, rows.shape[1]))
    np.add.at(joint, found, rows / len(rows))
    given = joint / np.maximum(joint.sum(0), 1e-300)  # P(target class | source class)
    return float(np.log((rows * given[found]).sum(1)).mean())
