"""Latent topics of class descriptions, which stand for attributes where those are unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from rltransfer.errors import ConfigError
from rltransfer.images.zero_shot.inputs import FloatArray

Kind = Literal["nmf", "lda"]
STARTS = 5
"""Starts of latent Dirichlet allocation, the likeliest end of which is taken: one alone often merges two topics."""


def description_topics(
    descriptions: Sequence[str], num_topics: int, *, kind: Kind = "nmf", min_classes: int = 2, seed: int = 0
) -> FloatArray:
    """Class embeddings made of the words that describe the classes.

    Args:
        descriptions: a text for each class, of any length; those of unseen classes belong here, too, since
            descriptions are all that is known of them.
        num_topics: width of the embedding. Few say only what sort of thing a class is; more than half as many as
            there are classes begin to name single classes.
        kind: ``nmf`` factorises tf-idf weights, ``lda`` draws counts of words from a mixture of topics.
        min_classes: words in fewer descriptions are left out: they cannot lead from one class to another.
        seed: of the start.

    Returns:
        (classes, num_topics) shares of the topics, each row of length 1.

    Raises:
        ConfigError: a description without any word that another shares, or more topics than classes or words.

    Source: Blei, Ng & Jordan 2003, "Latent Dirichlet Allocation"; Lee & Seung 1999, "Learning the parts of objects by
    non-negative matrix factorization"; both as scikit-learn has them.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    if isinstance(descriptions, str):
        raise ConfigError("descriptions are one text. Give a list, a text for each class.")
    empty = [k for k, text in enumerate(descriptions) if not isinstance(text, str) or not text.strip()]
    if empty:
        raise ConfigError(f"descriptions[{empty[0]}] is empty or no text. Describe every class, or leave it out.")
    try:
        counts = CountVectorizer(min_df=min_classes, stop_words="english").fit_transform(descriptions)
    except ValueError as error:
        raise ConfigError(f"descriptions: no word stands in {min_classes} of them. Lower min_classes.") from error
    return count_topics(counts.toarray(), num_topics, kind=kind, seed=seed)


def count_topics(counts: ArrayLike, num_topics: int, *, kind: Kind = "nmf", seed: int = 0) -> FloatArray:
    """As ``description_topics``, from (classes, words) counts of words or strengths of attributes, none negative."""
    from sklearn.decomposition import NMF, LatentDirichletAllocation
    from sklearn.feature_extraction.text import TfidfTransformer

    try:
        table = np.asarray(counts, dtype=np.float64)
    except ValueError as error:
        raise ConfigError(f"counts are no numbers ({error}). Texts are for description_topics.") from error
    if table.ndim != 2 or not np.isfinite(table).all() or (table < 0).any():
        raise ConfigError("counts are (classes, words), finite and not negative.")
    if not isinstance(num_topics, int | np.integer) or not 1 <= num_topics <= min(table.shape):
        raise ConfigError(f"{num_topics} topics of {table.shape[0]} classes and {table.shape[1]} words: take fewer.")
    bare = np.flatnonzero(table.sum(axis=1) == 0)
    if len(bare):
        raise ConfigError(f"class {bare[0]} has no word that another class has. Describe it in more common words.")
    if kind == "nmf":
        weights = TfidfTransformer().fit_transform(table).toarray()
        shares = NMF(num_topics, init="nndsvda", random_state=seed, max_iter=2000, tol=1e-4).fit_transform(weights)
    elif kind == "lda":
        starts = [LatentDirichletAllocation(num_topics, random_state=seed + k, max_iter=50) for k in range(STARTS)]
        shares = max((start.fit(table) for start in starts), key=lambda start: start.score(table)).transform(table)
    else:
        raise ConfigError(f"unknown kind of topics {kind!r}. Known: nmf, lda.")
    lengths = np.linalg.norm(shares, axis=1, keepdims=True)
    return cast(FloatArray, shares / np.where(lengths > 0, lengths, 1))
