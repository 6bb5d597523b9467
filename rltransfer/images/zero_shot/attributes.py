"""Attributes that are there or not, and how classes are told from the probabilities of them."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from rltransfer.errors import ConfigError
from rltransfer.images.zero_shot.inputs import FloatArray


class BinaryAttributes:
    """Class descriptions as zeros and ones, for the attributes in which seen classes differ.

    What is 0 or 1 already stays. Strengths are cut at the mean of the seen classes' whole table, as the binary
    attributes of Animals with Attributes are. An attribute that all seen classes share, or all lack, cannot be learned
    from them and is left out.

    Args:
        S: (seen classes, attributes).

    Raises:
        ConfigError: no attribute in which the classes differ.
    """

    def __init__(self, S: FloatArray) -> None:
        is_binary = np.array_equal(S, S.astype(bool))
        self.cut = 0.5 if is_binary else float(S.mean())
        table = np.greater(S, self.cut)
        self.used: NDArray[np.int64] = np.flatnonzero(table.any(axis=0) & ~table.all(axis=0))
        if not len(self.used):
            raise ConfigError("S: no attribute tells any two seen classes apart. Describe what they differ in.")
        self.seen = cast(FloatArray, table[:, self.used].astype(np.float64))

    def of(self, descriptions: FloatArray) -> FloatArray:
        """(descriptions, used attributes) zeros and ones."""
        return cast(FloatArray, (descriptions[:, self.used] > self.cut).astype(np.float64))


def attribute_scores(
    present: FloatArray, absent: FloatArray, wanted: FloatArray, priors: FloatArray | None
) -> FloatArray:
    """Log-posterior of each class, up to a constant, from independent attributes.

    Args:
        present: (images, attributes) log-probability that an attribute is there.
        absent: (images, attributes) that it is not.
        wanted: (classes, attributes) 1 where a class has it, else 0.
        priors: (attributes,) share of classes that have it; None for one half, which cancels.

    Source: Lampert, Nickisch & Harmeling 2014, "Attribute-Based Classification for Zero-Shot Visual Object
    Categorization", section 3.
    """
    scores = present @ wanted.T + absent @ (1 - wanted.T)
    if priors is not None:
        scores = scores - (wanted @ np.log(priors) + (1 - wanted) @ np.log1p(-priors))
    return cast(FloatArray, scores)
