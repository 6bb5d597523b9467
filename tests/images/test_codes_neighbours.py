"""Neighbours in code space: equal to scikit-learn's, and to what a small example says by hand."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from rltransfer.errors import DataError, UnknownNameError
from rltransfer.images.codes import knn_predict, linear_probe, neighbours, separation
from rltransfer.images.codes.nearest import vote

RNG = np.random.default_rng(0)
CODES = RNG.normal(size=(700, 9)).astype(np.float32)
LABELS = RNG.integers(0, 4, 700)
QUERIES = RNG.normal(size=(600, 9)).astype(np.float32)  # more than one chunk


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_neighbours_and_votes_are_scikit_learns(metric, weights):
    model = KNeighborsClassifier(7, metric=metric, weights=weights, algorithm="brute").fit(CODES.astype(float), LABELS)
    expected, rows = model.kneighbors(QUERIES.astype(float))
    indices, distances = neighbours(CODES, QUERIES, count=7, metric=metric)
    np.testing.assert_array_equal(indices, rows)
    np.testing.assert_allclose(distances, expected, atol=1e-9)
    shares = vote(LABELS, indices, distances, num_classes=4, weights=weights)
    np.testing.assert_allclose(shares, model.predict_proba(QUERIES.astype(float)), atol=1e-9)
    predicted = knn_predict(CODES, LABELS, QUERIES, count=7, metric=metric, weights=weights)
    np.testing.assert_array_equal(predicted, model.predict(QUERIES.astype(float)))


def test_by_hand():
    codes = np.array([[1.0, 0], [2, 0], [0, 3], [-1, 0]])
    indices, distances = neighbours(codes, np.array([[5.0, 0]]), count=4, metric="cosine")
    assert indices.tolist() == [[0, 1, 2, 3]]  # of equally near ones the earlier first
    np.testing.assert_allclose(distances, [[0, 0, 1, 2]])
    indices, distances = neighbours(codes, np.array([[5.0, 0]]), count=2, metric="euclidean")
    assert (indices.tolist(), distances.tolist()) == ([[1, 0]], [[3, 4]])
    assert neighbours(np.zeros((2, 2)), codes, count=1)[1].tolist() == [[1]] * 4


def test_equally_near_ones_come_in_order():
    codes = np.repeat([[1.0, 0]], 300, axis=0)
    assert neighbours(codes, codes[:1], count=5)[0].tolist() == [[0, 1, 2, 3, 4]]


def test_each_is_left_out_of_its_own_neighbours():
    indices, _ = neighbours(CODES, CODES, count=3, leave_out_self=True)
    assert not (indices == np.arange(700)[:, None]).any()
    assert (neighbours(CODES, CODES, count=1)[0][:, 0] == np.arange(700)).all()


def test_separation_is_1_of_clusters_and_chance_of_noise():
    centres = 20 * np.eye(4)[LABELS]
    clustered = centres + RNG.normal(size=(700, 4))
    assert separation(clustered, LABELS) == 1
    assert separation(CODES, LABELS) < 0.35
    few = np.array([[0.0, 1], [0.1, 1], [1, 0], [1, 0.1], [0, 1.1]])
    assert separation(few, np.array([0, 0, 1, 1, 1]), count=1) == 0.6  # the first and the last are each other's nearest


def test_a_distance_of_0_counts_alone():
    shares = vote(
        np.array([0, 1, 1]), np.array([[0, 1, 2]]), np.array([[0, 1e-9, 1]]), num_classes=2, weights="distance"
    )
    assert shares.tolist() == [[1, 0]]


@pytest.mark.parametrize(
    ("codes", "queries", "count", "message"),
    [
        (np.ones((3, 2)), np.ones((3, 3)), 1, "must have the same width"),
        (np.ones((3, 2)), np.ones((3, 2)), 4, "4 neighbours are asked for, but there are 3"),
        (np.ones((3, 2)), np.ones((3, 2)), 0, "0 neighbours"),
        (np.array([[1, 2], [3, np.nan]]), np.ones((3, 2)), 1, "code 1 has nan at place 1"),
        (np.ones((3, 2)), np.array([[1, np.inf]]), 1, "code 0 has inf at place 1"),
    ],
)
def test_what_cannot_be_is_told(codes, queries, count, message):
    with pytest.raises(DataError, match=message):
        neighbours(codes, queries, count=count)


def test_names_and_labels_that_do_not_hold_are_told():
    with pytest.raises(UnknownNameError, match=r"unknown metric 'euclid'\. Did you mean 'euclidean'"):
        knn_predict(CODES, LABELS, QUERIES, metric="euclid")
    with pytest.raises(UnknownNameError, match="unknown weights 'distances'"):
        knn_predict(CODES, LABELS, QUERIES, weights="distances")
    for ask in (lambda: knn_predict(CODES, LABELS[:-1], QUERIES), lambda: separation(CODES, LABELS[:-1])):
        with pytest.raises(DataError, match=r"labels has shape \(699,\) for 700 rows"):
            ask()
    missing = np.where(LABELS == 1, np.nan, LABELS)
    for labels, message in ((missing, "has no label"), (LABELS.astype(str), "Number the"), (LABELS - 9, "from 0")):
        with pytest.raises(DataError, match=message):
            knn_predict(CODES, labels, QUERIES)
        with pytest.raises(DataError, match=message):
            separation(CODES, labels)


def test_a_probe_learns_what_is_linear():
    labels = (QUERIES[:, 0] > 0.2).astype(int)
    probe = linear_probe(QUERIES[:400], labels[:400])
    assert probe.score(QUERIES[400:], labels[400:]) > 0.95
    assert linear_probe(QUERIES[:400], RNG.integers(0, 2, 400)).score(QUERIES[400:], labels[400:]) < 0.7
    with pytest.raises(DataError, match="two classes"):
        linear_probe(QUERIES, np.zeros(600, int))
    with pytest.raises(DataError, match="code 0 has nan"):
        linear_probe(np.full((600, 1), np.nan), LABELS[:600])
    with pytest.raises(DataError, match=r"labels has shape \(5,\) for 600 rows"):
        linear_probe(QUERIES, np.zeros(5, int))
    with pytest.raises(DataError, match="labels: row 0 has no label; 600 of 600"):
        linear_probe(QUERIES, np.full(600, np.nan))
