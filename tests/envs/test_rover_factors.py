"""Every factor does what its kind says, at each of its bounds."""

import numpy as np
import pytest

from rltransfer_envs.rover.factors import PALETTES
from rltransfer_envs.rover.family import ROVER
from rltransfer_envs.rover.palettes import FLOOR, GOAL, GOAL_INNER, HAZARD, HAZARD_INNER, ROBOTS, palette
from rltransfer_envs.rover.vector_env import RoverVectorEnv

CONTEXT = {"gradient_angle": {"gradient": 0.5}}
"""Factors that only show beside another."""
MOVES = [(name, value) for name, factor in ROVER.factors.items() for value in factor.extremes()]
HIDDEN = ("distractors", "occluder", "streams")
"""Of the state, what only pixels depend on; streams hold one for each kind."""


def rollout(environment, *, robot="omni", task="push", num_envs=6, steps=60):
    """Observations and what the trajectory is made of."""
    env = RoverVectorEnv(num_envs, robot=robot, task=task, environment=environment)
    env.action_space.seed(0)
    observations = [env.reset(seed=100)[0]]
    states, outcomes = [], []
    for _ in range(steps):
        # towards the block, so that its mass and friction come to bear
        state = env.get_state()
        gap = state["block"][:, :2] - state["robot"][:, :2]
        actions = np.where(
            np.abs(gap[:, 0]) > np.abs(gap[:, 1]),
            np.where(gap[:, 0] > 0, 0, 2),
            np.where(gap[:, 1] > 0, 1, 3),
        )
        step = env.step(actions)
        observations.append(step[0])
        outcomes.append(np.stack(step[1:4]))
        states.append([v for n, v in env.get_state().items() if n not in HIDDEN])
        states[-1].append(env.get_state()["streams"][:, 0])
    trajectory = [np.concatenate([np.asarray(v, float).ravel() for v in s]) for s in states]
    return np.stack(observations), np.stack(trajectory), np.stack(outcomes)


@pytest.fixture(scope="module")
def default():
    return rollout({})


@pytest.mark.parametrize(("name", "value"), MOVES)
def test_a_factor_changes_what_its_kind_says(name, value, default):
    context = CONTEXT.get(name, {})
    reference = rollout(context) if context else default
    observations, trajectory, outcomes = rollout({**context, name: value})
    if ROVER.factors[name].kind in ("appearance", "sensor"):
        np.testing.assert_array_equal(trajectory, reference[1])
        np.testing.assert_array_equal(outcomes, reference[2])
        assert not np.array_equal(observations, reference[0])
    else:
        assert not np.array_equal(trajectory, reference[1])


def test_the_empty_variation_is_the_default_bit_for_bit(default):
    restated = {name: factor.default for name, factor in ROVER.factors.items()}
    for environment in (None, restated):
        for a, b in zip(default, rollout(environment), strict=True):
            np.testing.assert_array_equal(a, b)


def test_all_four_kinds_have_factors():
    kinds = [factor.kind for factor in ROVER.factors.values()]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "appearance": 6,
        "dynamics": 8,
        "layout": 4,
        "sensor": 8,
    }
    assert all(factor.description for factor in ROVER.factors.values())


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("is_grayscale", [False, True])
def test_no_palette_hides_anything(name, is_grayscale):
    colours = palette(name, is_grayscale=is_grayscale)
    things = [FLOOR, GOAL, HAZARD]
    for k, one in enumerate(things):
        for other in things[k + 1 :]:
            assert np.abs(colours[one] - colours[other]).max() > 30
    for robot in range(3):
        assert np.abs(colours[ROBOTS + robot] - colours[FLOOR]).max() > 30
    assert np.abs(colours[GOAL_INNER] - colours[HAZARD_INNER]).max() > 60


def test_grayscale_is_the_luminance_of_the_coloured_frame():
    coloured, gray = (rollout({"grayscale": on}, steps=10)[0] for on in (False, True))
    assert (gray == gray[..., :1]).all()
    luminance = coloured @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luminance - gray[..., 0]).max() <= 4  # rounding, once for each part drawn


def test_a_zoomed_camera_magnifies_about_the_middle():
    wide, near = (RoverVectorEnv(1, environment={"camera_zoom": z}).reset(seed=4)[0][0] for z in (0.7, 1.3))
    floor = np.array(palette("day")[FLOOR])
    share = [(np.abs(frame - floor).max(-1) < 3).mean() for frame in (wide, near)]
    assert share[1] > 1.5 * share[0]


def test_noise_has_the_deviation_asked_for():
    clean, noisy = (
        RoverVectorEnv(8, environment={"noise": s, "brightness": 0.6}).reset(seed=0)[0].astype(float)
        for s in (0.0, 10.0)
    )
    middle = (clean > 60) & (clean < 200)
    assert (noisy - clean)[middle].std() == pytest.approx(10.0, rel=0.05)
    assert (noisy - clean)[middle].mean() == pytest.approx(0.0, abs=0.3)
