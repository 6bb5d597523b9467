"""Tasks that can be put into any layout: objects to fetch or to go to, and obstacles that wander."""

# Parts of MiniGrid have no types.
# mypy: allow-untyped-calls

from __future__ import annotations

from collections import deque
from typing import Any

from minigrid.core.world_object import Ball, Door, Goal, Key, WorldObj
from minigrid.envs.doorkey import DoorKeyEnv
from minigrid.minigrid_env import MiniGridEnv

from rltransfer.errors import ConfigError
from rltransfer_envs.minigrid.factors import DONE, FORWARD

Place = tuple[int, int]
Outcome = tuple[Any, Any, bool, bool, dict[str, Any]]
COLOURS = ("blue", "green", "grey", "purple", "red", "yellow")
PLACEMENTS, DRAWS = 20, 20
"""Placements tried in a layout, and layouts tried for as many objects, until none is in the way of another."""


class WithObjects(MiniGridEnv):
    """Balls and keys in place of the goal square of the layout that is mixed in; at least one of each.

    Every object, and the key of the layout's own door, can be walked up to without moving another one.
    """

    num_objects: int = 3

    def _gen_grid(self, width: int, height: int) -> None:
        """Layouts are drawn until the objects fit; where rooms are too small for them all, there are fewer."""
        for draws in range(25 * DRAWS):
            super()._gen_grid(width, height)  # type: ignore[safe-super]
            if self._add_objects(max(2, self.num_objects - draws // DRAWS)):
                return
        raise ConfigError("minigrid: this layout has no room for a ball and a key; choose a larger size")

    def _add_objects(self, count: int) -> bool:
        """Replace the goal square by ``count`` objects; False where no placement of several lets all be reached."""
        for k, held in enumerate(self.grid.grid):
            if isinstance(held, Goal):
                self.grid.grid[k] = None
        start = (int(self.agent_pos[0]), int(self.agent_pos[1]))
        door_keys = [place_of(held) for held in self.grid.grid if isinstance(held, Key)]
        kinds = ["ball", "key", *(self._rand_elem(("ball", "key")) for _ in range(count - 2))]
        colours = [self._rand_elem(self._colours(kind)) for kind in kinds]
        free = [place for place in sorted(reachable(self, start)) if self.grid.get(*place) is None and place != start]
        for _ in range(PLACEMENTS if len(free) >= count else 0):
            places = self._rand_subset(free, count)
            for kind, colour, place in zip(kinds, colours, places, strict=True):
                self.put_obj((Ball if kind == "ball" else Key)(colour), *place)
            if self._can_be_walked_up_to([*places, *door_keys], start):
                return True
            for place in places:
                self.grid.set(*place, None)
        return False

    def _can_be_walked_up_to(self, places: list[Place], start: Place) -> bool:
        walked = reachable(self, start)
        return all(walked & {(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)} for x, y in places)

    def _colours(self, kind: str) -> tuple[str, ...]:
        """Yellow is the key of a layout's own door."""
        has_door_key = isinstance(self, DoorKeyEnv) and kind == "key"
        return tuple(colour for colour in COLOURS if not (has_door_key and colour == "yellow"))


class Fetch(WithObjects):
    """Pick up an object of the wanted kind first. Rewards and ends are those of MiniGrid's ``FetchEnv``."""

    wanted: type[WorldObj] = Ball

    def step(self, action: Any) -> Outcome:
        """One step; to carry anything but the key of the layout's door ends the episode."""
        observation, reward, terminated, truncated, info = super().step(action)
        carried = self.carrying
        opens_door = isinstance(self, DoorKeyEnv) and isinstance(carried, Key) and carried.color == "yellow"
        if carried is not None and not opens_door:
            reward = self._reward() if isinstance(carried, self.wanted) else 0
            terminated = True
        return observation, reward, terminated, truncated, info


class FetchKey(Fetch):
    """``Fetch`` with the roles exchanged."""

    wanted = Key


class GoToBall(WithObjects):
    """Say done beside a ball. Rewards and ends are those of MiniGrid's ``GoToObjectEnv`` for ``done``."""

    def step(self, action: Any) -> Outcome:
        """One step; ``done`` ends the episode wherever it is said."""
        observation, reward, terminated, truncated, info = super().step(action)
        if action == DONE:
            x, y = self.agent_pos
            around = (self.grid.get(x + dx, y + dy) for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)))
            if any(isinstance(held, Ball) for held in around):
                reward = self._reward()
            terminated = True
        return observation, reward, terminated, truncated, info


class Obstacle(Ball):
    """A wandering ball; unlike others it cannot be picked up."""

    def can_pickup(self) -> bool:
        """Never: MiniGrid's own dynamic obstacles are met by agents without hands."""
        return False


class WithObstacles(MiniGridEnv):
    """Balls that wander through the layout that is mixed in, as in MiniGrid's ``DynamicObstaclesEnv``."""

    num_obstacles: int = 0

    def _gen_grid(self, width: int, height: int) -> None:
        super()._gen_grid(width, height)  # type: ignore[safe-super]
        self.obstacles = [Obstacle() for _ in range(self.num_obstacles)]
        for obstacle in self.obstacles:
            self.place_obj(obstacle, max_tries=100)

    def step(self, action: Any) -> Outcome:
        """One step; first the obstacles move, each to a free cell around it."""
        ahead = self.grid.get(*self.front_pos)
        is_blocked = ahead is not None and ahead.type != "goal"
        for obstacle in self.obstacles:
            column, row = place_of(obstacle)
            try:
                self.place_obj(obstacle, top=(column - 1, row - 1), size=(3, 3), max_tries=100)
            except RecursionError:  # no free cell found: it stays
                continue
            self.grid.set(column, row, None)
        observation, reward, terminated, truncated, info = super().step(action)
        if action == FORWARD and is_blocked:
            reward, terminated = -1, True
        return observation, reward, terminated, truncated, info


def place_of(thing: WorldObj) -> Place:
    """The cell that an object of the grid is in."""
    assert thing.cur_pos is not None
    return int(thing.cur_pos[0]), int(thing.cur_pos[1])


def reachable(env: MiniGridEnv, start: Place) -> set[Place]:
    """Cells that can be walked to, through doors, which open or have a key; not through lava, balls and keys."""
    found, queue = {start}, deque([start])
    while queue:
        x, y = queue.popleft()
        for place in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
            if not (0 <= place[0] < env.grid.width and 0 <= place[1] < env.grid.height) or place in found:
                continue
            held = env.grid.get(*place)
            if held is None or isinstance(held, Door):
                found.add(place)
                queue.append(place)
    return found
