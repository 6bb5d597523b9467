"""The MiniGrid family against MiniGrid itself: worlds, rewards, ends and everything that is seen."""

import gymnasium
import numpy as np
import pytest

pytest.importorskip("minigrid")

from minigrid.wrappers import FullyObsWrapper, ImgObsWrapper, RGBImgObsWrapper, RGBImgPartialObsWrapper

from rltransfer_envs.minigrid.family import MINIGRID

IDS = {
    "Empty-Random-6x6-v0": {"size": 6, "random_start": True},
    "Empty-16x16-v0": {"size": 16},
    "FourRooms-v0": {"layout": "four-rooms", "size": 19},
    "SimpleCrossingS9N2-v0": {"layout": "simple-crossing", "size": 9, "crossings": 2},
    "LavaCrossingS9N1-v0": {"layout": "lava-crossing"},
    "LavaCrossingS11N5-v0": {"layout": "lava-crossing", "size": 11, "crossings": 5},
    "LavaGapS7-v0": {"layout": "lava-gap", "size": 7},
    "DistShift1-v0": {"layout": "dist-shift"},
    "DistShift2-v0": {"layout": "dist-shift", "lava_row": 5},
    "DoorKey-8x8-v0": {"layout": "door-key"},
    "MultiRoom-N2-S4-v0": {"layout": "multi-room"},
    "MultiRoom-N6-v0": {"layout": "multi-room", "size": 20, "rooms": 6},
}
"""MiniGrid's environments of the task reach, and the variations that are said to be them."""
TASKS = {"Unlock-v0": "unlock", "UnlockPickup-v0": "pick-up", "RedBlueDoors-6x6-v0": "red-blue-doors"}


def compared(ours, theirs, *, seed, steps, actions=7, wise=None):
    """Both played with the same actions; every number equal. Returns the sum of rewards."""
    rng = np.random.default_rng(seed)
    mine, _ = ours.reset(seed=seed)
    yours, _ = theirs.reset(seed=seed)
    total = 0.0
    for _ in range(steps):
        assert mine.shape == yours.shape
        assert np.array_equal(mine, yours)
        action = int(rng.integers(actions)) if wise is None else wise(theirs.unwrapped, rng)
        mine, reward, terminated, truncated, info = ours.step(action)
        yours, their_reward, *their_ends, _ = theirs.step(action)
        assert (reward, [terminated, truncated]) == (their_reward, their_ends)
        total += reward
        if terminated or truncated:
            assert info["is_success"] is (terminated and their_reward > 0)
            assert np.array_equal(mine, yours)
            (mine, _), (yours, _) = ours.reset(), theirs.reset()
    return total


def to_the_key_and_door(world, rng):
    """A random walk that takes keys while a door is locked, opens doors, and takes boxes and balls."""
    ahead = world.grid.get(*world.front_pos)
    is_locked = any(thing is not None and thing.type == "door" and thing.is_locked for thing in world.grid.grid)
    if ahead is None and world.carrying is not None and not is_locked:
        return 4
    if (
        ahead is not None
        and world.carrying is None
        and (ahead.type in ("box", "ball") or (ahead.type == "key" and is_locked))
    ):
        return 3
    if ahead is not None and ahead.type == "door" and not ahead.is_open and rng.random() < 0.7:
        return 5
    return int(rng.choice([0, 1, 2, 4, 5], p=[0.2, 0.2, 0.54, 0.03, 0.03]))


@pytest.mark.parametrize("upstream_id", IDS)
def test_a_layout_is_the_environment_of_minigrid(upstream_id):
    ours = MINIGRID.make(MINIGRID.task(environment=IDS[upstream_id]))
    theirs = ImgObsWrapper(RGBImgPartialObsWrapper(gymnasium.make(f"MiniGrid-{upstream_id}")))
    compared(ours, theirs, seed=3, steps=120, wise=to_the_key_and_door)


@pytest.mark.parametrize("upstream_id", TASKS)
def test_a_task_is_the_environment_of_minigrid_and_is_solved_alike(upstream_id):
    size = 6 if "6x6" in upstream_id else 8
    ours = MINIGRID.make(MINIGRID.task(task=TASKS[upstream_id], environment={"size": size}))
    theirs = ImgObsWrapper(RGBImgPartialObsWrapper(gymnasium.make(f"MiniGrid-{upstream_id}")))
    assert compared(ours, theirs, seed=0, steps=600, wise=to_the_key_and_door) > 0


@pytest.mark.parametrize(
    ("observation", "wrapper"),
    [
        ("full-rgb", lambda env: RGBImgObsWrapper(env, tile_size=7)),
        ("partial-symbolic", lambda env: env),
        ("full-symbolic", FullyObsWrapper),
    ],
)
def test_other_observations_are_minigrids_too(observation, wrapper):
    ours = MINIGRID.make(MINIGRID.task(environment={"layout": "door-key", "observation": observation}))
    theirs = ImgObsWrapper(wrapper(gymnasium.make("MiniGrid-DoorKey-8x8-v0")))
    compared(ours, theirs, seed=1, steps=80, wise=to_the_key_and_door)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("vision", ["opaque", "transparent"])
def test_a_smaller_view_is_minigrids_within_a_frame_of_unseen_cells(size, vision):
    factors = {"layout": "multi-room", "observation": "partial-symbolic", "view_size": size, "vision": vision}
    ours = MINIGRID.make(MINIGRID.task(environment=factors))
    options = {"agent_view_size": size, "see_through_walls": vision == "transparent"}
    theirs = ImgObsWrapper(gymnasium.make("MiniGrid-MultiRoom-N2-S4-v0", **options))
    columns, rows = slice(3 - size // 2, 4 + size // 2), slice(7 - size, 7)
    rng = np.random.default_rng(0)
    mine, yours = ours.reset(seed=5)[0], theirs.reset(seed=5)[0]
    for _ in range(35):
        assert np.array_equal(mine[columns, rows], yours)
        rest = mine.copy()
        rest[columns, rows] = 0
        assert not rest.any()
        action = to_the_key_and_door(theirs.unwrapped, rng)
        mine, yours = ours.step(action)[0], theirs.step(action)[0]


def test_wandering_obstacles_are_those_of_minigrid():
    """Upstream allows the first three actions."""
    ours = MINIGRID.make(MINIGRID.task(environment={"obstacles": 4, "random_start": True, "size": 6}))
    theirs = gymnasium.make("MiniGrid-Dynamic-Obstacles-Random-6x6-v0", n_obstacles=4)
    assert compared(ours, ImgObsWrapper(RGBImgPartialObsWrapper(theirs)), seed=2, steps=300, actions=3) < 0


def test_the_array_of_the_grid_follows_every_step():
    """The family re-encodes the few cells that a step can change; MiniGrid encodes all."""
    settings = [("reach", {"obstacles": 3}), ("fetch-key", {"layout": "door-key"}), ("pick-up", {}), ("go-to-ball", {})]
    for task, factors in settings:
        env = MINIGRID.make(MINIGRID.task(robot="strafer", task=task, environment=factors))
        env.reset(seed=0)
        rng = np.random.default_rng(1)
        for _ in range(150):
            *_, terminated, truncated, _ = env.step(int(rng.integers(9)))
            if terminated or truncated:
                env.reset()
            assert np.array_equal(env._sight.cells, env.world.grid.encode())
