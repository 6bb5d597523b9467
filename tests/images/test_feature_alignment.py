"""Subspace alignment, CORAL, TCA and JDA against skada, eigenproblems as the papers write them, and figures."""

import numpy as np
import pytest
from scipy.linalg import eigh
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsClassifier

from rltransfer.errors import DataError
from rltransfer.images.adaptation import CORAL, JDA, TCA, NoAdaptation, SubspaceAlignment
from rltransfer.images.adaptation.pairs import Pair, all_pairs, table


def domains(rows=80, columns=5, seed=0):
    draws = np.random.default_rng(seed)
    source = draws.normal(size=(rows, columns)) @ draws.normal(size=(columns, columns)) + draws.normal(size=columns)
    target = draws.normal(size=(rows, columns)) @ draws.normal(size=(columns, columns)) - 1
    return source, np.arange(rows) % 2, target


def by_skada(adapter, source, target):
    """Source and target rows as skada maps them: domain 1 is a source and domain -2 a target."""
    both = np.concatenate([source, target])
    which = np.repeat([1, -2], [len(source), len(target)])
    mapped = adapter.fit(both, sample_domain=which).transform(both, sample_domain=which, allow_source=True)
    return mapped[: len(source)], mapped[len(source) :]


def test_subspace_alignment_is_skadas():
    from skada._subspace import SubspaceAlignmentAdapter

    source, labels, target = domains()
    ours = SubspaceAlignment(num_components=3).fit(source, labels, target)
    left, right = by_skada(SubspaceAlignmentAdapter(n_components=3), source, target)
    # axes have no sign: the target's may each be turned round, and then the source's with them
    signs = np.sign((ours.align(target) * right).sum(0))
    assert ours.align(target) == pytest.approx(right * signs)
    assert ours.align_source(source) == pytest.approx(left * signs)


def test_subspace_alignment_by_hand():
    """One axis each: the source's is (1, 0), the target's (0.6, 0.8); their product is 0.6."""
    along = np.array([-2.0, -1.0, 1.0, 2.0])
    source, target = np.outer(along, [1.0, 0.0]), np.outer(along, [0.6, 0.8])
    ours = SubspaceAlignment(num_components=1).fit(source, [0, 0, 1, 1], target)
    sign = np.sign(ours.align(target)[3, 0])
    assert ours.align(target)[:, 0] * sign == pytest.approx(along)
    assert ours.align_source(source)[:, 0] * sign == pytest.approx(0.6 * along)


def test_coral_is_skadas_but_for_the_means():
    """skada takes both domains' means away, the paper does not. As many rows of each: skada divides by n."""
    from skada._mapping import CORALAdapter

    source, labels, target = domains()
    ours = CORAL(reg=0).fit(source, labels, target)
    left, right = by_skada(CORALAdapter(reg=0.0), source, target)
    assert ours.align_source(source - source.mean(0)) == pytest.approx(left, abs=1e-8)
    assert ours.align(target) - target.mean(0) == pytest.approx(right, abs=1e-8)


def test_coral_gives_the_source_the_targets_covariance():
    source, labels, target = domains()
    ours = CORAL(reg=0).fit(source, labels, target)
    assert np.cov(ours.align_source(source).T) == pytest.approx(np.cov(target.T), abs=1e-8)
    assert np.cov(source.T) != pytest.approx(np.cov(target.T), abs=0.1)


def test_coral_ends_with_a_warning_where_domains_are_of_unlike_scales():
    draws, labels = np.random.default_rng(0), np.arange(60) % 3
    source, target = (3 * np.eye(3, 4)[labels] + draws.normal(size=(60, 4)) / 2 for _ in range(2))
    with pytest.warns(ConvergenceWarning, match="StandardScaler"):
        CORAL().fit(source, labels, target + 1e6, np.where(np.arange(60) < 40, labels, -1))
    with pytest.raises(DataError, match=r"reg: -1\. Give 0 or more"):
        CORAL(reg=-1).fit(source, labels, target)


def mean_matrix(source, target):
    coefficients = np.concatenate([np.full(source, 1 / source), np.full(target, -1 / target)])
    return np.outer(coefficients, coefficients)


