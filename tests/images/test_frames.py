"""Frames of families, labelled by factors, by what families tell of them, and by their states."""

import numpy as np
import pytest

from rltransfer.errors import ConfigError, DataError
from rltransfer.images.data import Frames
from rltransfer.registry import FAMILIES


def test_values_of_a_factor_are_classes():
    spec = Frames(family="rover", label="palette", values=("day", "night"), frames=40, copies=2)
    train, test = spec.train_test()
    assert (train.class_names, train.counts().tolist(), test.counts().tolist()) == (("day", "night"), [16, 16], [4, 4])
    assert train.images.shape == (32, 64, 64, 3)
    means = train.images.mean(axis=(1, 2, 3))
    assert means[train.labels == 0].min() > means[train.labels == 1].max()  # nights are dark


def test_a_seed_gives_the_same_frames_and_another_others():
    def images(seed):
        return Frames(family="rover", label="x", frames=12, copies=2, seed=seed).load().images

    np.testing.assert_array_equal(images(1), images(1))
    assert not np.array_equal(images(1), images(2))


def test_positions_are_put_into_bins_of_as_many_frames():
    train, test = Frames(family="rover", label="x", bins=3, frames=120, copies=12, every=3).train_test()
    assert len(train.class_names) == 3
    assert train.counts().min() >= 30
    assert len(test) == 24
    named = Frames(family="rover", label="robot/0", bins=3, frames=120, copies=12, every=3).train_test()[0]
    np.testing.assert_array_equal(named.labels, train.labels)  # robot/0 is x


def test_facts_are_the_states():
    family = FAMILIES.get("rover")
    env = family.task().make_vec(num_envs=3)
    env.reset(seed=[1, 2, 3])
    state = env.get_state()
    for copy in range(3):
        facts = family.facts(state, copy)
        assert facts["x"] == state["robot"][copy, 0]
        assert facts["goal_y"] == state["goal"][copy, 1]
        assert -180 <= facts["heading"] <= 180
    env.close()


def test_objects_and_colours_are_told():
    pytest.importorskip("minigrid")
    spec = Frames(family="minigrid", task="unlock", label="ahead", frames=300, copies=10, every=2)
    train, _ = spec.train_test()
    assert {"door", "key", "nothing"} >= {*train.class_names} > {"nothing"}
    facing = Frames(family="minigrid", task="unlock", label="facing", frames=60, copies=4).load()
    assert {*facing.class_names} <= {"right", "down", "left", "up"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "palete"}, "Did you mean 'palette'"),
        ({"label": "robot/99"}, "unknown label of frames of family 'rover' 'robot/99'"),
        ({"label": "palette", "values": ("dawn",)}, "factor 'palette' has no value 'dawn'"),
        ({"label": "palette", "values": ("day",)}, "has only the class 'day'"),
    ],
)
def test_labels_that_no_frame_has_are_told(options, message):
    with pytest.raises((ConfigError, DataError), match=message):
        Frames(family="rover", frames=8, copies=1, **options).load()


def test_a_family_without_images_is_told():
    with pytest.raises(DataError, match="observations of this task are no uint8 images"):
        Frames(family="cartpole", label="pole_length", values=(0.3, 0.5), frames=8).load()
