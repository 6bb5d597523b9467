"""Regularised transfer, source ensembles, manifold alignment and matched metrics by hand and by other solvers."""

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.linear_model import LogisticRegression

from rltransfer.errors import DataError, NotApplicableError
from rltransfer.images.adaptation import ManifoldAlignment, MatchedMetrics, RegularisedTransfer, SourceEnsemble
from rltransfer.images.adaptation.matched_metrics import gain_ratio, likeness_of_columns
from rltransfer.images.adaptation.softmax_regression import pulled_softmax_regression


def blobs(seed, *, rows=90, columns=3, spread=0.5):
    draws = np.random.default_rng(seed)
    labels = np.arange(rows) % 3
    return 2 * np.eye(3, columns)[labels] + draws.normal(size=(rows, columns)) * spread, labels


def test_softmax_regression_pulled_to_nothing_is_scikit_learns():
    """C is 1 / pull; scikit-learn does not pull intercepts, so that they stand among the columns here."""
    rows, labels = blobs(0, spread=1.5)
    with_ones = np.hstack([rows, np.ones((90, 1))])
    other = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=5000).fit(with_ones, labels)
    ours = pulled_softmax_regression(rows, labels, start=np.zeros((4, 3)), pull=2.0)
    assert pytest.approx(other.coef_, abs=1e-3) == ours.T


class TestRegularisedTransfer:
    def test_much_pull_keeps_the_sources_weights_and_little_gives_the_targets(self):
        rows, labels = blobs(0)
        target, truth = blobs(1, rows=60)
        truth = (truth + 1) % 3
        held, loose = (RegularisedTransfer(pull=pull).fit(rows, labels, target, truth) for pull in (1e6, 1e-3))
        assert held.weights_ == pytest.approx(held.source_weights_, abs=1e-3)
        assert (held.predict(target) == (truth - 1) % 3).mean() > 0.9
        assert loose.score(target, truth) > 0.95

    def test_few_labels_go_further_from_the_source_than_from_nothing(self):
        rows, labels = blobs(0, rows=300, columns=30, spread=1.0)
        target, truth = blobs(1, rows=300, columns=30, spread=1.0)
        yt = np.where(np.arange(300) < 9, truth, -1)
        pulled = RegularisedTransfer().fit(rows, labels, target, yt)
        alone = RegularisedTransfer().fit(target[:9], truth[:9])
        assert pulled.score(target[9:], truth[9:]) > alone.score(target[9:], truth[9:]) + 0.1

    def test_without_labels_it_is_the_source_model(self):
        rows, labels = blobs(0)
        fitted = RegularisedTransfer().fit(rows, labels, blobs(1)[0])
        assert (fitted.weights_ == fitted.source_weights_).all()
        assert fitted.predict_proba(rows).sum(1) == pytest.approx(1)


class TestSourceEnsemble:
    """Two sources, left and right of 0, with opposite labels: only the place tells which classifier is right."""

    @staticmethod
    def sources(seed=0, rows=100):
        draws = np.random.default_rng(seed)
        left = np.column_stack([draws.normal(-3, 0.7, rows), draws.normal(size=rows)])
        right = np.column_stack([draws.normal(3, 0.7, rows), draws.normal(size=rows)])
        labels = np.concatenate([left[:, 1] > 0, right[:, 1] < 0]).astype(int)
        return np.concatenate([left, right]), labels, np.repeat(["left", "right"], rows)

    def test_each_source_is_trusted_where_it_lies(self):
        rows, labels, origins = self.sources()
        target, truth, _ = self.sources(seed=1)
        fitted = SourceEnsemble().fit(rows, labels, target, origins=origins)
        assert fitted.score(target, truth) > 0.9
        assert SourceEnsemble().fit(rows, labels, target).score(target, truth) < 0.7
        assert fitted.shares_ == pytest.approx([0.5, 0.5], abs=0.02)

    def test_shares_are_those_of_the_mixture_that_the_target_is(self):
        rows, labels, origins = self.sources()
        target, _, _ = self.sources(seed=1)
        mixed = target[np.r_[0:30, 100:190]]
        fitted = SourceEnsemble().fit(rows, labels, mixed, origins=origins)
        assert dict(zip(fitted.sources_, fitted.shares_, strict=True)) == pytest.approx(
            {"left": 0.25, "right": 0.75}, abs=0.02
        )

    def test_labels_tell_sources_apart_that_lie_in_one_place(self):
        draws = np.random.default_rng(0)
        rows = draws.normal(size=(400, 2))
        labels = (rows[:, 0] > 0).astype(int)
        origins = np.repeat([0, 1], 200)
        labels[200:] = 1 - labels[200:]
        target = draws.normal(size=(60, 2))
        truth = (target[:, 0] > 0).astype(int)
        fitted = SourceEnsemble().fit(rows, labels, target, np.where(np.arange(60) < 20, truth, -1), origins=origins)
        assert fitted.shares_[0] > 0.55
        assert fitted.score(target, truth) > 0.9

    def test_origins_are_one_a_row(self):
        rows, labels, origins = self.sources()
        with pytest.raises(DataError, match="origins has shape"):
            SourceEnsemble().fit(rows, labels, origins=origins[:-1])


