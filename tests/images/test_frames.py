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
        ({"label": "qqq"}, r"Known: palette, .* x, y, .*robot/0 to robot/\d+"),
    ],
)
def test_labels_that_no_frame_has_are_told(options, message):
    with pytest.raises((ConfigError, DataError), match=message):
        Frames(family="rover", frames=8, copies=1, **options).load()


def test_a_family_without_images_is_told():
    message = r"no uint8 images but float32 of shape \(4,\)\. Show pixels: environment: \{observation: pixels\}$"
    with pytest.raises(DataError, match=message):
        Frames(family="cartpole", label="length", values=(0.3, 0.5), frames=8).load()


def test_a_family_that_does_not_tell_its_state_is_labelled_by_factors(monkeypatch):
    def refuse(env, name):
        def tell():
            raise ConfigError(f"{env!r} cannot be put back into a former state")

        return tell

    monkeypatch.setattr("rltransfer.tasks.stepped_in_turn.state_method", refuse)
    with pytest.raises(DataError, match="'rover' does not tell its state, so frames are labelled by factors: palette"):
        Frames(family="rover", label="x", frames=8, copies=1).load()


@pytest.mark.parametrize(
    ("family", "names"),
    [
        ("cartpole", {"position": 0, "angle": 2}),
        ("pendulum", {"angle": 0}),
        ("mountain-car", {"position": 0, "velocity": 1}),
        ("acrobot", {"first_angle": 0, "second_angle": 1}),
    ],
)
def test_classic_systems_tell_positions_and_angles_by_name(family, names):
    known = FAMILIES.get(family)
    env = known.task(environment={"observation": "pixels"}).make_vec(num_envs=2)
    env.reset(seed=[1, 2])
    for _ in range(5):
        env.step(env.action_space.sample())
    state = env.get_state()
    for copy in range(2):
        facts = known.facts(state, copy)
        for name, place in names.items():
            value = state["states"][copy, place]
            is_angle = name.endswith("angle")
            told = np.deg2rad(facts[name]) if is_angle else facts[name]
            np.testing.assert_allclose([np.sin(told), np.cos(told)], [np.sin(value), np.cos(value)], atol=1e-9)
            assert not is_angle or abs(facts[name]) <= 180
    env.close()


def test_what_a_family_draws_is_seen_where_it_shows_agents_numbers():
    spec = Frames(family="cartpole", label="angle", bins=2, rendered=24, frames=40, copies=8, every=2)
    train, test = spec.train_test()
    assert (train.images.shape, len(test)) == ((32, 24, 24, 3), 8)
    assert min(train.counts()) >= 12
    env = FAMILIES.get("cartpole").task().make_vec(num_envs=8, render_mode="rgb_array")
    env.reset(seed=[*spec._seeds(0)])
    drawing = np.asarray(env.render()[3])
    side = drawing.shape[0] // 24
    means = drawing.reshape(24, side, 24, side, 3).mean((1, 3))
    np.testing.assert_allclose(train.images[3], means, atol=1)
    env.close()


def test_an_arm_tells_where_its_goal_is():
    pytest.importorskip("mujoco")
    train, _ = Frames(family="arm", label="goal_x", bins=2, frames=24, copies=12, every=1).train_test()
    assert min(train.counts()) >= 6
