"""The MiniGrid family's own tasks, robots and factors: what each one does, worked out by hand."""

import itertools
import sys

import numpy as np
import pytest

pytest.importorskip("minigrid")

from minigrid.core.world_object import Ball, Goal, Key, Wall

from rltransfer.errors import ConfigError, MissingExtraError
from rltransfer.tasks.family import Randomization
from rltransfer_envs.minigrid.factors import ACTION_MEANINGS, LAYOUTS, PALETTES, PLACED_ANYWHERE
from rltransfer_envs.minigrid.family import MINIGRID
from rltransfer_envs.minigrid.goals import reachable

FORWARD, PICK_UP, DROP, TOGGLE, DONE = 2, 3, 4, 5, 6
"""The turtle's actions; 0 and 1 turn left and right."""


def made(task="reach", robot="turtle", **factors):
    env = MINIGRID.make(MINIGRID.task(robot=robot, task=task, environment=factors))
    env.first, _ = env.reset(seed=7)
    return env


def put(env, thing, column, row):
    """Put ``thing`` into an otherwise empty room of 8 by 8, and tell the sensor."""
    env.world.put_obj(thing, column, row)
    env._sight.begin()


def emptied(env, place=(3, 3), heading=0):
    for k in itertools.product(range(1, 7), range(1, 7)):
        env.world.grid.set(*k, None)
    env.world.agent_pos, env.world.agent_dir = place, heading
    env._sight.begin()


def where(env):
    return tuple(int(v) for v in (*env.world.agent_pos, env.world.agent_dir))


def test_the_compass_goes_where_its_actions_say_and_faces_there():
    env = made(robot="compass")
    emptied(env, (3, 3))
    for action, expected in ((0, (4, 3, 0)), (1, (4, 4, 1)), (2, (3, 4, 2)), (3, (3, 3, 3))):
        env.step(action)
        assert where(env) == expected
    put(env, Wall(), 3, 2)
    env.step(3)
    assert where(env) == (3, 3, 3)


def test_the_strafer_steps_sideways_and_keeps_its_heading():
    env = made(robot="strafer")
    emptied(env, (3, 3), heading=0)
    for name, expected in (("step left", (3, 2, 0)), ("step right", (3, 3, 0)), ("step right", (3, 4, 0))):
        env.step(ACTION_MEANINGS["strafer"].index(name))
        assert where(env) == expected
    env.world.agent_dir = 3
    env.step(ACTION_MEANINGS["strafer"].index("step left"))
    assert where(env) == (2, 4, 3)


def test_a_sideways_step_onto_the_goal_counts():
    env = made(robot="strafer")
    emptied(env, (3, 3), heading=0)
    put(env, Goal(), 3, 4)
    _, reward, terminated, _, info = env.step(ACTION_MEANINGS["strafer"].index("step right"))
    assert (reward, terminated, info) == (1 - 0.9 / 256, True, {"is_success": True})  # 4 * 8 * 8 steps at most


@pytest.mark.parametrize(("task", "thing", "succeeds"), [
    ("fetch-ball", Ball, True), ("fetch-ball", Key, False), ("fetch-key", Ball, False), ("fetch-key", Key, True),
])  # fmt: skip
def test_what_is_fetched_decides(task, thing, succeeds):
    env = made(task)
    emptied(env, (3, 3), heading=0)
    put(env, thing("red"), 4, 3)
    _, reward, terminated, _, info = env.step(PICK_UP)
    assert terminated
    assert info == {"is_success": succeeds}
    assert reward == (1 - 0.9 / 256 if succeeds else 0)


def test_the_two_fetching_tasks_look_the_same():
    assert np.array_equal(made("fetch-ball", size=9).first, made("fetch-key", size=9).first)


def test_the_key_of_the_layouts_door_is_not_the_one_to_fetch():
    env = made("fetch-key", layout="door-key")
    emptied(env, (3, 3), heading=0)
    put(env, Key("yellow"), 4, 3)
    assert env.step(PICK_UP)[1:3] == (0, False)
    env.step(0)
    env.step(DROP)
    env.step(1)
    put(env, Key("green"), 4, 3)
    assert env.step(PICK_UP)[2]
    for seed in range(30):
        env.reset(seed=seed)
        yellow = [thing for thing in env.world.grid.grid if isinstance(thing, Key) and thing.color == "yellow"]
        assert len(yellow) == 1


