"""Zero-shot methods: rederived by hand and by others' code; classes never shown are told by their descriptions."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from rltransfer.errors import ConfigError, DataError, RLTransferError
from rltransfer.images import zero_shot
from rltransfer.images.zero_shot import DAP, ESZSL, IAP, SAE, SSE, Association, StructuredDictionary
from rltransfer.images.zero_shot.mixtures import mixtures, onto_simplex

METHODS = {
    "dap": DAP(C=1.0),
    "iap": IAP(C=1.0),
    "eszsl": ESZSL(gamma=1.0, lamda=0.1),
    "sae": SAE(lamda=1.0),
    "sae-attributes": SAE(lamda=1.0, side="attributes"),
    "sse": SSE(C=100.0, spread=0.01, max_per_class=None),
    "dictionary": StructuredDictionary(num_atoms=8),
    "association": Association(C=1.0),
}
SEEN, UNSEEN = list(range(10)), [10, 11, 12]


@pytest.fixture(scope="module")
def animals():
    """Images whose features are a linear function of their class's six binary attributes, with noise."""
    rng = np.random.default_rng(0)
    table = np.unique(rng.permutation([[n >> k & 1 for k in range(6)] for n in range(64)])[:30], axis=0)
    S = rng.permutation(table)[:13].astype(float)
    y = np.repeat(np.arange(13), 20)
    X = (S @ rng.standard_normal((6, 8)) * 3)[y] + 0.5 * rng.standard_normal((len(y), 8))
    X = (X - X[y < 10].mean(axis=0)) / X[y < 10].std(axis=0)
    return X, y, S


def fitted(method, animals):
    from sklearn.base import clone

    X, y, S = animals
    return clone(method).fit(X[y < 10], y[y < 10], S, seen=SEEN, unseen=UNSEEN)


@pytest.mark.parametrize("name", METHODS)
def test_unseen_classes_are_recognised_by_their_descriptions(name, animals):
    X, y, S = animals
    method = fitted(METHODS[name], animals)
    unseen = y >= 10
    predicted = method.predict(X[unseen])
    assert set(predicted) <= set(UNSEEN)
    right = zero_shot.per_class_accuracy(y[unseen], predicted)
    wrong_words = clone_with(method, animals, S[[*SEEN, 11, 12, 10]])
    assert right > (0.6 if name == "sse" else 0.75)  # chance is a third; two of the mixtures of seen classes are alike
    assert zero_shot.per_class_accuracy(y[unseen], wrong_words.predict(X[unseen])) < 0.35


def clone_with(method, animals, S):
    from sklearn.base import clone

    X, y, _ = animals
    return clone(method).fit(X[y < 10], y[y < 10], S, seen=SEEN, unseen=UNSEEN)


@pytest.mark.parametrize("name", METHODS)
def test_scores_are_one_column_a_candidate_and_the_same_twice(name, animals):
    X, _, _ = animals
    first, second = fitted(METHODS[name], animals), fitted(METHODS[name], animals)
    scores = first.scores(X, [12, 3])
    assert scores.shape == (len(X), 2)
    np.testing.assert_array_equal(scores, second.scores(X, [12, 3]))
    np.testing.assert_allclose(scores[:, ::-1], first.scores(X, [3, 12]))
    np.testing.assert_array_equal(first.predict(X, [12, 3]), np.array([12, 3])[scores.argmax(axis=1)])


@pytest.mark.parametrize("name", METHODS)
def test_learning_reads_no_description_of_an_unseen_class(name, animals):
    X, _, S = animals
    hidden = S.copy()
    hidden[UNSEEN] = np.nan
    blind = clone_with(METHODS[name], animals, hidden)
    np.testing.assert_array_equal(blind.match(X, S[UNSEEN]), fitted(METHODS[name], animals).scores(X, UNSEEN))
    with pytest.raises(DataError, match="description of class 10 has a number that is not finite"):
        blind.predict(X)


