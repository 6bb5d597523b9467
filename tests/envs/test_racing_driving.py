"""Racing: Gymnasium's own path, and cars, tracks and rewards by a line of mechanics or geometry."""

import math

import numpy as np
import pytest

from rltransfer.errors import ConfigError
from rltransfer_envs.racing.factors import CRUISE_SPEED
from rltransfer_envs.racing.family import RACING

FPS = 50
REST = np.zeros(3, np.float32)


def made(task="race", robot="continuous", pictures=False, **environment):
    env = RACING.make(RACING.task(robot=robot, task=task, environment=environment))
    env.unwrapped._is_drawn = pictures
    return env


def begun(seed=0, **options):
    """An environment after its reset, and what is behind its wrapper."""
    env = made(**options)
    env.reset(seed=seed)
    return env, env.unwrapped


def towards(env, speed, ahead=5):
    """An action that follows the road's middle, chosen with eyes on the simulator."""
    sim = env.unwrapped
    way = np.array([piece[2:4] for piece in sim.track])
    place = np.array(sim.car.hull.position)
    nearest = int(np.argmin(((way - place) ** 2).sum(axis=1)))
    goal = way[(nearest + (-ahead if sim._is_clockwise else ahead)) % len(way)] - place
    nose = sim.car.hull.GetWorldVector((0, 1))
    error = math.atan2(nose[0] * goal[1] - nose[1] * goal[0], nose[0] * goal[0] + nose[1] * goal[1])
    now = math.hypot(*sim.car.hull.linearVelocity)
    return np.array([np.clip(-2 * error, -1, 1), 0.5 * (now < speed), 0.3 * (now > speed + 5)], np.float32)


def driven(env, speed=50, seed=0):
    """Rewards and the last info of an episode that is driven well."""
    env.reset(seed=seed)
    rewards = []
    while True:
        _, reward, terminated, truncated, info = env.step(towards(env, speed))
        rewards.append(reward)
        if terminated or truncated:
            return np.array(rewards), info


def set_going(sim, velocity):
    for body in (sim.car.hull, *sim.car.wheels):
        body.linearVelocity = velocity


def put(sim, x, y):
    """The whole car moved, its nose up."""
    middle = np.array(sim.car.hull.position)
    for body in (sim.car.hull, *sim.car.wheels):
        body.position = tuple(np.array(body.position) - middle + (x, y))


def test_driving_a_long_way_is_gymnasiums_path_in_the_first_episode_and_later():
    env, sim = begun(seed=4)
    upstream = RACING.upstream(RACING.task()).unwrapped
    upstream._render = lambda mode: None
    upstream.reset(seed=4)
    for step in range(400):
        if step == 200:
            assert sim.tile_visited_count > 40
            env.reset()
            upstream.reset()
        action = towards(env, 75)
        ours, theirs = env.step(action), upstream.step(action)
        assert ours[1:4] == theirs[1:4]
        assert tuple(sim.car.hull.position) == tuple(upstream.car.hull.position)
    assert sim.tile_visited_count > 40


def test_two_side_by_side_are_as_they_are_alone():
    factors = ({"engine": 2.0, "track_width": 1.5, "wheel_radius": 1.4}, {"friction": 0.3, "turn_rate": 0.2})
    action = np.array([0.2, 1.0, 0.0], np.float32)

    def path(env, steps):
        return [(env.step(action)[1], *env.unwrapped.car.hull.position) for _ in range(steps)]

    alone = [path(begun(**environment)[0], 60) for environment in factors]
    envs = [begun(**environment)[0] for environment in factors]
    together = [[], []]
    for _ in range(60):
        for env, rows in zip(envs, together, strict=True):
            rows.extend(path(env, 1))
    assert together == alone
    assert alone[0] != alone[1]


@pytest.mark.parametrize(("surface", "grip"), [("road", 1.0), ("grass", 0.2)])
@pytest.mark.parametrize("friction", [0.3, 1.5])
def test_a_sliding_car_is_slowed_by_four_times_the_grip(surface, grip, friction):
    env, sim = begun(friction=friction, grass_friction=0.2)
    if surface == "grass":
        put(sim, 0.0, 0.0)
        env.step(REST)
    angle = sim.car.hull.angle
    set_going(sim, (40 * math.cos(angle), 40 * math.sin(angle)))
    bodies = [sim.car.hull, *sim.car.wheels]
    assert all(bool(wheel.tiles) == (surface == "road") for wheel in sim.car.wheels)
    before = sum(body.mass * np.array(body.linearVelocity) for body in bodies)
    env.step(REST)
    after = sum(body.mass * np.array(body.linearVelocity) for body in bodies)
    assert np.linalg.norm(after - before) * FPS == pytest.approx(4 * 400 * friction * grip, rel=0.02)


def test_engine_wheels_brakes_and_steering():
    for engine in (0.4, 2.0):
        env, sim = begun(engine=engine)
        env.step(np.array([0, 1, 0], np.float32))
        # gas rises by 0.1 a step; power / (inertia * 5 rad/s), less the tyre's force, which slides from 400 on
        spun = engine * 40_000 * 0.1 / FPS / 1.6 / 5
        grip = min(400, 82 * 0.54 * spun)
        assert sim.car.wheels[2].omega == pytest.approx(spun - grip * 0.54 / FPS / 1.6, rel=1e-3)
    env, sim = begun(wheel_radius=1.4, brakes=0.2, steering=0.3, hull_mass=3.0)
    plain = begun()[1]
    assert sim.car.wheels[0].wheel_rad == pytest.approx(1.4 * plain.car.wheels[0].wheel_rad)
    assert sim.car.hull.mass == pytest.approx(3 * plain.car.hull.mass)
    env.step(np.array([-1, 0, 1], np.float32))
    assert sim.car.wheels[0].brake == pytest.approx(0.2)
    assert sim.car.wheels[0].steer == pytest.approx(0.3)


