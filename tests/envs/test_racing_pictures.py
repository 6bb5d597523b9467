"""Racing: pictures are Gymnasium's pixel for pixel, and factors change them as they say."""

import numpy as np
import pytest

from rltransfer_envs.racing.colours import from_hue
from rltransfer_envs.racing.family import RACING

ROAD = (slice(0, 84), slice(0, 96))
"""The rows above the dashboard."""


def simulator(seed=0, age=1.5, **environment):
    """A car that stands still while the camera has come near."""
    env = RACING.make(RACING.task(environment=environment), render_mode="rgb_array")
    env.reset(seed=seed)
    env.unwrapped.t = age
    return env.unwrapped


def seen(**environment):
    return simulator(**environment)._render("state_pixels")


def place(sim, x, y, angle):
    middle = np.array(sim.car.hull.position)
    for body in (sim.car.hull, *sim.car.wheels):
        body.position = tuple(np.array(body.position) - middle + (x, y))
        body.angle = angle


def test_pictures_from_anywhere_are_gymnasiums():
    ours = simulator(seed=2)
    upstream = RACING.upstream(RACING.task()).unwrapped
    upstream.reset(seed=2)
    rng = np.random.default_rng(0)
    places = [(*rng.uniform(-333, 333, 2), rng.uniform(-7, 7)) for _ in range(16)]
    places += [(*ours.track[k][2:4], ours.track[k][1]) for k in range(0, 200, 40)]
    places += [(0.0, 0.0, quarter * np.pi / 2) for quarter in range(4)]
    for k, (x, y, angle) in enumerate(places):
        for sim in (ours, upstream):
            place(sim, x, y, angle)
            sim.t = (0.02, 0.5, 3.0, 3.0)[k % 4]
            sim.reward = -97.3 + 31 * k
        for mode in ("state_pixels", "rgb_array") if k % 3 == 0 else ("state_pixels",):
            np.testing.assert_array_equal(ours._render(mode), upstream._render(mode))


def has(frame, *colour):
    """Whether a pixel above the dashboard has ``colour``, but for the rounding of the scaled picture."""
    return bool((np.abs(frame[ROAD].astype(int) - colour).max(axis=-1) <= 3).any())


def test_ground_and_road_have_their_colours():
    plain, blue, red = seen(), seen(grass_hue=240, grass_patches=0), seen(road_brightness=200, road_saturation=1.0)
    assert has(plain, 102, 230, 102)
    assert has(plain, 102, 102, 102)
    assert has(blue, 102, 102, 204)
    assert not has(blue, 102, 102, 230)
    assert not has(blue, 102, 230, 102)
    assert has(red, 200, 0, 0)
    assert not has(red, 102, 102, 102)
    assert has(seen(road_saturation=1.0, road_hue=240, road_brightness=200), 0, 0, 200)
    assert from_hue(120, 0.5, 204) == (102, 204, 102)


def red_pixels(frame):
    frame = frame[ROAD].astype(int)
    return int(((frame[..., 0] > 150) & (frame[..., 1] < 60) & (frame[..., 2] < 60)).sum())


def test_the_camera_comes_nearer_and_the_car_changes_colour():
    sizes = [red_pixels(seen(camera_zoom=zoom)) for zoom in (0.5, 1.0, 1.5)]
    assert 0 < sizes[0] < sizes[1] < sizes[2]
    assert sizes[2] / sizes[1] == pytest.approx(1.5**2, rel=0.35)
    assert red_pixels(seen(car_hue=240)) == 0


def test_a_near_camera_draws_all_that_it_sees():
    frame = seen(camera_zoom=1.5)
    assert (frame[ROAD].sum(axis=-1) > 0).mean() > 0.95


def test_without_a_dashboard_the_bar_is_empty():
    plain, covered = seen(), seen(dashboard=False)
    np.testing.assert_array_equal(plain[:83], covered[:83])
    assert covered[85:].max() == 0
    assert plain[85:].max() > 100


def test_noise_has_its_deviation():
    plain, noisy, again = seen().astype(int), seen(noise=10.0), seen(noise=10.0)
    np.testing.assert_array_equal(noisy, again)
    middle = (plain > 60) & (plain < 195)
    assert (noisy - plain)[middle].std() == pytest.approx(10, rel=0.1)


def test_noise_is_new_every_step_and_owes_nothing_to_pictures_that_were_left_out():
    sim, other = simulator(noise=10.0), simulator(noise=10.0)
    first = sim._render("state_pixels")
    for one in (sim, other):
        with one.without_pictures():
            one.step(np.zeros(3, np.float32))
    second = sim._render("state_pixels")
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, other._render("state_pixels"))


def test_lens():
    gray = seen(grayscale=True)
    assert (gray == gray[..., :1]).all()
    np.testing.assert_allclose(gray[..., 0], seen() @ [0.299, 0.587, 0.114], atol=0.51)
    dark = (seen(occlusion=0.4) == 12).all(axis=-1)
    assert dark.sum() >= round(0.4 * 96) ** 2
    rough, smooth = (np.abs(np.diff(seen(blur=passes)[..., 1].astype(int), axis=0)).sum() for passes in (0, 4))
    assert smooth < rough
