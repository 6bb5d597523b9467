"""Contact is honest: nothing overlaps or tunnels, momentum is kept, a block moves only when touched."""

import numpy as np
import pytest

from rltransfer_envs.rover.expert import expert_actions
from rltransfer_envs.rover.family import ROVER
from rltransfer_envs.rover.layout import CELLS, cell_of, free_floor, steps_from
from rltransfer_envs.rover.physics import TOLERANCE, collide, move, out_of_walls
from rltransfer_envs.rover.simulation import Simulation
from rltransfer_envs.rover.vector_env import RoverVectorEnv
from rltransfer_envs.rover.world import BLOCK_RADIUS, ROBOT_RADIUS

CROWDED = [
    {"walls": 4, "rooms": "two", "speed": 0.8, "hazards": 3},
    {"walls": 4, "rooms": "four", "speed": 0.8, "arena_size": 1.4, "hazards": 3, "block_mass": 0.1},
    {"walls": 2, "speed": 0.8, "drift_x": 0.15, "drift_y": -0.15, "block_mass": 3.0, "friction": 0.05},
]


def wall_gaps(points, state):
    """Metres from each copy's point to its nearest inner wall."""
    low, high = state["walls"][..., :2], state["walls"][..., 2:]
    away = points[:, None] - np.clip(points[:, None], low, high)
    distance = np.linalg.norm(away, axis=-1)
    distance[np.arange(distance.shape[1])[None] >= state["num_walls"][:, None]] = np.inf
    return distance.min(axis=1)


def overlaps(env):
    state, half = env.get_state(), env.simulation.settings.half
    robot, block = state["robot"][:, :2], state["block"][:, :2]
    return np.max(
        [
            ROBOT_RADIUS - wall_gaps(robot, state),
            BLOCK_RADIUS - wall_gaps(block, state),
            np.abs(robot).max(1) - (half - ROBOT_RADIUS),
            np.abs(block).max(1) - (half - BLOCK_RADIUS),
            ROBOT_RADIUS + BLOCK_RADIUS - np.linalg.norm(robot - block, axis=1),
        ]
    )


@pytest.mark.parametrize("environment", CROWDED)
@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_nothing_overlaps_or_leaves_the_arena(robot, environment):
    env = RoverVectorEnv(40, robot=robot, task="push", environment=environment)
    env.action_space.seed(1)
    env.reset(seed=0)
    assert overlaps(env) <= 0.0
    for step in range(150):
        actions = expert_actions(env.simulation) if step % 3 else env.action_space.sample()
        env.step(actions)
        assert overlaps(env) <= 2 * TOLERANCE


@pytest.mark.parametrize("robot", list(ROVER.robots))
def test_walls_are_not_tunnelled_through_at_full_speed(robot):
    simulation = Simulation(1, robot, "reach", {"speed": 0.8, "drift_x": 0.15})
    copy = simulation.copies[0]
    copy["walls"][0] = 0.2, -1.0, 0.22, 1.0
    simulation.copies["num_walls"] = 1
    for start in np.linspace(-0.6, 0.05, 30):
        copy["robot"][:] = start, 0.0, 0.0, 0.0, 0.0, 0.0
        for _ in range(15):
            move(copy, simulation.settings, 1.0, 0.0)
        assert copy["robot"][0] == pytest.approx(0.2 - ROBOT_RADIUS, abs=1e-9)


def test_a_collision_keeps_momentum_and_acts_along_the_normal():
    rng = np.random.default_rng(0)
    for _ in range(200):
        mass = rng.uniform(0.1, 3.0)
        angle = rng.uniform(-np.pi, np.pi)
        normal = np.array([np.cos(angle), np.sin(angle)])
        robot, block = np.zeros(6), np.zeros(4)
        block[:2] = normal * rng.uniform(0.2, 0.279)
        robot[3:5], block[2:] = rng.normal(size=2), rng.normal(size=2)
        before = robot[3:5].copy(), block[2:].copy()
        overlap = collide(robot, block, mass, 0.5)
        changes = 1.0 * (robot[3:5] - before[0]), mass * (block[2:] - before[1])
        np.testing.assert_allclose(changes[0], -changes[1], atol=1e-12)  # Newton's third law
        tangent = np.array([-normal[1], normal[0]])
        assert changes[1] @ tangent == pytest.approx(0.0, abs=1e-12)
        assert changes[1] @ normal >= 0.0  # pushed, never pulled
        closing = (before[0] - before[1]) @ normal
        leaving = (block[2:] - robot[3:5]) @ normal
        assert leaving == pytest.approx(0.1 * closing if closing > 0 else -closing)
        assert overlap > 0
        assert np.linalg.norm(block[:2] - robot[:2]) == pytest.approx(ROBOT_RADIUS + BLOCK_RADIUS)


def test_discs_apart_do_not_act_on_each_other():
    robot, block = np.array([0, 0, 0, 1.0, 0, 0]), np.array([0.2801, 0, -1.0, 0])
    assert collide(robot, block, 0.5, 0.5) == 0.0
    np.testing.assert_array_equal(robot, [0, 0, 0, 1.0, 0, 0])
    np.testing.assert_array_equal(block, [0.2801, 0, -1.0, 0])


def test_a_disc_slides_along_a_wall():
    body = np.array([0.75, 0.0, 0.0, 1.0, 0.5, 0.0])
    depth = out_of_walls(body, 0.14, np.zeros((12, 4)), 0, 0.8, 3)
    assert depth == pytest.approx(0.09)
    np.testing.assert_allclose(body, [0.66, 0.0, 0.0, 0.0, 0.5, 0.0])


