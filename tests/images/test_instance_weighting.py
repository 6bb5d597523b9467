"""KMM, KLIEP, the discriminative ratio and TrAdaBoost against closed forms, other solvers and skada."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from rltransfer.errors import DataError
from rltransfer.images.adaptation import KLIEP, KMM, DiscriminativeRatio, TrAdaBoost
from rltransfer.images.adaptation.kernels import kernel_matrix
from rltransfer.images.adaptation.kliep import ratio_coefficients
from rltransfer.images.adaptation.kmm import matching_weights

WEIGHTINGS = [KMM(), KLIEP(), DiscriminativeRatio()]


def names(estimator):
    return type(estimator).__name__


def shifted(rows=200, seed=0, mean=0.8):
    """One column, N(0, 1) and N(mean, 1); the class says whether it is above 0.4, so that only x shifts."""
    draws = np.random.default_rng(seed)
    source, target = draws.normal(size=(rows, 1)), draws.normal(size=(rows, 1)) + mean
    return source, (source[:, 0] > 0.4).astype(int), target


@pytest.mark.parametrize(
    ("estimator", "near", "alike"),
    [(KMM(), 0.1, 0.05), (KLIEP(num_centres=30, folds=3), 0.2, 0.8), (DiscriminativeRatio(ridges=(0.001,)), 0.3, 0.95)],
    ids=str,
)
def test_weights_follow_the_ratio_of_the_densities(estimator, near, alike):
    """log of the ratio of N(m, 1) and N(0, 1) is m x - m^2 / 2.

    KMM matches means and nothing else: its weights are rough.
    """
    source, labels, target = shifted(rows=300, seed=1, mean=0.8)
    fitted = estimator.fit(source, labels, target)
    exact = np.exp(0.8 * source[:, 0] - 0.32)
    assert fitted.weights_.mean() == pytest.approx(1)
    assert (fitted.weights_ >= 0).all()
    assert np.average(source[:, 0], weights=fitted.weights_) == pytest.approx(target.mean(), abs=near)
    middle = np.abs(source[:, 0]) < 1.5
    assert np.corrcoef(fitted.weights_[middle], exact[middle])[0, 1] > alike
    assert fitted.effective_sample_size_ == pytest.approx(300**2 / (fitted.weights_**2).sum())
    assert fitted.effective_sample_size_ < 280


@pytest.mark.parametrize("estimator", WEIGHTINGS, ids=names)
def test_a_classifier_that_cannot_fit_everything_fits_where_the_target_is(estimator):
    """Classes turn round at x = 2, which one threshold cannot follow; the target lies there."""
    draws = np.random.default_rng(0)
    source, target = draws.normal(0, 1.3, size=(400, 1)), draws.normal(2.2, 0.5, size=(200, 1))
    label = lambda rows: (np.abs(rows[:, 0]) < 2).astype(int)  # noqa: E731
    plain = LogisticRegression().fit(source, label(source))
    adapted = estimator.fit(source, label(source), target)
    assert adapted.score(target, label(target)) > plain.score(target, label(target)) + 0.2


@pytest.mark.parametrize("estimator", WEIGHTINGS, ids=names)
def test_classifiers_without_sample_weights_are_refused(estimator):
    source, labels, target = shifted(rows=20)
    with pytest.raises(DataError, match="KNeighborsClassifier takes no sample_weight"):
        type(estimator)(estimator=KNeighborsClassifier()).fit(source, labels, target)


@pytest.mark.parametrize("slack", [0.0, 0.5])
def test_kmm_ends_where_another_solver_does(slack):
    source, _, target = shifted(rows=15)
    products = kernel_matrix(source, source, kernel="rbf", gamma=2.0)
    likeness = 15 * kernel_matrix(source, target, kernel="rbf", gamma=2.0).mean(1)
    ours = matching_weights(products, likeness, most=3.0, slack=slack)
    assert 15 * (1 - slack) - 1e-6 <= ours.sum() <= 15 * (1 + slack) + 1e-6
    assert ours.min() >= 0
    assert ours.max() <= 3
    objective = lambda at: at @ products @ at / 2 - likeness @ at  # noqa: E731
    limits = [
        {"type": "ineq", "fun": lambda at: at.sum() - 15 * (1 - slack)},
        {"type": "ineq", "fun": lambda at: 15 * (1 + slack) - at.sum()},
    ]
    other = minimize(
        objective,
        np.ones(15),
        jac=lambda at: products @ at - likeness,
        bounds=[(0, 3)] * 15,
        constraints=limits,
        options={"maxiter": 500, "ftol": 1e-10},
    )
    assert objective(ours) <= other.fun + 1e-5 * abs(other.fun)


def test_kmm_is_at_least_as_good_as_skadas_on_the_same_program():
    from skada._reweight import KMMReweightAdapter

    source, labels, target = shifted(rows=40)
    adapter = KMMReweightAdapter(gamma=2.0, max_iter=3000)
    adapter.fit(np.concatenate([source, target]), sample_domain=np.repeat([1, -2], 40))
    theirs = adapter.source_weights_
    ours = KMM(gamma=2.0).fit(source, labels, target)
    products = kernel_matrix(source, source, kernel="rbf", gamma=2.0)
    likeness = 40 * kernel_matrix(source, target, kernel="rbf", gamma=2.0).mean(1)
    solved = matching_weights(products, likeness, most=1000, slack=(np.sqrt(40) - 1) / np.sqrt(40))
    objective = lambda at: at @ products @ at / 2 - likeness @ at  # noqa: E731
    assert objective(solved) <= objective(theirs) + 1e-6
    assert objective(solved) == pytest.approx(objective(theirs), rel=0.02)
    assert ours.weights_ == pytest.approx(solved / solved.mean())


def test_kliep_by_hand():
    """Two kernels that do not overlap and three quarters of the target at the first: shares are 3/4 and 1/4."""
    target = np.array([[1.0, 0.0]] * 3 + [[0.0, 1.0]])
    source_mean = np.array([0.5, 0.25])
    assert ratio_coefficients(target, source_mean) == pytest.approx([0.75 / 0.5, 0.25 / 0.25], abs=1e-6)


def test_kliep_finds_the_greatest_likelihood():
    source, _, target = shifted(rows=60)
    ours, theirs = (kernel_matrix(rows, target[:6], kernel="rbf", gamma=1.0) for rows in (target, source))
    found = ratio_coefficients(ours, theirs.mean(0), rounds=20_000, tolerance=1e-6)
    assert found @ theirs.mean(0) == pytest.approx(1)
    other = minimize(
        lambda at: -np.log(np.maximum(ours @ at, 1e-12)).mean(),
        np.full(6, 1 / theirs.mean(0).sum()),
        bounds=[(0, None)] * 6,
        constraints={"type": "eq", "fun": lambda at: at @ theirs.mean(0) - 1},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert np.log(ours @ found).mean() == pytest.approx(-other.fun, abs=1e-5)


def test_kliep_is_at_least_as_likely_as_skadas():
    """skada's gradient steps are of the size of rounding errors: its coefficients stay near where they began."""
    from skada._reweight import KLIEPReweightAdapter

    source, _, target = shifted(rows=60)
    adapter = KLIEPReweightAdapter(gamma=1.0, random_state=0)
    adapter.fit(np.concatenate([source, target]), sample_domain=np.repeat([1, -2], 60))
    ours, theirs = (kernel_matrix(rows, adapter.centers_, kernel="rbf", gamma=1.0) for rows in (target, source))
    found = ratio_coefficients(ours, theirs.mean(0))
    assert np.log(ours @ found).mean() >= np.log(ours @ adapter.alpha_).mean() - 1e-4