def by_the_paper(products, means, *, like):
    """K W of (K L K + 0.5 I)^-1 K H K in full, not in the span of K; L of norm 1, 3 columns, signs of ``like``."""
    rows = len(products)
    left = products @ (means / np.linalg.norm(means)) @ products + 0.5 * np.eye(rows)
    _, found = eigh(products @ (np.eye(rows) - 1 / rows) @ products, left)
    mapped = products @ (found[:, ::-1][:, :3] / np.linalg.norm(found[:, ::-1][:, :3], axis=0))
    return mapped * np.sign((mapped * like).sum(0))


@pytest.mark.parametrize("kernel", ["linear", "rbf"])
def test_tca_solves_the_eigenproblem_of_the_paper(kernel):
    source, labels, target = domains(rows=30)
    ours = TCA(num_components=3, kernel=kernel, gamma=0.1, reg=0.5, normalise=False).fit(source, labels, target)
    both = np.concatenate([source, target])
    distances = ((both[:, None] - both[None]) ** 2).sum(-1)
    products = both @ both.T if kernel == "linear" else np.exp(-0.1 * distances)
    means = mean_matrix(30, 30)
    mapped = by_the_paper(products, means, like=ours.align(both))
    assert ours.align(both) == pytest.approx(mapped, rel=1e-5, abs=1e-6)


def test_tca_solves_skadas_matrices_which_skada_itself_does_not():
    """skada 0.6 takes eigenvectors of A^-1 B, which is not symmetric, by a routine for symmetric matrices."""
    from skada._subspace import TransferComponentAnalysisAdapter

    source, labels, target = domains(rows=30)
    means = mean_matrix(30, 30)
    adapter = TransferComponentAnalysisAdapter(kernel="linear", n_components=3, mu=2 / np.linalg.norm(means))
    adapter.fit(np.concatenate([source, target]), sample_domain=np.repeat([1, -2], 30))
    left = np.eye(60) + adapter.mu * adapter.K_ @ means @ adapter.K_
    right = adapter.K_ @ (np.eye(60) - 1 / 60) @ adapter.K_

    def misfit(vectors):
        """Of B v = value * A v, relative, for each v at its best value."""
        ours, theirs = right @ vectors, left @ vectors
        values = (ours * theirs).sum(0) / (theirs**2).sum(0)
        return np.linalg.norm(ours - values * theirs, axis=0) / np.linalg.norm(ours, axis=0)

    # mu weighs the other term, so that reg is 1 / mu; its L is not of Frobenius norm 1
    ours = TCA(num_components=3, reg=0.5, normalise=False).fit(source, labels, target)
    assert misfit(ours.coefficients_).max() < 1e-6
    assert misfit(adapter.eigvects_).min() > 1e-3


def test_tca_brings_means_together_and_more_so_with_less_regularisation():
    source, labels, target = domains(rows=60)

    def apart(reg):
        ours = TCA(num_components=2, reg=reg, normalise=False).fit(source, labels, target)
        left, right = ours.align_source(source), ours.align(target)
        return np.linalg.norm(left.mean(0) - right.mean(0)) / np.concatenate([left, right]).std()

    assert apart(0.01) < apart(100) / 3
    assert apart(0.01) < 0.2


def test_jda_solves_the_eigenproblem_of_the_paper_with_the_classes_of_the_target():
    """All target labels are known, so that M = C * M0 + the sum over classes of Mc is no guess; in full, by hand."""
    source, labels, target = domains(rows=30)
    truth = np.arange(30) % 3 % 2
    ours = JDA(num_components=3, reg=0.5, normalise=False, rounds=1).fit(source, labels, target, truth)
    both = np.concatenate([source, target])
    products = both @ both.T
    means = 2 * mean_matrix(30, 30)
    for name in (0, 1):
        of_source, of_target = np.append(labels == name, np.zeros(30)), np.append(np.zeros(30), truth == name)
        apart = of_source / of_source.sum() - of_target / of_target.sum()
        means += np.outer(apart, apart)
    mapped = by_the_paper(products, means, like=ours.align(both))
    assert ours.align(both) == pytest.approx(mapped, rel=1e-5, abs=1e-6)
    plain = TCA(num_components=3, reg=0.5, normalise=False).fit(source, labels, target)
    assert np.abs(np.abs(plain.align(both)) - np.abs(mapped)).max() > 0.1


