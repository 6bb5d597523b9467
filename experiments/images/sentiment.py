"""Sentiment of reviews across four kinds of products, without adaptation and with.

    RLTRANSFER_DATA=... python experiments/images/sentiment.py

Binary uni- and bigrams in at least 5 of the source's reviews, logistic regression with C = 0.1. In-domain figures are
the mean of 5 folds.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from rltransfer.images.data.sentiment import Sentiment
from rltransfer.images.data.words import word_counts

DOMAINS = ("books", "dvd", "electronics", "kitchen")


def learner() -> LogisticRegression:
    """Words to sentiment."""
    return LogisticRegression(C=0.1, max_iter=1000)


if __name__ == "__main__":
    where = Path(os.environ["RLTRANSFER_DATA"]) / "sentiment"
    data = {name: Sentiment(path=str(where / name)).load() for name in DOMAINS}
    inside, across = [], {}
    for source in DOMAINS:
        others = [name for name in DOMAINS if name != source]
        rows, *seen = word_counts([data[source]], *(data[name] for name in others))
        labels = data[source].labels
        fitted = learner().fit(rows, labels)
        for target, found in zip(others, seen, strict=True):
            across[f"{source[0]}-{target[0]}".upper()] = 100 * fitted.score(found, data[target].labels)
        print(" ".join(f"{pair} {figure:.1f}" for pair, figure in list(across.items())[-3:]), flush=True)
        for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(labels, labels):
            known, unseen = word_counts([data[source].take(train)], data[source].take(test))
            inside.append(100 * learner().fit(known, labels[train]).score(unseen, labels[test]))
    print(f"cross-domain mean {np.mean(list(across.values())):.1f}, in-domain mean {np.mean(inside):.1f}")
