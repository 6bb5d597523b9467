"""Accuracies rederived by hand; topics of descriptions lead to unseen classes."""

import numpy as np
import pytest

from rltransfer.errors import ConfigError
from rltransfer.images.zero_shot import (
    ESZSL,
    Generalised,
    accuracy,
    count_topics,
    description_topics,
    generalised,
    per_class_accuracy,
)


def test_small_classes_weigh_as_much_as_large_ones():
    y, predicted = [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1]
    assert accuracy(y, predicted) == pytest.approx(5 / 6)
    assert per_class_accuracy(y, predicted) == pytest.approx((1 + 0.5) / 2)
    with pytest.raises(ConfigError, match="one of each an image"):
        accuracy([1, 2], [1])


def test_the_generalised_setting_judges_seen_and_unseen_apart():
    class Always:
        def predict(self, X, candidates=None):
            assert sorted(set(candidates)) == [0, 1, 2]
            return np.array([0, 0, 1, 2, 0, 0])

    found = generalised(Always(), np.zeros((6, 1)), [0, 1, 1, 2, 2, 2], seen=[0, 1], unseen=[2])
    assert found == Generalised(seen=(1 + 0.5) / 2, unseen=1 / 3)
    assert found.harmonic == pytest.approx(2 / (1 / 0.75 + 3))
    assert Generalised(0.0, 0.0).harmonic == 0
    with pytest.raises(ConfigError, match="no image of unseen classes"):
        generalised(Always(), np.zeros((6, 1)), [0, 1, 1, 0, 0, 0], seen=[0, 1], unseen=[2])
    with pytest.raises(ConfigError, match=r"\(5,\) labels and \(6,\) predictions"):
        generalised(Always(), np.zeros((6, 1)), [0, 1, 1, 2, 0], seen=[0, 1], unseen=[2])
    with pytest.raises(ConfigError, match=r"y\[3\] is class 7, which is neither seen nor unseen; 2 such"):
        generalised(Always(), np.zeros((6, 1)), [0, 1, 2, 7, 7, 0], seen=[0, 1], unseen=[2])
    with pytest.raises(ConfigError, match="class 1 is named both"):
        generalised(Always(), np.zeros((6, 1)), [0, 1, 2, 0, 0, 0], seen=[0, 1], unseen=[2, 1])


WORDS = {"sea": "swim fin water ocean fish", "sky": "fly wing feather nest beak", "farm": "hoof grass barn herd horn"}


@pytest.mark.parametrize("kind", ["nmf", "lda"])
def test_topics_group_classes_by_the_words_they_share(kind):
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS[w].split(), 12)) for w in WORDS for _ in range(4)]
    topics = description_topics(texts, 3, kind=kind)
    assert topics.shape == (12, 3)
    np.testing.assert_allclose(np.linalg.norm(topics, axis=1), 1)
    alike = topics @ topics.T
    same = np.kron(np.eye(3), np.ones((4, 4))) > 0
    assert alike[same].min() > alike[~same].max()
    np.testing.assert_array_equal(topics, description_topics(texts, 3, kind=kind))


def test_topics_recognise_a_class_never_shown():
    """A class of two topics, each of which other classes show."""
    mixes = [("sea",), ("sky",), ("farm",), ("sea", "farm"), ("sky", "farm"), ("sea", "sky")]
    topics = description_topics([" ".join(WORDS[w] for w in mix) for mix in mixes], 3)
    rng = np.random.default_rng(0)
    truth = np.array([[w in mix for w in WORDS] for mix in mixes], dtype=float)
    y = np.repeat(np.arange(6), 20)
    X = truth[y] @ rng.standard_normal((3, 6)) + 0.1 * rng.standard_normal((120, 6))
    seen = [0, 1, 2, 3]
    method = ESZSL(gamma=0.1, lamda=0.1).fit(X[y < 4], y[y < 4], topics, seen=seen, unseen=[4, 5])
    assert per_class_accuracy(y[y >= 4], method.predict(X[y >= 4])) > 0.9


def test_what_has_no_topics_is_told():
    with pytest.raises(ConfigError, match=r"descriptions\[1\] is empty"):
        description_topics(["swims", " "], 1)
    with pytest.raises(ConfigError, match=r"descriptions\[1\] is empty or no text"):
        description_topics(["swims", None], 1)
    with pytest.raises(ConfigError, match="descriptions are one text"):
        description_topics("swims and flies", 1)
    with pytest.raises(ConfigError, match="counts are no numbers"):
        count_topics([["swims"]], 1)
    with pytest.raises(ConfigError, match=r"1\.5 topics of 3 classes"):
        count_topics(np.ones((3, 5)), 1.5)
    with pytest.raises(ConfigError, match="no word stands in 2 of them"):
        description_topics(["swims", "flies"], 1)
    with pytest.raises(ConfigError, match="3 topics of 2 classes"):
        count_topics(np.ones((2, 5)), 3)
    with pytest.raises(ConfigError, match="class 1 has no word"):
        count_topics([[1, 2], [0, 0]], 1)
    with pytest.raises(ConfigError, match="Known: nmf, lda"):
        count_topics(np.ones((3, 3)), 2, kind="lsa")
    with pytest.raises(ConfigError, match="finite and not negative"):
        count_topics([[1, -1], [1, 1]], 1)
