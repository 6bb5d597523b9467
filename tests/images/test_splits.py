"""Training and test sets, and few examples a class."""

import numpy as np
import pytest

from rltransfer.errors import DataError
from rltransfer.images.data import Digits, FeatureSet, ImageSet, few_per_class, joined, split
from rltransfer.images.data.splits import of_classes

LABELS = np.repeat([0, 2, 1], [10, 30, 20])
DATA = FeatureSet(labels=LABELS, class_names=("a", "b", "c", "none"), features=np.arange(60.0)[:, None])


def test_a_split_is_stratified_and_complete():
    train, test = split(DATA, test_fraction=0.3, seed=4)
    assert test.counts().tolist() == [3, 6, 9, 0]
    both = np.concatenate([train.features, test.features]).ravel()
    np.testing.assert_array_equal(np.sort(both), np.arange(60))
    assert train.class_names == DATA.class_names
    for part in (train, test):
        np.testing.assert_array_equal(part.labels, LABELS[part.features.ravel().astype(int)])


def test_a_seed_draws_the_same_and_another_another():
    def drawn(seed):
        return split(DATA, seed=seed)[1].features.ravel().tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    assert few_per_class(DATA, 5, seed=1).features.tolist() != few_per_class(DATA, 5, seed=2).features.tolist()


def test_even_the_smallest_class_is_in_both_parts():
    data = DATA.take([0, 1, 10, 11, 12, 13])
    for fraction in (0.01, 0.99):
        train, test = split(data, test_fraction=fraction)
        assert min(*train.counts()[[0, 2]], *test.counts()[[0, 2]]) == 1
    with pytest.raises(DataError, match="class 'a' has one example"):
        split(DATA.take([0, 10, 11]))


def test_smaller_subsets_lie_in_larger_ones():
    sizes = [set(few_per_class(DATA, count, seed=3).features.ravel()) for count in (1, 5, 10)]
    assert [len(size) for size in sizes] == [3, 15, 30]
    assert sizes[0] < sizes[1] < sizes[2]
    assert few_per_class(DATA, 5, seed=3).counts().tolist() == [5, 5, 5, 0]
    assert few_per_class(DATA, "all") is DATA


def test_what_is_drawn_of_a_class_hangs_on_no_other():
    alone = few_per_class(DATA.take(np.flatnonzero(LABELS == 2)), 5, seed=3)
    among = few_per_class(DATA, 5, seed=3)
    np.testing.assert_array_equal(alone.features.ravel() - 10, among.features[among.labels == 2].ravel() - 10)


def test_some_classes_are_kept_and_numbered_as_named():
    kept = of_classes(DATA, ("c", "a"))
    assert kept.class_names == ("c", "a")
    assert kept.labels.tolist() == [
        {"c": 0, "a": 1}[DATA.class_names[k]] for k in LABELS if DATA.class_names[k] in "ac"
    ]
    assert kept.features.tolist() == DATA.features[np.isin(LABELS, [0, 2])].tolist()
    train, test = Digits(only=("7", "2")).train_test(per_class=3)
    every, tested = Digits().train_test()
    assert train.counts().tolist() == [3, 3]
    assert train.class_names == test.class_names == ("7", "2")
    sevens = every.images[every.labels == 7]
    assert all((sevens == image).all((1, 2, 3)).any() for image in train.images[train.labels == 0])
    np.testing.assert_array_equal(test.images[test.labels == 1], tested.images[tested.labels == 2])


@pytest.mark.parametrize(("names", "told"), [(("a", "q"), "unknown class 'q'"), (("a", "a"), "named twice")])
def test_classes_that_are_not_there_are_told(names, told):
    with pytest.raises(DataError, match=told):
        of_classes(DATA, names)


def test_too_few_examples_are_told():
    with pytest.raises(DataError, match=r"class 'a' has 10 examples, but per_class asks for 11. Ask for at most 10"):
        few_per_class(DATA, 11)
    with pytest.raises(DataError, match="must be at least 1"):
        few_per_class(DATA, 0)


@pytest.mark.parametrize(
    ("labels", "features", "message"),
    [
        ([0, 1], np.ones((3, 2)), "3 examples, but 2 labels"),
        ([0, 2], np.ones((2, 2)), "labels go from 0 to 2, but 2 classes"),
        ([0.5, 1], np.ones((2, 2)), "labels must be whole numbers"),
        ([0, 1], np.ones(2), "features must be numbers of shape"),
        ([0, 1], [[1.0, 2], [3, np.nan]], "row 1: feature 1 is nan"),
    ],
)
def test_a_set_refuses_what_does_not_fit(labels, features, message):
    with pytest.raises(DataError, match=message):
        FeatureSet(labels=np.array(labels), class_names=("a", "b"), features=np.asarray(features))


def test_images_are_checked_and_joined():
    small, large = np.zeros((2, 4, 4, 3), np.uint8), np.ones((1, 5, 6, 3), np.uint8)
    one = ImageSet(labels=np.array([0, 1]), class_names=("a", "b"), images=small)
    other = ImageSet(labels=np.array([1]), class_names=("a", "b"), images=large)
    both = joined([one, other])
    assert [image.shape for image in both.images] == [(4, 4, 3), (4, 4, 3), (5, 6, 3)]
    assert both.labels.tolist() == [0, 1, 1]
    assert isinstance(joined([one, one]).images, np.ndarray)
    with pytest.raises(DataError, match="float64"):
        ImageSet(labels=np.array([0]), class_names=("a",), images=np.zeros((1, 4, 4, 3)))
    with pytest.raises(DataError, match="different classes do not join"):
        joined([one, ImageSet(labels=np.array([0]), class_names=("c",), images=large)])
