"""Defects across software projects: pairs of the same metrics, and projects of different ones.

    RLTRANSFER_DATA=... python experiments/images/defects.py [same | different]

`same`: JURECZKO's releases of 100 rows or more and 5 or more of each class, every release to every release of another
project, logistic regression of standardised metrics. `different`: AEEEM and RELINK, whose metrics differ, matched by
distribution, both ways; the area under the ROC curve beside that of the target's own 5-fold cross-validation.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rltransfer.errors import NotApplicableError
from rltransfer.images.adaptation import MatchedMetrics
from rltransfer.images.data import Table

LABELS = {"AEEEM": "bugs", "RELINK": "isDefective"}


def learner() -> object:
    """Metrics to defects."""
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))


def same(where: Path) -> None:
    """Releases whose metrics are the same."""
    releases = {}
    for path in sorted((where / "JURECZKO").glob("*/*.csv")):
        held = Table(path=str(path), leave_out=("name", "version"), positive_above=0).load()
        labels = (
            (held.labels == held.class_names.index("yes")).astype(int) if "yes" in held.class_names else held.labels * 0
        )
        if len(labels) >= 100 and 5 <= labels.sum() <= len(labels) - 5:
            releases[path.parent.name, path.stem] = held.features, labels
    found = []
    for source, (rows, labels) in releases.items():
        fitted = learner().fit(rows, labels)
        for target, (others, truth) in releases.items():
            if source[0] != target[0]:
                guesses = fitted.predict(others)
                scores = [
                    measure(truth, guesses, zero_division=0) for measure in (precision_score, recall_score, f1_score)
                ]
                area = roc_auc_score(truth, fitted.predict_proba(others)[:, 1])
                found.append([*scores, (guesses == truth).mean(), area])
    precision, recall, f1, accuracy, area = np.array(found).T
    strict = ((precision > 0.75) & (recall > 0.75) & (accuracy > 0.75)).mean()
    print(f"{len(releases)} releases, {len(found)} pairs; all > 0.75: {100 * strict:.2f}%;", end=" ")
    print(f"recall > 0.7 and precision > 0.5: {100 * ((recall > 0.7) & (precision > 0.5)).mean():.2f}%;", end=" ")
    print(f"mean F1 {f1.mean():.3f}, AUC {area.mean():.3f}")


def different(where: Path) -> None:
    """Projects whose metrics differ."""
    groups = {
        group: {
            path.parent.name: Table(path=str(path), label=label).load()
            for path in sorted((where / group).glob("*/*.arff"))
        }
        for group, label in LABELS.items()
    }
    areas, unmatched = [], 0
    for ours, theirs in (("AEEEM", "RELINK"), ("RELINK", "AEEEM")):
        for target, held in groups[theirs].items():
            folds = StratifiedKFold(5, shuffle=True, random_state=0)
            own = cross_val_score(learner(), held.features, held.labels, cv=folds, scoring="roc_auc").mean()
            for source, known in groups[ours].items():
                try:
                    fitted = MatchedMetrics().fit(known.features, known.labels, held.features)
                except NotApplicableError:
                    unmatched += 1
                    continue
                areas.append((roc_auc_score(held.labels, fitted.predict_proba(held.features)[:, 1]), own))
                print(f"{source} -> {target}: {len(fitted.pairs_)} matched, AUC {areas[-1][0]:.3f}, own {own:.3f}")
    print(f"{len(areas)} pairs, {unmatched} without a match; mean AUC {np.mean(areas, axis=0).round(3).tolist()}")


if __name__ == "__main__":
    folder = Path(os.environ["RLTRANSFER_DATA"]) / "defects"
    for name in sys.argv[1:] or ("same", "different"):
        {"same": same, "different": different}[name](folder)
