"""Bipedal: courses, rewards, ends and sensors."""

import numpy as np
import pytest

from rltransfer.errors import ConfigError
from rltransfer_envs.bipedal.course import HEIGHT, START, STEP, draw_course
from rltransfer_envs.bipedal.env import FAR_END
from rltransfer_envs.bipedal.family import BIPEDAL, HARDCORE


def made(task="forward", **environment):
    return BIPEDAL.make(BIPEDAL.task(task=task, environment=environment))


def course(seed=0, **environment):
    return draw_course(np.random.default_rng(seed), BIPEDAL.task(environment=environment).environment.full())


def test_without_roughness_the_ground_is_level():
    assert set(course(roughness=0.0).heights) == {HEIGHT}
    assert set(course().heights[: START + 1]) == {HEIGHT}
    bumps = [np.diff(course(roughness=size).heights).std() for size in (0.5, 1.0, 2.5)]
    assert bumps[0] < bumps[1] < bumps[2]


def test_each_kind_of_obstacle_is_switched_on_alone():
    flat = {"roughness": 0.0}
    assert course(**flat).boxes == []
    stumps = course(stumps=True, **flat)
    assert set(stumps.heights) == {HEIGHT}
    assert {round((max(y for _, y in box) - HEIGHT) / STEP, 6) for box in stumps.boxes} == {1, 2}
    pits = course(pits=True, **flat)
    assert {round((y - HEIGHT) / STEP, 6) for y in pits.heights} == {0, -4}
    stairs = course(stairs=True, **flat)
    corners = np.array(stairs.boxes)
    np.testing.assert_allclose(corners[..., 1].max(axis=1) - corners[..., 1].min(axis=1), STEP, rtol=0.3)
    assert len(stairs.boxes) >= 9  # three flights of three or four
    assert len(course(**HARDCORE).boxes) > 5


def test_obstacles_have_the_sizes_asked_for():
    flat = {"roughness": 0.0}
    low, high = (course(stumps=True, stump_height=size, **flat).boxes for size in (0.25, 2.0))
    for one, other in zip(low, high, strict=True):
        assert other[2][1] - HEIGHT == pytest.approx(8 * (one[2][1] - HEIGHT))
    depths = [
        sum(y < HEIGHT - STEP for y in course(pits=True, pit_width=wide, **flat).heights[:40]) for wide in (-2, 4)
    ]
    assert depths[0] < depths[1]
    boxes = [course(stairs=True, stair_height=rise, **flat).boxes for rise in (0.25, 2.0)]
    climbs = [abs(second[0][1] - first[0][1]) for first, second in (flight[:2] for flight in boxes)]
    np.testing.assert_allclose(climbs, [0.25 * STEP, 2 * STEP])


def _spans(env):
    """(pieces, 2): where each piece of ground begins and ends, metres, in order."""
    xs = [[x for x, _ in body.fixtures[0].shape.vertices] for body in env.terrain]
    return np.array(sorted((round(min(x), 3), round(max(x), 3)) for x in xs))


def test_backward_is_the_mirrored_course():
    there, back = made(pits=True, stumps=True), made(task="backward", pits=True, stumps=True)
    for env in (there, back):
        env.reset(seed=5)
    one, other = there.unwrapped, back.unwrapped
    assert one.terrain_y == other.terrain_y[::-1]
    assert other.hull.position[0] == pytest.approx(FAR_END - 10 * STEP, abs=0.01)
    ours, theirs = _spans(one), _spans(other)
    np.testing.assert_allclose(np.sort(ours.ravel()), np.sort((FAR_END - theirs).ravel()), atol=0.002)


@pytest.mark.parametrize("task", ["backward", "stand"])
def test_rewards_by_hand(task):
    env = made(task=task, motor_torque=100.0)
    env.reset(seed=0)
    action = np.array([0.5, -1.0, 0.25, 0.25], np.float32)
    for _ in range(10):
        hull = env.unwrapped.hull
        before = -130 / 30 * hull.position[0] - 5 * abs(hull.angle)
        _, reward, terminated, _, _ = env.step(action)
        assert not terminated
        after = -130 / 30 * hull.position[0] - 5 * abs(hull.angle)
        expected = after - before
        if task == "stand":
            expected = 0.25 * max(0, 1 - abs(hull.linearVelocity[0])) - 0.25 * abs(hull.angle)
        assert reward == pytest.approx(expected - 0.00035 * 100 * 2.0, abs=1e-9)