@pytest.mark.parametrize(("place", "succeeds"), [((5, 3), True), ((4, 4), True), ((4, 5), False), ((5, 4), False)])
def test_done_beside_the_ball_succeeds_and_elsewhere_fails(place, succeeds):
    env = made("go-to-ball")
    emptied(env, place, heading=0)
    put(env, Ball("grey"), 4, 3)
    assert env.step(TOGGLE)[2] is False
    *_, terminated, _, info = env.step(DONE)
    assert terminated
    assert info["is_success"] is succeeds


def test_there_is_always_a_red_door_to_go_to():
    env = made("go-to-door")
    for seed in range(20):
        env.reset(seed=seed)
        door = env.world.grid.get(*env.world.target_pos)
        assert (door.type, door.color) == ("door", "red")
    column, row = env.world.target_pos
    inside = [(column + dx, row + dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    free = [place for place in inside if 0 <= min(place) < 8 > max(place) and env.world.grid.get(*place) is None]
    env.world.agent_pos = free[0]
    assert env.step(DONE)[-1] == {"is_success": True}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_object_can_be_walked_up_to_in_every_layout(layout):
    """Through free cells and doors only: a flood that stops at walls, lava, balls and keys."""
    for size in (6, 11):
        env = made("go-to-ball", layout=layout, size=size, objects=4)
        for seed in range(12):
            env.reset(seed=seed)
            world = env.world
            objects = [thing for thing in world.grid.grid if isinstance(thing, Ball | Key)]
            kinds = {thing.type for thing in objects}
            assert kinds == {"ball", "key"}
            count = len(objects) - (layout == "door-key")
            assert count == 4 or (size == 6 and count >= 2) or layout == "multi-room"
            assert not any(isinstance(thing, Goal) for thing in world.grid.grid)
            walked = reachable(world, tuple(int(v) for v in world.agent_pos))
            for thing in objects:
                column, row = thing.cur_pos
                assert walked & {(column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)}


def test_slip_replaces_the_share_of_actions_that_it_says():
    """Half of the steps draw one of seven actions: the agent that asks to turn left turns right once in 14 steps."""
    env = made(slip=0.5, size=20)
    emptied(env, (3, 3))
    turns = []
    for _ in range(1_500):
        before = env.world.agent_dir
        env.step(0)
        turns.append((before - env.world.agent_dir) % 4)
    lefts, rights = turns.count(1) / 1_500, turns.count(3) / 1_500
    assert abs(lefts - (0.5 + 0.5 / 7)) < 0.05
    assert abs(rights - 0.5 / 7) < 0.03


def test_slip_does_not_move_the_worlds_that_come_after():
    """Layouts are drawn from MiniGrid's stream alone, so environments that differ in slip can be compared."""
    calm, slippery = made(layout="four-rooms"), made(layout="four-rooms", slip=0.5)
    for _ in range(5):
        assert np.array_equal(calm.world.grid.encode(), slippery.world.grid.encode())
        for env in (calm, slippery):
            env.step(1)
            env.reset()


def test_actions_take_effect_after_the_delay():
    env = made(action_delay=2)
    emptied(env, (3, 3), heading=0)
    places = []
    for action in (FORWARD, 1, FORWARD, FORWARD, FORWARD):
        env.step(action)
        places.append(where(env))
    assert places == [(3, 3, 0), (3, 3, 0), (4, 3, 0), (4, 3, 1), (4, 4, 1)]


@pytest.mark.parametrize(("factors", "limit"), [
    ({}, 256), ({"time_limit": 0.2}, 51), ({"size": 6, "time_limit": 2.0}, 288), ({"layout": "multi-room"}, 40),
])  # fmt: skip
def test_the_time_limit_is_upstreams_times_the_factor(factors, limit):
    env = made(**factors)
    for step in range(1, limit + 1):
        *_, terminated, truncated, info = env.step(0)
        assert (terminated, truncated) == (False, step == limit)
    assert info == {"is_success": False}


def test_palettes_and_brightness_recolour_every_pixel_alike():
    plain = made().first
    for palette in PALETTES[1:]:
        varied = made(palette=palette).first
        pairs = {tuple(a) + tuple(b) for a, b in zip(plain.reshape(-1, 3), varied.reshape(-1, 3), strict=True)}
        assert len(pairs) == len({pair[:3] for pair in pairs}) > 3
    assert np.array_equal(made(palette="inverted").first, 255 - plain)
    assert np.array_equal(made(palette="rotated").first, np.roll(plain, 1, axis=-1))
    assert np.array_equal(made(brightness=0.5).first, np.rint(plain * 0.5))


def test_an_even_view_is_one_row_longer_than_the_odd_one_below():
    sizes = {size: made(observation="partial-symbolic", view_size=size).first for size in (3, 4, 5)}
    seen = {size: (view[..., 0] != 0) for size, view in sizes.items()}
    assert [int(view.any(axis=0).sum()) for view in seen.values()] == [3, 4, 5]
    assert [int(view.any(axis=1).sum()) for view in seen.values()] == [3, 5, 5]


def test_noise_does_not_move_the_episode_and_has_the_deviation_it_says():
    plain, noisy = made(), made(noise=20.0)
    difference = noisy.first.astype(float) - plain.first
    untouched = (plain.first > 70) & (plain.first < 185)
    assert 17 < difference[untouched].std() < 23
    for action in (0, 2, 1, 2):
        plain.step(action)
        noisy.step(action)
        assert where(plain) == where(noisy)


@pytest.mark.parametrize(("task", "factors"), [
    ("reach", {"obstacles": 4, "slip": 0.3, "action_delay": 2, "noise": 20.0, "size": 6}),
    ("reach", {"layout": "multi-room", "rooms": 3, "observation": "full-symbolic"}),
    ("fetch-key", {"layout": "door-key", "observation": "full-rgb"}),
    ("pick-up", {"observation": "partial-symbolic"}),
    ("red-blue-doors", {"view_size": 5, "blur": 1, "noise": 5.0}),
])  # fmt: skip
def test_a_state_goes_on_bit_for_bit_in_another_copy(task, factors):
    """At many moments, what is carried, doors, obstacles, delayed actions and both streams of numbers included."""
    env, other = made(task, "strafer", **factors), made(task, "strafer", **factors)
    rng = np.random.default_rng(3)
    for moment in range(30):
        for _ in range(20):
            *_, terminated, truncated, _ = env.step(int(rng.integers(9)))
            if terminated or truncated:
                env.reset()
        if env.world.carrying is None and moment % 2:
            env.world.carrying = Key("purple")
        other.reset(seed=moment)
        env._sight.begin()
        other.set_state(env.get_state())
        for action in rng.integers(9, size=15).tolist():
            mine, yours = env.step(action), other.step(action)
            assert np.array_equal(mine[0], yours[0])
            assert mine[1:] == yours[1:]
            if mine[2] or mine[3]:
                assert np.array_equal(env.reset()[0], other.reset()[0])


def test_a_missing_simulator_is_one_line_that_mends_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "minigrid", None)
    with pytest.raises(
        MissingExtraError, match=r'needs the package \'minigrid\': pip install "rltransfer\[minigrid\]"'
    ):
        MINIGRID.make(MINIGRID.task())


def test_a_task_with_a_world_of_its_own_refuses_layouts_in_a_line():
    for factors in ({"layout": "four-rooms"}, {"random_start": True}, {"obstacles": 2}):
        name = next(iter(factors))
        with pytest.raises(ConfigError, match=rf"task 'unlock' has a world of its own; leave out factor '{name}'"):
            MINIGRID.task(task="unlock", environment=factors)
    with pytest.raises(ConfigError, match="task 'fetch-ball' has balls of its own; leave out factor 'obstacles'"):
        MINIGRID.task(task="fetch-ball", environment={"obstacles": 1})
    task = MINIGRID.task(task="unlock", randomization=Randomization(factors=("layout",), split="full"))
    env = task.make_vec(num_envs=8)
    env.reset(seed=0)
    assert {variation.full()["layout"] for variation in env.variations} == {"empty"}  # the others are drawn again


@pytest.mark.parametrize("task", PLACED_ANYWHERE)
def test_every_drawn_environment_can_be_made(task):
    names = tuple(name for name in MINIGRID.factors if task == "reach" or name != "obstacles")
    for variation in MINIGRID.sample(25, seed=0, factors=names, split="full"):
        env = MINIGRID.make(MINIGRID.task(task=task, environment=dict(variation)))
        observation, _ = env.reset(seed=0)
        assert env.observation_space.contains(observation)
        assert env.observation_space.contains(env.step(FORWARD)[0])
