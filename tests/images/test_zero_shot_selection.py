"""Constants are chosen on held-out seen classes; nothing of an unseen class is within reach."""

from typing import ClassVar

import numpy as np
import pytest

from rltransfer.errors import ConfigError, DataError
from rltransfer.images.zero_shot import ESZSL, Calibrated, ZeroShotMethod, choose_constant, generalised, select
from rltransfer.images.zero_shot.selection import class_folds, images_a_class

SEEN, UNSEEN = [0, 2, 3, 5, 6, 7, 9, 10], [1, 4, 8, 11]
GRID = {"gamma": [1e-3, 1.0, 1e3], "lamda": [1e-2, 1.0, 1e2]}


@pytest.fixture(scope="module")
def animals():
    rng = np.random.default_rng(3)
    S = rng.standard_normal((12, 5))
    S /= np.linalg.norm(S, axis=1, keepdims=True)
    y = np.repeat(np.arange(12), 15)
    X = (S @ rng.standard_normal((5, 10)))[y] + 0.2 * rng.standard_normal((len(y), 10))
    return X, y, S


class Spy(ZeroShotMethod):
    """Writes down all that it is given."""

    given: ClassVar[list] = []

    def __init__(self, *, constant=0):
        self.constant = constant

    def fit(self, X, y, S, *, seen, unseen=()):
        Spy.given.append((np.asarray(X), np.asarray(S), list(seen), list(unseen)))
        return super().fit(X, y, S, seen=seen, unseen=unseen)

    def _learn(self, X, y, S):
        pass

    def _match(self, X, descriptions):
        Spy.given.append((np.asarray(X), np.asarray(descriptions), [], []))
        return np.zeros((len(X), len(descriptions)))


class Biased(ZeroShotMethod):
    """Nearest image made of a description by least squares; prefers the classes that it has learned by 30."""

    def _learn(self, X, y, S):
        self.map = np.linalg.lstsq(S[y], X, rcond=None)[0]
        self.known = {tuple(row) for row in S}

    def _match(self, X, descriptions):
        distances = ((X[:, None] - descriptions @ self.map) ** 2).sum(axis=2)
        return 30.0 * np.array([tuple(row) in self.known for row in descriptions]) - distances


@pytest.mark.parametrize("choose", [select, choose_constant])
def test_no_number_of_an_unseen_class_reaches_a_method_that_is_chosen(choose, animals):
    X, y, S = animals
    seen = np.isin(y, SEEN)
    Spy.given = []
    arguments = [Spy(), {"constant": [1, 2]}] if choose is select else [Spy()]
    choose(*arguments, X[seen], y[seen], S, seen=SEEN)
    assert len(Spy.given) > 8
    forbidden = set(S[UNSEEN].ravel()) | set(X[~seen].ravel())
    for images, descriptions, learned, held in Spy.given:
        assert not forbidden & (set(images.ravel()) | set(descriptions.ravel()))
        assert len(descriptions) <= len(SEEN)
        assert not set(learned) & set(held)


def test_the_choice_is_the_same_whatever_unseen_classes_are_like(animals):
    X, y, S = animals
    seen = np.isin(y, SEEN)
    first = select(ESZSL(), GRID, X[seen], y[seen], S, seen=SEEN)
    hidden = S.copy()
    hidden[UNSEEN] = np.nan
    assert select(ESZSL(), GRID, X[seen], y[seen], hidden, seen=SEEN).tried == first.tried
    assert choose_constant(ESZSL(), X[seen], y[seen], hidden, seen=SEEN) == choose_constant(
        ESZSL(), X[seen], y[seen], S, seen=SEEN
    )


def test_images_of_unseen_classes_are_refused(animals):
    X, y, S = animals
    with pytest.raises(DataError, match="not among the seen classes; 60 such images"):
        select(ESZSL(), GRID, X, y, S, seen=SEEN)
    with pytest.raises(DataError, match="not among the seen classes; 60 such images"):
        choose_constant(ESZSL(), X, y, S, seen=SEEN)


def test_settings_that_cannot_be_tried_are_told(animals):
    X, y, S = animals
    seen = np.isin(y, SEEN)
    with pytest.raises(ConfigError, match=r"unknown setting of ESZSL 'gama'\. Did you mean 'gamma'"):
        select(ESZSL(), {"gama": [1]}, X[seen], y[seen], S, seen=SEEN)
    for values in ([], 1.0, "12"):
        with pytest.raises(ConfigError, match=r"grid: gamma is .* Give a list of values"):
            select(ESZSL(), {"gamma": values}, X[seen], y[seen], S, seen=SEEN)


def test_each_fold_s_accuracy_is_that_of_classes_held_out(animals):
    """Rederived with plain calls of the method."""
    X, y, S = animals
    seen = np.isin(y, SEEN)
    found = select(ESZSL(), GRID, X[seen], y[seen], S, seen=SEEN, folds=4, seed=5)
    parts = class_folds(8, 4, np.random.default_rng(5))
    settings, accuracies = found.tried[4]
    for part, measured in zip(parts, accuracies, strict=True):
        held = [SEEN[k] for k in part]
        learned = [c for c in SEEN if c not in held]
        method = ESZSL(**settings).fit(X[np.isin(y, learned)], y[np.isin(y, learned)], S, seen=learned, unseen=held)
        shares = [(method.predict(X[y == c]) == c).mean() for c in held]
        assert measured == pytest.approx(np.mean(shares))
    means = [np.mean(accuracies) for _, accuracies in found.tried]
    assert found.settings == found.tried[int(np.argmax(means))][0]
    assert found.method.get_params() == found.settings
    assert len(set(means)) > 3  # the grid makes a difference


def test_folds_hold_out_every_class_once_and_follow_the_seed():
    parts = class_folds(10, 3, np.random.default_rng(0))
    assert sorted(np.concatenate(parts)) == list(range(10))
    assert [len(p) for p in parts] == [4, 3, 3]
    other = class_folds(10, 3, np.random.default_rng(1))
    assert any((a != b).any() for a, b in zip(parts, other, strict=True))
    with pytest.raises(ConfigError, match="no more than 5"):
        class_folds(10, 6, np.random.default_rng(0))


def test_images_a_class_are_as_many_as_said():
    labels = np.repeat([0, 1, 2], [5, 2, 9])
    kept = images_a_class(labels, 3, np.random.default_rng(0))
    assert np.bincount(labels[kept]).tolist() == [3, 2, 3]
    assert (np.diff(kept) > 0).all()


def test_lowering_seen_scores_raises_the_harmonic_mean_by_the_chosen_constant(animals):
    X, y, S = animals
    rng = np.random.default_rng(0)
    is_train = np.isin(y, SEEN) & (rng.random(len(y)) < 0.7)
    method = Biased().fit(X[is_train], y[is_train], S, seen=SEEN, unseen=UNSEEN)
    constant = choose_constant(Biased(), X[is_train], y[is_train], S, seen=SEEN)
    rest = ~is_train
    plain = generalised(method, X[rest], y[rest], seen=SEEN, unseen=UNSEEN)
    lowered = generalised(Calibrated(method, constant), X[rest], y[rest], seen=SEEN, unseen=UNSEEN)
    assert constant == pytest.approx(30, abs=12)
    assert lowered.unseen > plain.unseen
    assert lowered.seen <= plain.seen
    assert lowered.harmonic > plain.harmonic
    everything = Calibrated(method, 1e9).predict(X, [*SEEN, *UNSEEN])
    assert set(everything) <= set(UNSEEN)
    np.testing.assert_array_equal(Calibrated(method, 0).predict(X), method.predict(X))
