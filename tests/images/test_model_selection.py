"""Importance-weighted validation chooses what is best on the target without its labels; the oracle looks."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from rltransfer.errors import DataError
from rltransfer.images.adaptation import (
    CORAL,
    NoAdaptation,
    TrAdaBoost,
    chosen_pairs,
    importance_weighted_validation,
    oracle,
    table,
)
from rltransfer.images.adaptation.pairs import CHOSEN, ORACLE, Pair


class Threshold(LogisticRegression):
    """Says 1 right of ``C``: a classifier that learns nothing."""

    def fit(self, rows, labels, sample_weight=None):
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, rows):
        return (rows[:, 0] > self.C).astype(int)


class Between(Threshold):
    """Says 1 between ``C`` and 2: wrong to the left, right to the right."""

    def predict(self, rows):
        return ((rows[:, 0] > self.C) & (rows[:, 0] < 2)).astype(int)


CANDIDATES = [NoAdaptation(Threshold(C=-1.0)), NoAdaptation(Threshold(C=2.0))]


def shifted(rows=400):
    """The class is 1 between -1 and 2. The source lies at its left end, the target at its right."""
    draws = np.random.default_rng(0)
    source, target = draws.normal(0, 1.2, size=(rows, 1)), draws.normal(2.2, 0.6, size=(rows, 1))
    label = lambda at: ((at[:, 0] > -1) & (at[:, 0] < 2)).astype(int)  # noqa: E731
    return source, label(source), target, label(target)


def test_the_weighted_errors_by_hand():
    """Four rows; a threshold at -1 is wrong on the last alone, whose weight is 3 of 6."""
    rows, labels = np.array([[-2.0], [0.0], [-3.0], [3.0]]), np.array([0, 1, 0, 0])
    rows, labels = np.concatenate([rows, rows[1:2]]), np.append(labels, 1)
    found = importance_weighted_validation(
        CANDIDATES[:1], rows, labels, rows, folds=2, weights=[1.0, 0.5, 1.0, 3.0, 0.5]
    )
    assert found.errors == (pytest.approx(3 / 6),)
    assert found.effective_sample_size == pytest.approx(36 / (1 + 0.25 + 1 + 9 + 0.25))


def test_weights_change_the_choice_to_the_targets():
    """What errs on the left of the source alone loses unweighted, and is right where the target lies."""
    rows, labels, target, truth = shifted()
    candidates = [NoAdaptation(Threshold(C=-1.0)), NoAdaptation(Between(C=1.0))]
    plain = importance_weighted_validation(candidates, rows, labels, target, weights=np.ones(400))
    weighted = importance_weighted_validation(candidates, rows, labels, target)
    exact = np.exp(-((rows[:, 0] - 2.2) ** 2) / 0.72 + rows[:, 0] ** 2 / 2.88) * 2
    known = importance_weighted_validation(candidates, rows, labels, target, weights=exact)
    best = oracle(candidates, rows, labels, target, truth)
    assert plain.errors[0] == pytest.approx((candidates[0].fit(rows, labels).predict(rows) != labels).mean())
    assert plain.best == 0
    assert weighted.best == known.best == best.best == 1
    assert known.errors == pytest.approx(best.errors, abs=0.2)
    assert weighted.effective_sample_size < 300
    assert plain.effective_sample_size == pytest.approx(400)


def test_the_weighted_error_is_skadas():
    """A classifier that learns nothing errs in cross-validation as on all rows at once, which is what skada scores."""
    from skada.metrics import ImportanceWeightedScorer
    from sklearn.neighbors import KernelDensity

    class Scored(Threshold):
        def score(self, X, y, sample_weight=None, **_):
            return np.average(self.predict(X) == y, weights=sample_weight)

    rows, labels, target, truth = shifted(100)
    density = [KernelDensity().fit(part).score_samples(rows) for part in (target, rows)]
    ours = importance_weighted_validation(
        CANDIDATES, rows, labels, target, weights=np.exp(density[0] - density[1])
    ).errors
    both = np.concatenate([rows, target]), np.concatenate([labels, truth]), np.repeat([1, -2], 100)
    for threshold, error in zip((-1.0, 2.0), ours, strict=True):
        fitted = Scored(C=threshold).fit(rows, labels).set_score_request(sample_weight=True)
        theirs = ImportanceWeightedScorer()._score(None, fitted, both[0], both[1], sample_domain=both[2])
        assert error == pytest.approx(1 - theirs)


def test_few_labels_of_the_target_are_learned_from_and_judge_nothing():
    """TrAdaBoost cannot learn without them; errors are those of source rows that were held out."""
    rows, labels, target, truth = shifted(60)
    yt = np.where(np.arange(60) < 12, truth, -1)
    shallow = TrAdaBoost(rounds=4)
    found = importance_weighted_validation([shallow], rows, labels, target, yt, folds=2, weights=np.ones(60))
    wrong = 0
    for train, held in StratifiedKFold(2, shuffle=True, random_state=0).split(rows, labels):
        guesses = clone(shallow).fit(rows[train], labels[train], target, yt).predict_source(rows[held])
        wrong += (guesses != labels[held]).sum()
    assert found.errors == (pytest.approx(wrong / 60),)
    with pytest.raises(DataError, match="no row has a label"):
        importance_weighted_validation([shallow], rows, labels, target)
    judged = oracle([shallow], rows, labels, target, truth, yt=yt)
    fitted = clone(shallow).fit(rows, labels, target, yt)
    assert judged.errors == (pytest.approx((fitted.predict(target) != truth)[12:].mean()),)


def test_the_chosen_and_the_oracle_stand_apart_in_the_table():
    rows, labels, target, truth = shifted(200)
    domains = {"left": (rows, labels), "right": (target, truth)}
    tried = {"low": CANDIDATES[0], "high": CANDIDATES[1]}
    found = {pair.method: pair.accuracy for pair in chosen_pairs(domains, tried, order=[("left", "right")])}
    best = importance_weighted_validation(CANDIDATES, rows, labels, target).best
    right = [float((one.fit(rows, labels).predict(target) == truth).mean()) for one in CANDIDATES]
    assert found == {CHOSEN: pytest.approx(right[best]), ORACLE: pytest.approx(max(right))}
    other = {"left": (rows, labels), "right": (target, 1 - truth)}
    flipped = {pair.method: pair.accuracy for pair in chosen_pairs(other, tried, order=[("left", "right")])}
    assert flipped[CHOSEN] == pytest.approx(1 - found[CHOSEN])  # the choice is the same, whatever the target's labels
    pairs = [Pair(source="a", target="b", method=name, accuracy=0.5) for name in (ORACLE, CHOSEN)]
    assert table(pairs).splitlines()[2:] == [f"| {CHOSEN} | 50.0 | 50.0 |", "| | | |", f"| {ORACLE} | 50.0 | 50.0 |"]


def test_methods_with_maps_predict_held_out_source_rows_as_source_rows():
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(120, 3)) * [1, 5, 0.2]
    labels = (rows[:, 0] > 0).astype(int)
    target = rows @ np.diag([3.0, 0.3, 4.0])
    found = importance_weighted_validation(
        [CORAL(reg=1e-6), NoAdaptation(DummyClassifier())], rows, labels, target, weights=np.ones(120)
    )
    assert found.best == 0
    assert found.errors[0] < 0.15


def test_the_oracle_alone_sees_the_targets_labels():
    rows, labels, target, truth = shifted()
    found = oracle(CANDIDATES, rows, labels, target, truth)
    assert found.errors == pytest.approx([((target[:, 0] > c) != truth).mean() for c in (-1, 2)])
    assert oracle(CANDIDATES, rows, labels, target, 1 - truth).errors == pytest.approx([1 - e for e in found.errors])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"candidates": []}, "candidates: there are none"),
        ({"weights": np.ones(3)}, r"weights: shape \(3,\) for 20 rows"),
        ({"weights": -np.ones(20)}, "0 or more"),
        ({"y": np.full(20, np.nan)}, "source: y: row 0 has no label"),
        ({"X": np.full((20, 1), np.nan)}, "source: row 0, column 0 is NaN"),
        ({"Xt": np.full((20, 1), np.inf)}, "target: row 0, column 0 is inf"),
        ({"Xt": np.ones((20, 2))}, "target has 2 columns, the source 1: no density ratio"),
        ({"folds": 11}, "folds: 11, and one class of the source has 10 rows"),
        ({"folds": 1}, "Give 2 folds to 10"),
    ],
)
def test_bad_input_is_told(change, message):
    rows = np.arange(20.0)[:, None]
    given = {"candidates": CANDIDATES, "X": rows, "y": np.arange(20) % 2, "Xt": rows, **change}
    with pytest.raises(DataError, match=message):
        importance_weighted_validation(**given)


def test_the_oracle_is_told_of_bad_input_too():
    rows = np.arange(20.0)[:, None]
    for change, message in (
        ({"candidates": []}, "candidates: there are none"),
        ({"target_labels": [0, 1]}, r"target_labels has shape \(2,\) for 20 rows"),
        ({"yt": np.arange(20) % 2}, "none is left to judge by"),
    ):
        given = {"candidates": CANDIDATES, "X": rows, "y": np.arange(20) % 2, "Xt": rows, "target_labels": np.ones(20)}
        with pytest.raises(DataError, match=message):
            oracle(**{**given, **change})
