"""Texts as rows of numbers: which words and pairs of words occur."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rltransfer.errors import DataError
from rltransfer.images.data.sets import TextSet


def word_counts(
    learned_from: Sequence[TextSet], *others: TextSet, longest: int = 2, min_texts: int = 5
) -> tuple[Any, ...]:
    """Whether each known sequence of words occurs in each text.

    Args:
        learned_from: texts whose sequences are known.
        others: further texts; sequences that ``learned_from`` lacks are passed over.
        longest: words in a sequence, at most.
        min_texts: texts of ``learned_from`` that a sequence must occur in.

    Returns:
        A scipy sparse matrix (texts, sequences) of zeros and ones, for each of ``learned_from`` and ``others``.

    Raises:
        DataError: no sequence occurs in so many texts.

    Source: the features of Blitzer et al. 2007, section 3.1 (unigrams and bigrams); ``min_texts`` is own choice.
    """
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(ngram_range=(1, longest), min_df=min_texts, binary=True, dtype=float)
    try:
        vectorizer.fit([text for part in learned_from for text in part.texts])
    except ValueError as error:
        raise DataError(f"no sequence of words occurs in {min_texts} texts or more. Lower min_texts.") from error
    return tuple(vectorizer.transform(part.texts) for part in (*learned_from, *others))