def test_dap_is_the_product_of_attribute_probabilities_over_their_priors(animals):
    X, y, S = animals
    method = fitted(DAP(C=0.5, max_iter=1000), animals)
    train, images = y < 10, X[y >= 10]
    expected = np.ones((len(images), 3))
    for m in range(6):
        one = LogisticRegression(C=0.5, tol=1e-8, max_iter=2000).fit(X[train], S[y[train], m])
        probability, prior = one.predict_proba(images)[:, 1], S[:10, m].mean()
        for k, c in enumerate(UNSEEN):
            expected[:, k] *= probability / prior if S[c, m] else (1 - probability) / (1 - prior)
    np.testing.assert_allclose(np.exp(method.scores(images, UNSEEN)), expected, rtol=1e-3)
    half = fitted(DAP(C=0.5, max_iter=1000, prior="half"), animals).scores(images, UNSEEN)
    assert np.abs(half - method.scores(images, UNSEEN)).max() > 0.1


def test_iap_takes_attributes_from_the_seen_classes_probabilities(animals):
    X, y, S = animals
    images = X[y >= 10][:5]
    classes = LogisticRegression(C=0.5, tol=1e-8, max_iter=2000).fit(X[y < 10], y[y < 10]).predict_proba(images)
    present, prior = classes @ S[:10], S[:10].mean(axis=0)
    expected = [[np.prod(np.where(S[c], row / prior, (1 - row) / (1 - prior))) for c in UNSEEN] for row in present]
    found = np.exp(fitted(IAP(C=0.5, max_iter=1000), animals).scores(images, UNSEEN))
    np.testing.assert_allclose(found, expected, rtol=2e-2)


def test_strengths_are_cut_at_the_seen_mean_and_attributes_all_share_are_left_out(animals):
    X, _, S = animals
    strengths = np.hstack([S * 80 + 5, np.full((13, 1), 60.0)])  # the last tells nothing apart
    np.testing.assert_allclose(
        clone_with(DAP(), animals, strengths).scores(X, UNSEEN), fitted(DAP(), animals).scores(X, UNSEEN)
    )
    with pytest.raises(ConfigError, match="no attribute tells"):
        clone_with(DAP(), animals, np.ones((13, 2)))


def test_eszsl_solves_its_objective(animals):
    """The gradient of the published objective is zero at the closed-form solution."""
    X, y, S = animals
    gamma, lamda = 2.0, 0.3
    V = fitted(ESZSL(gamma=gamma, lamda=lamda), animals).weights_
    Xs, Ss, Y = X[y < 10], S[:10], 2 * np.eye(10)[y[y < 10]] - 1
    slope = Xs.T @ (Xs @ V @ Ss.T - Y) @ Ss + gamma * V @ Ss.T @ Ss + lamda * Xs.T @ Xs @ V + gamma * lamda * V
    np.testing.assert_allclose(slope, 0, atol=1e-8)
    assert np.abs(V).max() > 0.01


def test_sae_solves_its_objective(animals):
    X, y, S = animals
    W = fitted(SAE(lamda=3.0), animals).weights_
    images, described = X[y < 10].T, S[y[y < 10]].T
    slope = -described @ (images - W.T @ described).T + 3.0 * (W @ images - described) @ images.T
    np.testing.assert_allclose(slope, 0, atol=1e-8)


def test_the_dictionary_s_cost_never_rises_and_falls_at_all(animals):
    costs = np.array(fitted(StructuredDictionary(num_atoms=6, rounds=30), animals).objective_)
    assert (np.diff(costs) <= 1e-9 * costs[0]).all()
    assert costs[-1] < 0.9 * costs[0]