class TestManifoldAlignment:
    def test_domains_without_a_common_feature_are_brought_together(self):
        """The target is the source's kind through a random map to 7 columns; a sixth of it has labels."""
        rows, labels = blobs(0, rows=120)
        seen, truth = blobs(1, rows=120)
        target = seen @ np.random.default_rng(5).normal(size=(3, 7))
        yt = np.where(np.arange(120) < 20, truth, -1)
        fitted = ManifoldAlignment().fit(rows, labels, target, yt)
        assert fitted.score(target[20:], truth[20:]) > 0.85
        left, right = fitted.align_source(rows), fitted.align(target)
        gaps = [np.linalg.norm(left[labels == c].mean(0) - right[truth == c].mean(0)) for c in range(3)]
        between = [np.linalg.norm(left[labels == c].mean(0) - left[labels != c].mean(0)) for c in range(3)]
        assert np.mean(gaps) < np.mean(between) / 2

    def test_it_minimises_the_papers_ratio(self):
        """Of class and neighbours' squared distances to those of other classes: no random map has a lower one."""
        rows, labels = blobs(0, rows=30)
        target, truth = blobs(1, rows=30)
        fitted = ManifoldAlignment(num_components=1, mu=0.0).fit(rows, labels, target, truth)
        centred = [rows - rows.mean(0), target - target.mean(0)]
        names = np.concatenate([labels, truth])

        def ratio(left, right):
            placed = np.concatenate([centred[0] @ left, centred[1] @ right])
            apart = (placed[:, None] - placed[None]) ** 2
            return apart[names[:, None] == names].sum() / apart[names[:, None] != names].sum()

        found = ratio(fitted.source_map_[:, 0], fitted.target_map_[:, 0])
        draws = np.random.default_rng(0)
        assert found < min(ratio(draws.normal(size=3), draws.normal(size=3)) for _ in range(200))

    def test_it_asks_for_labels(self):
        rows, labels = blobs(0)
        with pytest.raises(DataError, match="no row has a label"):
            ManifoldAlignment().fit(rows, labels, rows)


class TestMatchedMetrics:
    @staticmethod
    def projects(seed=0, rows=200):
        """Source columns: telling and log-normal, telling and uniform, noise. Target: the same, reordered, one more."""
        draws = np.random.default_rng(seed)
        labels = np.arange(rows) % 2
        skewed, flat = np.exp(draws.normal(size=rows) + labels), draws.random(rows) + labels
        noise = draws.normal(50, 1, size=(rows, 2))
        return np.column_stack([skewed, flat, noise[:, 0]]), np.column_stack([noise, flat, skewed]), labels

    def test_columns_are_matched_by_distribution_whatever_their_place(self):
        source, _, labels = self.projects(0)
        _, target, truth = self.projects(1)
        fitted = MatchedMetrics(share=0.6).fit(source, labels, target)
        assert fitted.pairs_.tolist() == [[0, 3], [1, 2]]
        assert fitted.p_values_ == pytest.approx(
            [
                ks_2samp(source[:, 0], target[:, 3], method="asymp").pvalue,
                ks_2samp(source[:, 1], target[:, 2], method="asymp").pvalue,
            ]
        )
        assert fitted.score(target, truth) > 0.75

    def test_the_sum_of_likeness_decides_where_one_column_would_do_for_two(self, monkeypatch):
        import rltransfer.images.adaptation.matched_metrics as module

        monkeypatch.setattr(module, "likeness_of_columns", lambda *_: np.array([[0.9, 0.8], [0.7, 0.01]]))
        fitted = MatchedMetrics(share=1.0).fit([[0, 1], [1, 2], [0, 3], [1, 4]], [0, 1, 0, 1], [[1, 2], [3, 4]])
        assert fitted.pairs_.tolist() == [[0, 1], [1, 0]]  # 0.8 + 0.7, though 0.9 is the likest pair

    def test_no_match_is_told(self):
        source, _, labels = self.projects()
        with pytest.raises(NotApplicableError, match="no column is distributed like"):
            MatchedMetrics().fit(source, labels, np.random.default_rng(0).normal(1e6, 1, size=(50, 2)))

    def test_gain_ratio_by_hand(self):
        """A column that is the class has all of its entropy, one that is constant none."""
        labels = np.array([0, 0, 1, 1])
        assert gain_ratio(np.array([0.0, 0.0, 1.0, 1.0]), labels, bins=2) == pytest.approx(1)
        assert gain_ratio(np.ones(4), labels) == 0
        assert gain_ratio(np.array([0.0, 1.0, 0.0, 1.0]), labels, bins=2) == pytest.approx(0, abs=1e-12)

    def test_likeness_is_one_for_the_same_values(self):
        rows = np.random.default_rng(0).normal(size=(30, 1))
        assert likeness_of_columns(rows, np.hstack([rows, rows + 9])) == pytest.approx(np.array([[1, 0]]), abs=1e-6)