def test_torque_costs_what_it_can_be():
    rewards = []
    for torque in (40.0, 160.0):
        env = made(motor_torque=torque)
        env.reset(seed=0)
        rewards.append(env.step(np.zeros(4, np.float32))[1])
    assert rewards[0] == rewards[1]  # nothing is paid for what is not used


@pytest.mark.parametrize("task", BIPEDAL.tasks)
def test_a_fall_costs_100_and_is_no_success(task):
    env = made(task=task)
    env.reset(seed=0)
    terminated = False
    while not terminated:
        _, reward, terminated, truncated, info = env.step(np.array([0.5, 1, 1, 1], np.float32))
        assert not truncated
        assert bool(info) == terminated
    assert reward == -100
    assert info == {"is_success": False}


def _moved(env, metres):
    simulator = env.unwrapped
    for body in (simulator.hull, *simulator.legs):
        body.position = (body.position[0] + metres, body.position[1] + 0.5)


@pytest.mark.parametrize(("task", "metres"), [("forward", 180.2 * STEP), ("backward", -180.2 * STEP)])
def test_the_far_end_is_success(task, metres):
    env = made(task=task, roughness=0.0, wind=15.0 if task == "forward" else -15.0)
    env.reset(seed=0)
    _moved(env, metres)
    _, reward, terminated, _, info = env.step(np.zeros(4, np.float32))
    assert terminated
    assert info == {"is_success": True}
    assert reward > 100  # it was carried there


@pytest.mark.parametrize(("task", "metres"), [("forward", -5.0), ("backward", 5.0)])
def test_the_near_end_is_a_fall(task, metres):
    env = made(task=task, roughness=0.0)
    env.reset(seed=0)
    _moved(env, metres)
    _, reward, terminated, _, info = env.step(np.zeros(4, np.float32))
    assert (reward, terminated, info) == (-100, True, {"is_success": False})


@pytest.mark.parametrize(
    ("task", "environment", "limit"), [("forward", {}, 1600), ("forward", {"pits": True}, 2000), ("stand", {}, 400)]
)
def test_time_limits(task, environment, limit):
    env = made(task=task, **environment)
    env.reset(seed=0)
    simulator = env.unwrapped
    assert simulator._time_limit == limit
    simulator._steps = limit - 2
    assert not env.step(np.zeros(4, np.float32))[3]
    _, _, terminated, truncated, info = env.step(np.zeros(4, np.float32))
    assert truncated
    assert not terminated
    assert info == {"is_success": task == "stand"}


def test_rays_tell_the_same_distance_at_any_range():
    seen = {}
    for reach in (3.0, 160 / 30, 12.0):
        env = made(lidar_range=reach)
        seen[reach] = env.reset(seed=0)[0][14:] * reach
    near = seen[3.0] < 2.999
    assert near.any()
    assert not near.all()
    np.testing.assert_allclose(seen[3.0][near], seen[12.0][near], rtol=1e-4)
    np.testing.assert_allclose(seen[3.0][near], seen[160 / 30][near], rtol=1e-4)


def _readings(**environment):
    env = made(**environment)
    seen = [env.reset(seed=3)[0]]
    for k in range(60):
        seen.append(env.step(np.array([0.1, 0.6 if k % 2 else 0.5, 0.1, 0.6], np.float32))[0])
    return np.array(seen)


def test_noise_has_its_deviation_and_blindness_sees_nothing():
    plain = _readings()
    noise = _readings(noise=0.1) - plain
    assert noise[:, :8].std() == pytest.approx(0.1, rel=0.15)
    assert abs(noise[:, 14:]).max() == 0
    rays = _readings(lidar_noise=0.1) - plain
    inside = (plain[:, 14:] > 0.35) & (plain[:, 14:] < 0.65)
    assert rays[:, 14:][inside].std() == pytest.approx(0.1, rel=0.2)
    assert abs(rays[:, :14]).max() == 0
    blind = _readings(blind=True, lidar_noise=0.5)
    assert (blind[:, 14:] == 1).all()
    np.testing.assert_array_equal(blind[:, :14], plain[:, :14])


def test_a_wrong_render_mode_is_refused():
    with pytest.raises(ConfigError, match="rgb_array"):
        BIPEDAL.make(BIPEDAL.task(), render_mode="human")