def test_the_dictionary_s_cost_is_the_documented_sum(animals):
    X, y, S = animals
    method = fitted(StructuredDictionary(num_atoms=4, within=2.0, balance=3.0, ridge=0.1, rounds=1), animals)
    Xs, labels = X[y < 10], y[y < 10]
    counts = np.bincount(labels)[:, None]
    means = np.stack([Xs[labels == c].mean(axis=0) for c in range(10)])
    rng = np.random.default_rng(1)
    u, B, D = rng.standard_normal((10, 4)), method.image_atoms_, method.description_atoms_
    z = np.linalg.solve(B @ B.T + 2.0 * np.eye(4), (Xs @ B.T + 2.0 * u[labels]).T).T  # images' codes at their best
    expected = ((Xs - z @ B) ** 2).sum() + 2.0 * ((z - u[labels]) ** 2).sum()
    expected += 3.0 * (counts[:, 0] * (((S[:10] - u @ D) ** 2).sum(axis=1) + 0.1 * (u**2).sum(axis=1))).sum()
    assert method._cost(Xs.T @ Xs, means, counts, u, S[:10]) == pytest.approx(expected)


def test_association_is_the_weighted_logistic_regression_over_pairs(animals):
    X, y, S = animals
    rows = np.flatnonzero(y < 10)[::4]
    method = Association(C=0.3, max_iter=2000).fit(X[rows], y[rows], S[:10], seen=SEEN)
    left = np.hstack([X[rows], np.ones((len(rows), 1))])
    right = np.hstack([S[:10], np.ones((10, 1))])
    match = np.eye(10)[y[rows]]
    weights = np.where(match, 1, 1 / 9)

    def objective(W):
        signs = 2 * match - 1
        losses = np.logaddexp(0, -signs * (left @ W @ right.T))
        return 0.3 * (weights * losses).sum() + 0.5 * (W[:-1] ** 2).sum()

    best = objective(method.weights_)
    rng = np.random.default_rng(0)
    for size in (1e-3, 1e-2, 0.1):
        assert all(objective(method.weights_ + size * rng.standard_normal((9, 7))) > best for _ in range(20))


def test_association_answers_whether_a_description_matches(animals):
    X, y, S = animals
    method = fitted(Association(C=1.0), animals)
    chances = method.probabilities(X[y >= 10], S[UNSEEN])
    own = np.eye(3, dtype=bool)[y[y >= 10] - 10]
    assert ((chances > 0) & (chances < 1)).all()
    assert chances[own].mean() > 0.6 > 0.4 > chances[~own].mean()


def test_mixtures_are_the_nearest_shares():
    S = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    np.testing.assert_allclose(mixtures(np.array([[0.3, 0.7]]), S, spread=1e-9), [[0.3, 0.7, 0]], atol=1e-4)
    np.testing.assert_allclose(mixtures(np.array([[9.0, 0.0]]), S, spread=1e-9), [[1, 0, 0]], atol=1e-6)
    np.testing.assert_allclose(mixtures(np.array([[9.0, 0.0]]), S, spread=1e6), np.full((1, 3), 1 / 3), atol=1e-4)


def test_projection_onto_the_simplex_by_hand():
    points = np.array([[0.2, 0.8], [2.0, 0.0], [0.5, 0.1], [-1.0, -1.0]])
    np.testing.assert_allclose(onto_simplex(points), [[0.2, 0.8], [1, 0], [0.7, 0.3], [0.5, 0.5]])


