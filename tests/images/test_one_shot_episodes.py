"""Episodes: as many as asked for, nothing twice, the same for the same seed."""

import numpy as np
import pytest

from rltransfer.errors import ConfigError, DataError
from rltransfer.images.one_shot import sample_episode

LABELS = np.repeat(np.arange(10), [4, 4, 4, 4, 4, 4, 4, 4, 4, 2])
GROUPS = LABELS // 5  # classes 0 to 4, and 5 to 9


def rng(seed=0):
    return np.random.default_rng(seed)


def test_an_episode_has_its_ways_shots_and_queries_and_nothing_twice():
    for seed in range(20):
        episode = sample_episode(LABELS, ways=5, shots=1, queries=3, rng=rng(seed))
        assert episode.support.shape == (5, 1)
        assert episode.query.shape == (5, 3)
        drawn = np.hstack([episode.support, episode.query])
        assert len(np.unique(drawn)) == drawn.size
        assert (LABELS[drawn] == episode.classes[:, None]).all()
        assert 9 not in episode.classes  # it has two examples only


def test_the_seed_decides():
    first = [sample_episode(LABELS, ways=3, shots=1, queries=1, rng=rng(s)).support.tolist() for s in (1, 1, 2)]
    assert first[0] == first[1] != first[2]


def test_every_class_is_drawn_in_time():
    draws = rng()
    seen = {c for _ in range(60) for c in sample_episode(LABELS, ways=2, shots=1, queries=1, rng=draws).classes}
    assert seen == set(range(10))


def test_classes_come_from_as_many_groups_as_asked_for():
    for seed in range(20):
        one = sample_episode(LABELS, ways=4, shots=1, queries=1, rng=rng(seed), groups=GROUPS)
        assert len(set(one.classes // 5)) == 1
        two = sample_episode(LABELS, ways=4, shots=1, queries=1, rng=rng(seed), groups=GROUPS, num_groups=2)
        assert sorted(two.classes // 5) == [0, 0, 1, 1]
    few = sample_episode(LABELS, ways=9, shots=1, queries=3, rng=rng(), groups=GROUPS, num_groups=2)
    assert len(few.classes) in (8, 9)  # the group of four such classes may be due five


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"ways": 10, "queries": 3}, r"10 ways of 1 \+ 3 examples: 9 of 10 classes"),
        ({"ways": 1}, "ways is 1"),
        ({"shots": 0}, "shots is 0"),
        ({"ways": 2.5}, "ways is 2.5"),
        ({"groups": GROUPS, "num_groups": 3}, "3 groups an episode, and only 2"),
        ({"groups": LABELS}, "one class only"),
    ],
)
def test_what_cannot_be_drawn_is_told(asked, message):
    with pytest.raises(ConfigError, match=message):
        sample_episode(LABELS, **{"ways": 2, "shots": 1, "queries": 1, "rng": rng(), **asked})


@pytest.mark.parametrize(
    ("labels", "groups", "message"),
    [
        (LABELS, GROUPS[:-1], r"groups has shape \(37,\) for 38 rows"),
        (np.where(LABELS == 3, np.nan, LABELS), None, "labels: row 12 has no label; 4 of 38"),
        (LABELS.astype(str), None, "Number the classes"),
        (np.eye(3)[[0, 1, 2]], None, r"labels has shape \(3, 3\)"),
        (LABELS, np.where(GROUPS == 1, None, "greek"), "groups: row 20 has no label"),
    ],
)
def test_labels_and_groups_that_do_not_fit_are_told(labels, groups, message):
    with pytest.raises(DataError, match=message):
        sample_episode(labels, ways=2, shots=1, queries=1, rng=rng(), groups=groups)
