"""Highway held against arithmetic, the car-following model and upstream's own objects."""

import sys
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest

from rltransfer.errors import MissingExtraError
from rltransfer_envs.highway.factors import FACTORS
from rltransfer_envs.highway.family import HIGHWAY

pytest.importorskip("highway_env")


@pytest.fixture
def make():
    made = []

    def one(task="highway", robot="meta", *, seed=1, **environment):
        env = HIGHWAY.make(HIGHWAY.task(robot=robot, task=task, environment=environment))
        env.reset(seed=seed)
        made.append(env)
        return env

    yield one
    for env in made:
        env.close()


def others(env):
    return [vehicle for vehicle in env.unwrapped.road.vehicles if vehicle is not env.unwrapped.vehicle]


@pytest.mark.parametrize(
    ("task", "ends", "lanes"), [("highway", ("0", "1"), 3), ("merge", ("a", "b"), 2), ("roundabout", ("se", "ex"), 2)]
)
def test_extra_lanes_are_added_to_the_roads_own(make, task, ends, lanes):
    for extra in (0, 2):
        graph = make(task, extra_lanes=extra).unwrapped.road.network.graph
        assert len(graph[ends[0]][ends[1]]) == lanes + extra


def test_traffic_scales_the_number_of_cars_and_density_their_distance(make):
    assert [len(others(make(traffic=traffic))) for traffic in (0.4, 1.0, 1.8)] == [8, 20, 36]
    spread = [max(car.position[0] for car in others(make(density=density))) for density in (0.5, 1.0, 2.0)]
    assert spread[0] > 1.5 * spread[1] > 2 * spread[2]


def test_the_radius_is_the_roundabouts(make):
    lanes = make("roundabout", radius=30).unwrapped.road.network.graph["se"]["ex"]
    assert [lane.radius for lane in lanes] == [30, 34]


def test_other_cars_keep_the_time_gap_asked_for(make):
    """Treiber et al. 2000, equation 3: the wanted gap grows by the speed times the time gap."""
    gaps = {}
    for gap in (0.5, 3.0):
        car, ahead = others(make(time_gap=gap))[:2]
        gaps[gap] = car.desired_gap(car, ahead)
    assert gaps[3.0] - gaps[0.5] == pytest.approx(2.5 * car.speed)
    assert car.speed > 10


def test_traffic_speed_scales_what_cars_want_and_what_roads_allow(make):
    plain, slow = make(), make(traffic_speed=0.6)
    wanted = [[car.target_speed for car in others(env)] for env in (plain, slow)]
    assert np.array(wanted[1]) == pytest.approx(0.6 * np.array(wanted[0]))
    assert slow.unwrapped.vehicle.lane.speed_limit == pytest.approx(18)
    for env in (plain, slow):
        for _ in range(3):
            env.step(1)
    speeds = [np.mean([car.speed for car in others(env)]) for env in (plain, slow)]
    assert speeds[1] < 0.9 * speeds[0]


def test_cars_that_come_later_have_the_same_manners(make):
    env = make("intersection", politeness=0.7, traffic=1.8)
    before = set(map(id, others(env)))
    for _ in range(4):
        env.step(1)
    assert {id(car) for car in others(env)} - before
    assert {car.POLITENESS for car in others(env)} == {0.7}
    assert {car.TIME_WANTED for car in others(env)} == {1.5}


def test_the_crossing_leaves_cars_elsewhere_as_they_were(make):
    from highway_env.vehicle.behavior import IDMVehicle

    env = make("intersection")
    assert {car.DISTANCE_WANTED for car in others(env)} == {7}
    assert (IDMVehicle.DISTANCE_WANTED, IDMVehicle.COMFORT_ACC_MAX, IDMVehicle.COMFORT_ACC_MIN) == (10, 3, -5)


def test_rates_count_decisions_and_steps_a_second(make):
    env = make(decision_rate=5, simulation_rate=15)
    env.step(1)
    assert (env.unwrapped.time, env.unwrapped.steps) == (pytest.approx(0.2), 3)


@pytest.mark.parametrize("task", ["merge", "roundabout"])
def test_a_car_that_steers_itself_is_not_taken_for_changing_lanes(make, task):
    env = make(task, "continuous")
    assert env.unwrapped._rewards(np.zeros(2, np.float32))["lane_change_reward"] == 0
    reward = env.step(np.zeros(2, np.float32))[1]
    assert np.isfinite(reward)


