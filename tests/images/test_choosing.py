"""LogME, LEEP and H-score by closed forms and other solvers; rank correlations by hand."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from rltransfer.errors import DataError
from rltransfer.images.choosing import h_score, leep, logme, rank_correlation


def codes(rows=40, columns=3, seed=0, apart=1.0):
    draws = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    return draws.normal(size=(rows, columns)) + apart * labels[:, None] * np.eye(1, columns), labels


@pytest.mark.parametrize("columns", [3, 20])
def test_logme_is_the_greatest_evidence(columns):
    """y = F w + e is normal with covariance F F' / alpha + I / beta: its density at the best alpha and beta."""
    rows, labels = codes(columns=columns)

    def evidence(truth):
        def unlikeliness(logs):
            covariance = rows @ rows.T / np.exp(logs[0]) + np.eye(40) / np.exp(logs[1])
            return -multivariate_normal.logpdf(truth, np.zeros(40), covariance)

        accurate = {"xatol": 1e-6, "fatol": 1e-8}
        found = [minimize(unlikeliness, start, method="Nelder-Mead", options=accurate) for start in ([0, 1], [3, 2])]
        return -min(one.fun for one in found) / 40

    expected = np.mean([evidence((labels == name) * 1.0) for name in (0, 1)])
    assert logme(rows, labels, rounds=20_000, tolerance=1e-10) == pytest.approx(expected, abs=1e-4)


def test_logme_prefers_codes_in_which_classes_are_apart():
    scores = [logme(*codes(rows=200, apart=apart)) for apart in (0.0, 1.0, 3.0)]
    assert scores == sorted(scores)
    assert scores[2] > scores[0] + 0.2


def test_leep_by_hand():
    """Two source classes, three rows. P(y, z): class 0 has (0.8 + 0.4, 0.2 + 0.6) / 3, class 1 (0.3, 0.7) / 3."""
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])
    zero, one = (1.2 / 1.5, 0.8 / 1.5), (0.3 / 1.5, 0.7 / 1.5)
    likelihoods = [0.8 * zero[0] + 0.2 * zero[1], 0.4 * zero[0] + 0.6 * zero[1], 0.3 * one[0] + 0.7 * one[1]]
    assert leep(probabilities, ["a", "a", "b"]) == pytest.approx(np.log(likelihoods).mean())


def test_leep_at_best_and_where_the_source_tells_nothing():
    labels = np.array([0, 0, 1, 1])
    assert leep(np.eye(2)[labels], labels) == pytest.approx(0)
    assert leep(np.full((4, 5), 0.2), labels) == pytest.approx(-np.log(2))  # then P(y) is all there is


def test_h_score_of_one_column_is_the_share_of_variance_between_classes():
    rows, labels = np.array([[0.0], [2.0], [4.0], [6.0]]), np.array([0, 0, 1, 1])
    assert h_score(rows, labels) == pytest.approx(4 / 5)  # class means 1 and 5 about 3: 4; variance of all: 5


def test_h_score_is_the_trace_of_the_paper_and_minds_no_linear_map():
    rows, labels = codes(rows=60, columns=4)
    centred = rows - rows.mean(0)
    means = np.stack([centred[labels == name].mean(0) for name in (0, 1)])[labels]
    expected = np.trace(np.linalg.inv(centred.T @ centred / 60) @ (means.T @ means / 60))
    assert h_score(rows, labels) == pytest.approx(expected)
    assert h_score(rows @ np.random.default_rng(1).normal(size=(4, 4)) + 3, labels) == pytest.approx(expected)
    assert h_score(np.hstack([rows, rows, np.ones((60, 1))]), labels) == pytest.approx(expected)


def test_rank_correlations_by_hand():
    """4 sources, one pair of neighbours swapped: 5 of 6 pairs agree; squared rank differences 1 + 1."""
    found = rank_correlation([1, 2, 3, 4], [10, 20, 40, 30])
    assert found.kendall == pytest.approx((5 - 1) / 6)
    assert found.spearman == pytest.approx(1 - 6 * 2 / (4 * 15))
    swapped_low = rank_correlation([1, 2, 3, 4], [20, 10, 30, 40])
    assert swapped_low.kendall == pytest.approx(found.kendall)
    assert swapped_low.weighted > found.weighted  # a mistake at the top costs more
    assert found.sources == 4
    assert rank_correlation([1, 2, 3], [3, 2, 1]).weighted == pytest.approx(-1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: logme(np.ones((3, 2)), [0, 0, 0]), r"labels name 1 class\(es\)"),
        (lambda: logme(np.ones((3, 2)), [0, 1]), r"labels has shape \(2,\) for 3 rows"),
        (lambda: logme(np.ones((3, 2)), None), r"labels has shape \(\) for 3 rows"),
        (lambda: h_score(np.ones((3, 2)), [0, np.nan, 1]), "labels: row 1 has no label"),
        (lambda: leep(np.ones((3, 1)), ["a", None, "b"]), "labels: row 1 has no label"),
        (lambda: logme(np.zeros((3, 2)), [0, 1, 1]), "codes that say something"),
        (lambda: logme([["a"], ["b"]], [0, 1]), "codes is no matrix of numbers"),
        (lambda: h_score(np.ones((3, 0)), [0, 1, 1]), "needs a column or more"),
        (lambda: rank_correlation(["a", "b", "c"], [1, 2, 3]), "Give numbers"),
        (lambda: h_score([[0.0], [np.nan]], [0, 1]), "codes: row 1, column 0 is NaN"),
        (lambda: leep([[0.5, 0.5], [0.9, 0.3]], [0, 1]), "row 1 is negative or does not sum to 1"),
        (lambda: rank_correlation([1, 2], [1, 2]), "3 sources or more"),
        (lambda: rank_correlation([1, 1, 1], [1, 2, 3]), "Nothing can be ranked"),
    ],
)
def test_bad_input_is_told_in_one_line(call, message):
    with pytest.raises(DataError, match=message):
        call()