def test_jda_guesses_the_targets_classes_anew_in_every_round():
    """Rederived: components by the last round's guesses, a nearest neighbour in them, the next guesses."""
    source, labels, target = domains(rows=40)
    settings = {"num_components": 2, "reg": 0.5, "normalise": False}
    guesses = TCA(**settings).fit(source, labels, target).predict(target)
    for rounds in (2, 3):
        by_hand = JDA(rounds=1, **settings).fit(source, labels, target, guesses)
        guesses = KNeighborsClassifier(1).fit(by_hand.align_source(source), labels).predict(by_hand.align(target))
        assert (JDA(rounds=rounds, **settings).fit(source, labels, target).predict(target) == guesses).all()


def test_jda_brings_classes_together_where_tca_brings_means_together_only():
    """Classes are moved in opposite directions: the means of the domains are the same already."""
    draws = np.random.default_rng(0)
    labels = np.arange(120) % 2
    signs = 2 * labels[:, None] - 1
    source = np.hstack([signs * 1.5, signs * 0.0, np.zeros((120, 1))]) + draws.normal(size=(120, 3)) * 0.3
    target = np.hstack([signs * 1.0, signs * 1.5, np.zeros((120, 1))]) + draws.normal(size=(120, 3)) * 0.3

    def classes_apart(method):
        fitted = method.fit(source, labels, target)
        left, right = fitted.align_source(source), fitted.align(target)
        gaps = [np.linalg.norm(left[labels == c].mean(0) - right[labels == c].mean(0)) for c in (0, 1)]
        return np.mean(gaps) / np.concatenate([left, right]).std()

    plain = {"num_components": 1, "reg": 0.1, "normalise": False}
    assert classes_apart(JDA(**plain)) < classes_apart(TCA(**plain)) / 2


def test_tables_of_pairs_hold_accuracies_in_percent():
    rows = np.array([[0.0], [1.0], [2.0], [3.0]])
    named = {"left": (rows, np.array([0, 0, 1, 1])), "right": (rows, np.array([0, 1, 1, 1]))}
    found = list(all_pairs(named, {"1-NN": NoAdaptation()}))
    assert [(pair.source, pair.target, pair.accuracy) for pair in found] == [
        ("left", "right", 0.75),
        ("right", "left", 0.75),
    ]
    assert table(found).splitlines() == [
        "| method | L-R | R-L | mean |",
        "|---|---|---|---|",
        "| 1-NN | 75.0 | 75.0 | 75.0 |",
    ]


def test_domains_of_the_same_initial_keep_columns_of_their_own():
    pairs = [
        Pair(source="mnist", target=other, method="1-NN", accuracy=share)
        for other, share in (("mug", 0.5), ("usps", 1))
    ]
    assert table(pairs).splitlines()[0] == "| method | mnist-mug | mnist-usps | mean |"
    assert table(pairs).splitlines()[2] == "| 1-NN | 50.0 | 100.0 | 75.0 |"


PUBLISHED = {
    "1-NN": (NoAdaptation(), [25.8, 25.5, 59.2, 63.4]),
    "TCA": (TCA(), [38.0, 45.9, 89.2, 87.5]),
    "JDA": (JDA(), [41.7, 45.2, 89.2, 89.5]),
}


@pytest.mark.slow
@pytest.mark.parametrize("method", PUBLISHED)
def test_office_caltech_figures(real, method):
    """C-W, C-D, W-D and D-W; all twelve are in experiments/images."""
    from scipy.io import loadmat

    found = {}
    for name, file in {"caltech": "caltech10", "webcam": "webcam", "dslr": "dslr"}.items():
        held = loadmat(real(f"office_caltech/surf/{file}.mat"))
        rows = held["fts"] / held["fts"].sum(axis=1, keepdims=True)
        found[name] = (rows - rows.mean(0)) / rows.std(0).clip(1e-12), held["labels"].ravel()
    order = [("caltech", "webcam"), ("caltech", "dslr"), ("webcam", "dslr"), ("dslr", "webcam")]
    estimator, figures = PUBLISHED[method]
    pairs = all_pairs(found, {method: estimator}, order=order)
    assert [round(100 * pair.accuracy, 1) for pair in pairs] == figures