def test_a_car_that_stops_at_the_merge_is_cut_off_without_success(make):
    env = make("merge", "continuous", traffic=0.4)
    ended, steps = False, 0
    while not ended:
        _, _, terminated, truncated, info = env.step(np.array([-1 if steps < 6 else 0, 0], np.float32))
        ended, steps = terminated or truncated, steps + 1
    assert (terminated, truncated, steps, info["is_success"]) == (False, True, 40, False)


@pytest.mark.parametrize(
    ("task", "terminated", "crashed", "on_road", "success"),
    [
        ("highway", False, False, True, True),
        ("highway", False, False, False, False),
        ("highway", True, True, True, False),
        ("intersection", True, False, True, True),
        ("intersection", True, True, True, False),
        ("intersection", False, False, True, False),
        ("merge", True, False, True, True),
    ],
)
def test_success_is_told_at_the_end(task, terminated, crashed, on_road, success):
    env = driving(task, end=(terminated, not terminated), vehicle=SimpleNamespace(crashed=crashed, on_road=on_road))
    env.reset(seed=0)
    assert env.step(0)[4] == {"is_success": success}


def driving(task="highway", *, end=(False, False), vehicle=None, **values):
    from rltransfer_envs.highway.driving import Driving

    class Still(gymnasium.Env):
        observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (5, 5), np.float32)
        action_space = gymnasium.spaces.Discrete(5)
        time = 1.0

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.ones((5, 5), np.float32), {}

        def step(self, action):
            return np.ones((5, 5), np.float32), 0.0, *end, {"speed": 3.0}

    env = Still()
    env.vehicle = vehicle
    return Driving(env, task=task, values={name: factor.default for name, factor in FACTORS.items()} | values)


def test_noise_and_dropout_are_what_they_say_and_come_again_with_the_seed():
    env = driving(noise=0.1)
    env.reset(seed=3)
    numbers = np.stack([env.step(0)[0] for _ in range(400)])
    assert numbers.std() == pytest.approx(0.1, rel=0.03)
    assert numbers.mean() == pytest.approx(1, abs=0.01)
    again = driving(noise=0.1)
    again.reset(seed=3)
    assert np.array_equal(numbers[0], again.step(0)[0])
    env = driving(dropout=0.3)
    env.reset(seed=0)
    rows = np.stack([env.step(0)[0] for _ in range(500)]).reshape(-1, 5, 5)
    assert rows[:, 0].all()  # the own car is always known
    missing = (rows[:, 1:] == 0).all(axis=2)
    assert missing.mean() == pytest.approx(0.3, abs=0.03)
    assert (missing == (rows[:, 1:] == 0).any(axis=2)).all()


@pytest.mark.parametrize("observation", ["kinematics", pytest.param("image", marks=pytest.mark.slow)])
def test_a_drive_goes_on_in_copies_that_never_began(observation):
    """Over the ends of episodes, with cars that appear at random, manners and a noisy sensor."""
    environment = {"observation": observation, "noise": 0.1, "dropout": 0.3, "traffic_speed": 1.2}
    task = HIGHWAY.task(task="intersection", environment=environment)
    env, other = (task.make_vec(num_envs=2) for _ in range(2))
    env.reset(seed=[5, 6])
    env.action_space.seed(0)
    for _ in range(8):
        env.step(env.action_space.sample())
    other.set_state(env.get_state())
    ended = 0
    for _ in range(14):
        actions = env.action_space.sample()
        mine, theirs = env.step(actions), other.step(actions)
        assert all(np.array_equal(one, two) for one, two in zip(mine[:4], theirs[:4], strict=True))
        ended += int((mine[2] | mine[3]).sum())
    assert ended


def test_an_image_has_upstreams_frames_with_the_newest_last(make):
    env = make(observation="image", traffic=0.4)
    first = env.step(1)[0]
    second = env.step(1)[0]
    assert env.observation_space == gymnasium.spaces.Box(0, 255, (64, 128, 4), np.uint8)
    assert np.array_equal(first[..., 3], second[..., 2])
    assert np.array_equal(second[..., 3], env.unwrapped.observation_type.obs[3].T)
    assert second[..., 3].std() > 5


def test_a_missing_package_is_told_with_the_command_that_brings_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "highway_env", None)
    with pytest.raises(MissingExtraError, match=r'pip install "rltransfer\[highway\]"'):
        HIGHWAY.make(HIGHWAY.task())
