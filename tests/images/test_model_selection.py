"""Importance-weighted validation chooses what is best on the target without its labels; the oracle looks."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

from rltransfer.errors import DataError
from rltransfer.images.adaptation import CORAL, NoAdaptation, importance_weighted_validation, oracle


class Threshold(LogisticRegression):
    """Says 1 right of ``C``: a classifier that learns nothing."""

    def fit(self, rows, labels, sample_weight=None):
        self.classes_ = np.array([0, 1])
        return self

    def predict(self, rows):
        return (rows[:, 0] > self.C).astype(int)


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
    rows, labels, target, truth = shifted()
    wrong_left, wrong_right = NoAdaptation(Threshold(C=1.0)), NoAdaptation(Threshold(C=-1.0))
    weighted = importance_weighted_validation([wrong_right, wrong_left], rows, labels, target)
    plain = importance_weighted_validation([wrong_right, wrong_left], rows, labels, target, weights=np.ones(400))
    exact = np.exp(-((rows[:, 0] - 2.2) ** 2) / 0.72 + rows[:, 0] ** 2 / 2.88) * 2
    known = importance_weighted_validation([wrong_right, wrong_left], rows, labels, target, weights=exact)
    best = oracle([wrong_right, wrong_left], rows, labels, target, truth)
    assert plain.errors[0] == pytest.approx((wrong_right.fit(rows, labels).predict(rows) != labels).mean())
    assert known.errors == pytest.approx(best.errors, abs=0.2)
    assert weighted.errors[0] > plain.errors[0] + 0.1  # what is wrong at the right counts more
    assert weighted.effective_sample_size < 300
    assert plain.effective_sample_size == pytest.approx(400)


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


def test_bad_input_is_told():
    rows, labels, target, _ = shifted(20)
    with pytest.raises(DataError, match="candidates: there are none"):
        importance_weighted_validation([], rows, labels, target)
    with pytest.raises(DataError, match="weights: shape"):
        importance_weighted_validation(CANDIDATES, rows, labels, target, weights=np.ones(3))
