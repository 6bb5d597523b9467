"""Sentiment of reviews across four kinds of products, without adaptation and with.

    RLTRANSFER_DATA=... python experiments/images/sentiment.py

Binary uni- and bigrams in at least 5 of the source's reviews, logistic regression with C = 0.1. In-domain figures are
the mean of 5 folds.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

DOMAINS = ("books", "dvd", "electronics", "kitchen")


def reviews(folder: Path) -> tuple[list[str], np.ndarray]:
    """Texts and 1 for positive, 0 for negative."""
    found = [
        re.findall(r"<review>(.*?)</review>", (folder / f"{name}.parsed").read_text(errors="replace"), re.DOTALL)
        for name in ("negative", "positive")
    ]
    return [*found[0], *found[1]], np.repeat([0, 1], [len(found[0]), len(found[1])])


def learner() -> object:
    """Words to sentiment."""
    words = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=5)
    return make_pipeline(words, LogisticRegression(C=0.1, max_iter=1000))


if __name__ == "__main__":
    where = Path(os.environ["RLTRANSFER_DATA"]) / "sentiment"
    data = {name: reviews(where / name) for name in DOMAINS}
    inside, across = [], {}
    for source in DOMAINS:
        texts, labels = data[source]
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        inside.append(100 * cross_val_score(learner(), texts, labels, cv=folds).mean())
        fitted = learner().fit(texts, labels)
        for target in DOMAINS:
            if target != source:
                across[f"{source[0]}-{target[0]}".upper()] = 100 * fitted.score(*data[target])
    print(" ".join(f"{pair} {figure:.1f}" for pair, figure in across.items()))
    print(f"cross-domain mean {np.mean(list(across.values())):.1f}, in-domain mean {np.mean(inside):.1f}")