def test_sse_weights_are_the_least_of_its_objective(animals):
    X, y, S = animals
    method = fitted(SSE(C=10.0, spread=0.05, max_per_class=5, max_iter=500), animals)
    chosen = np.concatenate([np.flatnonzero(y == c)[:5] for c in SEEN])
    shares = mixtures(S[:10], S[:10], spread=0.05)
    unit = S[:10] / np.maximum(np.linalg.norm(S[:10], axis=1, keepdims=True), 1e-12)
    margin = 1 - unit @ unit.T

    def objective(w):
        total = 0.0
        for i in chosen:
            scores = shares @ np.array([np.maximum(X[i] - X[y == k].mean(axis=0), 0) @ w for k in SEEN])
            total += sum(max(0, margin[y[i], c] + scores[c] - scores[y[i]]) ** 2 for c in SEEN if c != y[i])
        return 10.0 * total / len(chosen) + w @ w / 2

    best, rng = objective(method.weights_), np.random.default_rng(0)
    assert best < objective(np.zeros(8))
    assert all(objective(method.weights_ + 0.01 * rng.standard_normal(8)) > best for _ in range(10))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": lambda y: y[:-1]}, r"y has shape \(199,\) for 200 rows"),
        ({"y": lambda y: np.where(np.arange(200) == 7, 11, y)}, r"y\[7\] is class 11, an unseen class; 1 such"),
        ({"y": lambda y: np.where(np.arange(200) == 7, 99, y)}, "not among the seen classes"),
        ({"y": lambda y: np.where(y == 4, 5, y)}, "no image of seen class 4"),
        ({"y": lambda y: y + 0.5}, "Labels are whole numbers"),
        ({"y": lambda y: None}, r"y has shape \(\) for 200 rows"),
        ({"y": lambda y: np.where(y == 3, np.nan, y)}, "y: row 60 has no label; 20 of 200"),
        ({"y": lambda y: np.where(y == 3, None, y)}, "y: row 60 has no label; 20 of 200"),
        ({"y": np.zeros_like}, "no image of seen class 1 "),
        ({"X": lambda X: np.where(np.arange(8) == 2, np.nan, X)}, r"X: row 0, column 2 is NaN\. 200 of 200"),
        ({"X": lambda X: [["fur"]] * 200}, "X is no matrix of numbers"),
        ({"S": lambda S: [["fur"]] * 13}, "S is no table of numbers"),
        ({"S": lambda S: np.where(np.arange(13)[:, None] == 4, np.nan, S)}, "S: the description of class 4"),
        ({"seen": lambda _: ["bear", "wolf"]}, r"seen is \['bear', 'wolf'\]\. Name classes by whole numbers"),
        ({"seen": lambda _: [0.5, 1.5]}, "Name classes by whole numbers"),
        ({"X": lambda X: X[0]}, r"X has shape \(8,\)"),
        ({"S": lambda S: S[:5]}, "seen names class 5, and S describes classes 0 to 4"),
        ({"seen": lambda _: [3]}, "1 seen classes"),
        ({"seen": lambda _: [0, 0, 1]}, "seen names a class twice"),
        ({"unseen": lambda _: [9]}, "class 9 is named both seen and unseen"),
    ],
)
def test_bad_input_is_told_in_one_line(change, message, animals):
    X, y, S = animals
    given = {"X": X[y < 10], "y": y[y < 10], "S": S, "seen": SEEN, "unseen": UNSEEN}
    given.update({name: alter(given[name]) for name, alter in change.items()})
    with pytest.raises(RLTransferError, match=message) as error:
        ESZSL().fit(**given)
    assert "\n" not in str(error.value)


def test_settings_that_do_not_hold_and_calls_out_of_order_are_told(animals):
    X, _, _ = animals
    with pytest.raises(ConfigError, match=r"gamma is -1\. It must be a number over 0"):
        fitted(ESZSL(gamma=-1), animals)
    with pytest.raises(ConfigError, match="Did you mean 'features'"):
        fitted(SAE(side="feature"), animals)
    with pytest.raises(ConfigError, match="Call fit first"):
        ESZSL().predict(X)
    with pytest.raises(DataError, match="X has 3 features, and 8"):
        fitted(ESZSL(), animals).predict(X[:, :3])
    with pytest.raises(ConfigError, match="candidates names class 13, and S describes classes 0 to 12"):
        fitted(ESZSL(), animals).scores(X, [13])
    with pytest.raises(ConfigError, match="candidates: none given"):
        fitted(ESZSL(), animals).scores(X, [])


@pytest.mark.parametrize("name", METHODS)
def test_descriptions_that_no_attribute_of_the_method_fits_are_told(name, animals):
    X, _, S = animals
    method = fitted(METHODS[name], animals)
    for descriptions, message in (
        (S[:, :3], "descriptions has 3 columns, and 6 are expected"),
        (S[0], r"descriptions has shape \(6,\)"),
        (np.where(S > 0, np.nan, S), "descriptions: row 0, column . is NaN"),
        ([["fur"] * 6], "descriptions is no matrix of numbers"),
    ):
        with pytest.raises(DataError, match=message):
            method.match(X, descriptions)
