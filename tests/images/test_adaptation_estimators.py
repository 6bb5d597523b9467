"""scikit-learn's estimator checks, and what all adapting classifiers promise of their input."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from rltransfer.errors import DataError
from rltransfer.images.adaptation import (
    CORAL,
    JDA,
    KLIEP,
    KMM,
    TCA,
    DiscriminativeRatio,
    ManifoldAlignment,
    MatchedMetrics,
    NoAdaptation,
    RegularisedTransfer,
    SourceEnsemble,
    SubspaceAlignment,
    TrAdaBoost,
)

ALIKE = [
    NoAdaptation(),
    CORAL(),
    SubspaceAlignment(),
    TCA(),
    JDA(),
    KMM(),
    KLIEP(num_centres=15, folds=2),
    DiscriminativeRatio(),
    RegularisedTransfer(),
    SourceEnsemble(),
]
"""Methods that can do without labels of the target, for domains of the same features."""
ALL = [*ALIKE, TrAdaBoost(), ManifoldAlignment(), MatchedMetrics()]
CHECKED = [{"JDA": JDA(rounds=2), "TrAdaBoost": TrAdaBoost(rounds=4)}.get(type(one).__name__, one) for one in ALL]
"""In a few rounds: the checks fit each one hundreds of times."""
EXPECTED_FAILURES: dict[str, dict[str, str]] = {}
"""Class to check to reason. Empty: all checks that apply to a classifier pass with ``fit(X, y)``, which is no shift."""


def blobs(seed, *, rows=60, shift=0.0, columns=4):
    draws = np.random.default_rng(seed)
    labels = np.arange(rows) % 3
    means = 3 * np.eye(3, columns)
    return means[labels] + draws.normal(size=(rows, columns)) * 0.5 + shift, labels


@pytest.mark.parametrize("estimator", CHECKED, ids=lambda estimator: type(estimator).__name__)
def test_scikit_learns_checks_pass(estimator):
    expected = EXPECTED_FAILURES.get(type(estimator).__name__, {})
    found = check_estimator(estimator, expected_failed_checks=expected, on_skip=None, on_fail=None)
    failed = {check["check_name"]: check["exception"] for check in found if check["status"] == "failed"}
    assert not failed
    assert sum(check["status"] == "passed" for check in found) > 30
    assert {check["check_name"] for check in found if check["status"] == "xfail"} == set(expected)


@pytest.mark.parametrize("estimator", ALIKE, ids=lambda estimator: type(estimator).__name__)
class TestEach:
    def test_no_target_is_the_source_as_target(self, estimator):
        rows, labels = blobs(0)
        ours, theirs = clone(estimator).fit(rows, labels), clone(estimator).fit(rows, labels, rows)
        probes, _ = blobs(1, rows=30)
        assert (ours.predict(probes) == theirs.predict(probes)).all()

    def test_names_of_classes_are_kept_and_runs_are_identical(self, estimator):
        rows, labels = blobs(0)
        names = np.array(["ant", "bee", "cat"])
        target, truth = blobs(1, shift=0.3)
        one = clone(estimator).fit(rows, names[labels], target)
        assert (one.predict(target) == names[truth]).mean() > 0.9
        two = clone(estimator).fit(rows, labels, target)
        assert (names[two.predict(target)] == one.predict(target)).all()

    def test_labelled_target_rows_are_learned_from(self, estimator):
        """The target's classes are the source's, renamed in a circle: only its labels tell."""
        if isinstance(estimator, SourceEnsemble):
            pytest.skip("it chooses among what sources say, and none says this")
        rows, labels = blobs(0)
        target, truth = blobs(1, rows=90)
        truth = (truth + 1) % 3
        without = (clone(estimator).fit(rows, labels, target).predict(target) == truth).mean()
        known = (clone(estimator).fit(rows, labels, target, truth).predict(target) == truth).mean()
        assert known > without + 0.3

    def test_few_labels_of_the_target_help_with_the_rows_that_have_none(self, estimator):
        """One class has moved to where the source has no rows; a fifth of the target says which it is."""
        if isinstance(estimator, SourceEnsemble):
            pytest.skip("it chooses among what sources say, and none says this")
        (rows, labels), (target, truth) = blobs(0), blobs(1, rows=90)
        target = target + (truth == 2)[:, None] * np.array([2.5, 0, -3, 3])
        yt, rest = np.where(np.arange(90) < 18, truth, -1), np.arange(90) >= 18
        unsupervised = clone(estimator).fit(rows, labels, target).predict(target)[rest]
        semi_supervised = clone(estimator).fit(rows, labels, target, yt).predict(target)[rest]
        assert (unsupervised == truth[rest]).mean() < 0.7
        assert (semi_supervised == truth[rest]).mean() > 0.85

    def test_held_out_source_rows_can_be_predicted(self, estimator):
        rows, labels = blobs(0)
        probes, truth = blobs(2)
        fitted = clone(estimator).fit(rows, labels, blobs(1, shift=1.0)[0])
        assert (fitted.predict_source(probes) == truth).mean() > 0.9


def spoiled(rows, row, column, value):
    found = np.array(rows, dtype=object)
    found[row, column] = value
    return found


@pytest.mark.parametrize("estimator", ALL, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda X, y, Xt, yt: (X, np.zeros_like(y), Xt, yt), r"source: y has one class only \(0\)"),
        (lambda X, y, Xt, yt: (X, y, spoiled(Xt, 4, 2, np.nan), yt), r"target: row 4, column 2 is NaN\. 1 of 60 rows"),
        (lambda X, y, Xt, yt: (spoiled(X, 3, 1, None), y, Xt, yt), r"source: row 3, column 1 is NaN\. 1 of 60 rows"),
        (lambda X, y, Xt, yt: (spoiled(X, 5, 0, -np.inf), y, Xt, yt), "source: row 5, column 0 is -inf"),
        (lambda X, y, Xt, yt: (spoiled(X, 5, 0, "red"), y, Xt, yt), r"source is no matrix of numbers .*'red'"),
        (lambda X, y, Xt, yt: (X, y, Xt[:, 0], yt), r"target has shape \(60,\)\. Reshape"),
        (lambda X, y, Xt, yt: (X, None, Xt, yt), r"source: .* y is None"),
        (lambda X, y, Xt, yt: (X, y[:-1], Xt, yt), r"source: y has shape \(59,\) for 60 rows"),
        (lambda X, y, Xt, yt: (X, np.where(y == 1, np.nan, y), Xt, yt), "source: y: row 1 has no label; 20 of 60"),
        (lambda X, y, Xt, yt: (X, np.where(y == 1, None, "a"), Xt, yt), "source: y: row 1 has no label; 20 of 60"),
        (lambda X, y, Xt, yt: (X, y + 0.5, Xt, yt), "source: Unknown label type: continuous"),
        (lambda X, y, Xt, yt: (X, y, Xt, yt[:-1]), "target: yt has shape"),
        (lambda X, y, Xt, yt: (X, y, Xt, np.where(yt == 2, 7, yt)), "target: row 2 of yt is of class 7"),
        (
            lambda X, y, Xt, yt: (X, y, Xt, np.where(yt == 2, np.nan, yt)),
            r"target: row 2 of yt is None or NaN\. Give -1",
        ),
        (lambda X, y, Xt, yt: (X, y, None, yt), "target: labels yt without rows Xt"),
        (lambda X, y, Xt, yt: (X, y - 1, Xt, yt - 1), "source: -1 is a class in y"),
    ],
)
def test_bad_data_is_told_in_one_line(estimator, spoil, message):
    X, y = blobs(0)
    Xt, yt = blobs(1)
    with pytest.raises(DataError, match=message) as told:
        clone(estimator).fit(*spoil(X, y, Xt, yt))
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 250


@pytest.mark.parametrize("estimator", [*ALIKE, TrAdaBoost()], ids=lambda estimator: type(estimator).__name__)
def test_domains_of_other_columns_are_refused(estimator):
    (X, y), (Xt, yt) = blobs(0), blobs(1)
    with pytest.raises(DataError, match="target: Xt has 2 columns, the source 4"):
        clone(estimator).fit(X, y, Xt[:, :2], yt)


@pytest.mark.parametrize("estimator", [MatchedMetrics(share=1.0), ManifoldAlignment()], ids=str)
def test_named_columns_of_the_target_may_be_others_where_features_may(estimator):
    (X, y), (Xt, yt) = blobs(0), blobs(1, columns=5)
    pandas = pytest.importorskip("pandas")
    named, theirs = pandas.DataFrame(X, columns=list("abcd")), pandas.DataFrame(Xt, columns=list("vwxyz"))
    fitted = clone(estimator).fit(named, y, theirs, yt)
    assert fitted.feature_names_in_.tolist() == list("vwxyz")
    assert (fitted.predict(theirs) == clone(estimator).fit(X, y, Xt, yt).predict(Xt)).all()
    with pytest.raises(DataError, match="target: The feature names should match"):
        fitted.predict(theirs[list("zyxwv")])


def test_named_columns_in_another_order_are_refused_where_features_are_the_same():
    (X, y), (Xt, _) = blobs(0), blobs(1)
    pandas = pytest.importorskip("pandas")
    named, theirs = pandas.DataFrame(X, columns=list("abcd")), pandas.DataFrame(Xt, columns=list("acbd"))
    with pytest.raises(DataError, match="target: column 1 of Xt is 'c', of X 'b'"):
        TCA().fit(named, y, theirs)
    assert (TCA().fit(named, y, theirs[list("abcd")]).predict(theirs[list("abcd")]) >= 0).all()


@pytest.mark.parametrize("estimator", ALL, ids=lambda estimator: type(estimator).__name__)
def test_rows_to_predict_are_checked_too(estimator):
    (X, y), (Xt, yt) = blobs(0), blobs(1)
    fitted = clone(estimator).fit(X, y, Xt, yt)
    with pytest.raises(DataError, match=r"target: X has 3 features, but .* is expecting 4"):
        fitted.predict(Xt[:, :3])
    with pytest.raises(DataError, match="target: row 4, column 2 is NaN"):
        fitted.predict(spoiled(Xt, 4, 2, np.nan))
    with pytest.raises(DataError, match="source: row 4, column 2 is NaN"):
        fitted.predict_source(spoiled(X, 4, 2, np.nan))
    with pytest.raises(DataError, match="source has 3 columns, and 4 are expected"):
        fitted.predict_source(X[:, :3])


@pytest.mark.parametrize("estimator", ALL, ids=lambda estimator: type(estimator).__name__)
def test_a_second_fit_is_bit_identical(estimator):
    (X, y), (Xt, yt) = blobs(0), blobs(1)
    fits = [clone(estimator).fit(X, y, Xt, np.where(np.arange(len(yt)) < 12, yt, -1)) for _ in range(2)]
    learned = [{name: value for name, value in vars(fit).items() if isinstance(value, np.ndarray)} for fit in fits]
    assert learned[0]
    for name, value in learned[0].items():
        assert np.array_equal(value, learned[1][name]), name
    assert np.array_equal(fits[0].predict(Xt), fits[1].predict(Xt))