def test_kliep_chooses_its_width_by_held_out_likelihood():
    source, labels, target = shifted(rows=100)
    fitted = KLIEP(gammas=[1e-4, 0.5, 3000.0]).fit(source, labels, target)
    assert fitted.gamma_ == 0.5
    assert fitted.likelihoods_[0.5] == max(fitted.likelihoods_.values())


def test_the_discriminative_ratio_is_one_by_skadas():
    """skada 0.6 fits "is from the target" and then takes the odds of the source: p_source / p_target."""
    from skada._reweight import DiscriminatorReweightAdapter

    source, labels, target = shifted(rows=300)
    ours = DiscriminativeRatio().fit(source, labels, target)
    adapter = DiscriminatorReweightAdapter(domain_classifier=LogisticRegression())
    both, which = np.concatenate([source, target]), np.repeat([1, -2], 300)
    adapter.fit(both, sample_domain=which)
    theirs = adapter.compute_weights(both, sample_domain=which)[:300]
    assert np.corrcoef(np.log(ours.weights_), -np.log(theirs))[0, 1] > 0.99
    assert np.corrcoef(ours.weights_, source[:, 0])[0, 1] > 0.5  # and it is the target that lies further right


def test_tradaboosts_weights_by_hand():
    """Two source rows, one of them wrongly named, and four target rows, one of them too, by a stump at 0."""
    source, labels = np.array([[-1.0], [1.0]]), np.array([0, 0])
    rows, truth = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 1, 1, 1])

    class Stump(DecisionTreeClassifier):
        def predict(self, rows):
            return (rows[:, 0] > 0).astype(int)

    fitted = TrAdaBoost(rounds=2, estimator=Stump()).fit(
        np.concatenate([source, [[-3.0]]]), np.append(labels, 1), rows, truth
    )
    # source rows: right, wrong, wrong; target rows: right, wrong, right, right; all 1 in the first round
    shrink = 1 / (1 + np.sqrt(2 * np.log(3) / 2))
    raw = np.array([1.0, shrink, shrink])
    grown = (1 - 0.25) / 0.25
    assert fitted.source_weights_[0] == pytest.approx([1 / 7] * 3)
    assert fitted.source_weights_[1] == pytest.approx(raw / (raw.sum() + 3 + grown))
    assert fitted.votes_[0] == pytest.approx(np.log(3))


def test_tradaboost_forgets_source_rows_that_mislead():
    draws = np.random.default_rng(0)
    rows = draws.normal(size=(200, 2))
    truth = (rows[:, 0] > 0).astype(int)
    source = draws.normal(size=(300, 2))
    labels = (source[:, 0] > 0).astype(int)
    labels[:100] = 1 - labels[:100]
    yt = np.where(np.arange(200) < 30, truth, -1)
    fitted = TrAdaBoost(rounds=20).fit(source, labels, rows, yt)
    assert fitted.score(rows[30:], truth[30:]) > 0.9
    last = fitted.source_weights_[-1]
    assert last[:100].mean() < last[100:].mean() / 5


def test_tradaboost_asks_for_labels():
    source, labels, target = shifted(rows=20)
    with pytest.raises(DataError, match="no row has a label"):
        TrAdaBoost().fit(source, labels, target)