def test_a_few_tracks_are_those_of_gymnasiums_first_seeds():
    tracks = [begun(seed=k)[1].track for k in range(3)]
    env, sim = begun(tracks=3)
    met = []
    for _ in range(12):
        met.append(next(k for k, track in enumerate(tracks) if track == sim.track))
        env.reset()
    assert set(met) == {0, 1, 2}
    assert begun(seed=5)[1].track not in tracks


def test_the_road_has_the_size_asked_for():
    for width in (0.6, 1.5):
        _, sim = begun(track_width=width)
        left, right = (np.array(corner) for corner in sim.road_poly[0][0][:2])
        assert np.linalg.norm(left - right) == pytest.approx(2 * width * 40 / 6)
    lengths = [len(begun(seed=s, track_radius=size)[1].track) for size in (0.6, 1.25) for s in range(3)]
    assert max(lengths[:3]) < min(lengths[3:])
    for rate in (0.2, 0.45):
        for seed in range(3):
            _, sim = begun(seed=seed, turn_rate=rate)
            bends = np.abs(np.diff([piece[1] for piece in sim.track]))
            assert bends[bends < 3].max() == pytest.approx(rate, rel=0.15)


def test_every_bound_of_the_layout_finds_a_track():
    bounds = [
        {name: end} for name in ("track_radius", "turn_rate", "track_width") for end in RACING.factors[name].extremes()
    ]
    bounds += [{"track_radius": 0.6, "turn_rate": 0.2, "track_width": 1.5}]
    for environment in bounds:
        env = made(**environment)
        for seed in range(4):
            env.reset(seed=seed)


def test_the_start_is_where_it_is_asked_for():
    _, plain = begun()
    _, beside = begun(start_offset=12.0)
    apart = np.array(beside.car.hull.position) - np.array(plain.car.hull.position)
    assert np.linalg.norm(apart) == pytest.approx(12.0, abs=0.05)
    assert not any(wheel.tiles for wheel in beside.car.wheels)
    _, turned = begun(direction="clockwise")
    assert turned.car.hull.angle == pytest.approx(plain.car.hull.angle + math.pi, abs=0.01)
    gaps = [
        np.linalg.norm(np.array(wheel.position) - np.array(sim.car.hull.GetWorldPoint((x * 0.02, y * 0.02))))
        for sim in (plain, turned)
        for wheel, (x, y) in zip(sim.car.wheels, [(-55, 80), (55, 80), (-55, -82), (55, -82)], strict=True)
    ]
    assert max(gaps) < 0.1


@pytest.mark.parametrize("direction", ["counter-clockwise", "clockwise"])
def test_a_driver_succeeds_either_way_round(direction):
    rewards, info = driven(made(task="clean", direction=direction), seed=1)
    assert info["is_success"]
    assert rewards.sum() > 850


def test_cruising_succeeds_by_its_return():
    rewards, info = driven(made(task="cruise"), speed=32)
    assert rewards.sum() > 850
    assert len(rewards) == 1000
    assert info == {"is_success": True}
    rewards, info = driven(made(task="cruise"), speed=8)
    assert rewards.sum() < 500
    assert info == {"is_success": False}


@pytest.mark.parametrize("direction", ["counter-clockwise", "clockwise"])
@pytest.mark.parametrize(
    ("speed", "share"), [(CRUISE_SPEED, 1), (CRUISE_SPEED / 2, 0.5), (2.5 * CRUISE_SPEED, 0), (-9, 0)]
)
def test_cruise_rewards_the_speed_along_the_road(direction, speed, share):
    env, sim = begun(task="cruise", direction=direction)
    nose = sim.car.hull.GetWorldVector((0, 1))
    set_going(sim, (speed * nose[0], speed * nose[1]))
    for wheel in sim.car.wheels:
        wheel.omega = speed / wheel.wheel_rad
    assert env.step(REST)[1] == pytest.approx(share, abs=0.05)


def test_clean_takes_a_quarter_for_each_wheel_off_the_road():
    prices = []
    for task in ("race", "clean"):
        env, sim = begun(task=task, start_offset=12.0)
        env.step(REST)
        prices.append(env.step(REST)[1])
        put(sim, *np.array(sim.track[5][2:4]))
    assert prices == pytest.approx([-0.1, -1.1])
    env, sim = begun(task="clean")
    env.step(REST)
    assert env.step(REST)[1] == pytest.approx(-0.1)


@pytest.mark.parametrize("task", RACING.tasks)
def test_leaving_the_field_ends_it(task):
    env, sim = begun(task=task)
    put(sim, 340.0, 0.0)
    _, reward, terminated, truncated, info = env.step(REST)
    assert (reward, terminated, truncated) == (-100, True, False)
    assert info["is_success"] is False


def test_random_colours_leave_the_tracks_alone():
    env, sim = begun(domain_randomize=True)
    assert sim.track == begun()[1].track
    worn = sim.road_color
    env.reset()
    assert not np.array_equal(worn, sim.road_color)
    np.testing.assert_array_equal(worn, begun(domain_randomize=True)[1].road_color)


def test_a_wrong_render_mode_is_refused():
    with pytest.raises(ConfigError, match="rgb_array"):
        RACING.make(RACING.task(), render_mode="human")