def test_a_disc_leaves_a_wall_it_is_inside_of_by_the_nearest_face():
    walls = np.zeros((12, 4))
    walls[0] = -0.1, -0.5, 0.1, 0.5
    body = np.array([0.06, 0.0, -1.0, 0.3])
    out_of_walls(body, 0.14, walls, 1, 0.8, 2)
    np.testing.assert_allclose(body, [0.24, 0.0, 0.0, 0.3])


def test_the_block_moves_if_and_only_if_it_is_touched():
    env = RoverVectorEnv(40, task="push", environment={"friction": 1.2})
    env.action_space.seed(0)
    env.reset(seed=0)
    num_moved = 0
    for _ in range(200):
        before = env.get_state()
        _, _, terminated, truncated, _ = env.step(env.action_space.sample())
        after = env.get_state()
        gap = np.linalg.norm(before["block"][:, :2] - before["robot"][:, :2], axis=1) - ROBOT_RADIUS - BLOCK_RADIUS
        travel = 0.2 * 0.8
        for k in np.flatnonzero(~(terminated | truncated)):
            has_moved = not np.array_equal(before["block"][k, :2], after["block"][k, :2])
            if gap[k] > travel and not before["block"][k, 2:].any():
                assert not has_moved
            num_moved += has_moved
    assert num_moved > 20


def test_a_sliding_block_stops_by_coulomb_friction():
    simulation = Simulation(1, "omni", "push", {"friction": 0.1})
    copy = simulation.copies[0]
    copy["robot"][:2] = -0.6, -0.6
    copy["block"][:] = 0.0, 0.0, 0.3, 0.0
    speeds = []
    for _ in range(3):
        move(copy, simulation.settings, 0.0, 0.0)
        speeds.append(copy["block"][2])
    np.testing.assert_allclose(speeds, [0.3 - 0.1 * 9.81 * 0.2, 0.0, 0.0], atol=1e-12)


def test_robots_reach_the_velocity_commanded_and_the_wind_adds_to_it():
    for robot in ROVER.robots:
        simulation = Simulation(1, robot, "reach", {"speed": 0.3, "drift_y": 0.1})
        copy = simulation.copies[0]
        copy["robot"][:] = -0.6, -0.6, 0, 0, 0, 0
        for _ in range(8):
            move(copy, simulation.settings, 1.0, 0.0)
        np.testing.assert_allclose(copy["robot"][3:5], [0.3, 0.1], atol=0.005)


def test_the_differential_robot_turns_by_45_degrees_a_step():
    simulation = Simulation(1, "differential", "reach", {})
    copy = simulation.copies[0]
    headings = []
    for _ in range(6):
        move(copy, simulation.settings, 0.0, 1.0)
        headings.append(np.degrees(copy["robot"][2]))
    assert np.diff(np.unwrap(headings, period=360))[-1] == pytest.approx(45, abs=0.01)


@pytest.mark.parametrize("task", list(ROVER.tasks))
@pytest.mark.parametrize("environment", [{}, *CROWDED])
def test_every_start_is_apart_and_in_reach(task, environment):
    env = RoverVectorEnv(60, task=task, environment=environment)
    settings = env.simulation.settings
    for seed in range(0, 300, 60):
        env.reset(seed=seed)
        for copy in env.simulation.copies:
            hazards = [copy["hazards"][k] for k in range(settings.hazards)]
            things = [copy["robot"][:2], copy["goal"], *hazards] + ([copy["block"][:2]] if task == "push" else [])
            for k, one in enumerate(things):
                for other in things[:k]:
                    assert np.linalg.norm(one - other) > 0.3
            free = free_floor(copy, settings, 0.0)
            start = [cell_of(x, settings.half) for x in copy["robot"][1::-1]]
            steps = steps_from(free, *start)
            targets = hazards if task == "swap" else [copy["goal"]]
            assert any(steps[cell_of(y, settings.half), cell_of(x, settings.half)] >= 0 for x, y in targets)


def test_the_map_of_ways_counts_steps_around_a_wall():
    free = np.ones((CELLS, CELLS), bool)
    free[:-1, 10] = False
    steps = steps_from(free, 0, 9)
    assert steps[0, 11] == 2 * (CELLS - 1) + 2
    assert steps[0, 10] == -1
    free[-1, 10] = False
    assert steps_from(free, 0, 9)[0, 11] == -1


def test_the_differential_robot_drives_the_way_its_cone_points():
    env = RoverVectorEnv(40, robot="differential")
    frames = env.reset(seed=0)[0].astype(int)
    empty = np.median(frames, axis=0)
    state = env.get_state()
    start = state["robot"][:, :2]
    env.step(np.zeros(40, int))
    travel = env.get_state()["robot"][:, :2] - start
    way = travel / np.linalg.norm(travel, axis=1, keepdims=True)
    seen = 0
    for k in range(40):
        brightness = []
        for point in (start[k] + 0.3 * way[k], start[k] - 0.3 * way[k]):
            others = [state["goal"][k], state["hazards"][k, 0]]
            if np.abs(point).max() < 0.7 and min(np.linalg.norm(point - other) for other in others) > 0.25:
                row, column = (int(32 + sign * x * 64 / 1.9) for sign, x in ((-1, point[1]), (1, point[0])))
                brightness.append(np.abs(frames[k, row, column] - empty[row, column]).sum())
        if len(brightness) == 2:
            assert brightness[0] > 60 > 10 > brightness[1]
            seen += 1
    assert seen > 5
