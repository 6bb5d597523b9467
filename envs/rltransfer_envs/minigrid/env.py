"""A grid world as a Gymnasium environment; its docstring describes the family."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from rltransfer.errors import ConfigError
from rltransfer.tasks.variation import Variation
from rltransfer_envs.drawing import streams
from rltransfer_envs.minigrid.factors import ACTION_MEANINGS, FACTORS
from rltransfer_envs.minigrid.robots import MOVES, WAITING, act
from rltransfer_envs.minigrid.sight import Sight
from rltransfer_envs.minigrid.state import get_world_state, set_world_state
from rltransfer_envs.minigrid.worlds import make_world

Array = npt.NDArray[Any]


class GridWorldEnv(gymnasium.Env[Array, Any]):
    """MiniGrid's worlds with layouts, goals and bodies that combine.

    ## Description
    A grid of cells with walls, doors, lava, keys, balls and boxes, and an agent that sees the cells before it.
    The worlds are MiniGrid's own (Chevalier-Boisvert et al. 2023, "Minigrid & Miniworld"): with the turtle, the
    tasks ``reach``, ``unlock``, ``pick-up`` and ``red-blue-doors`` are ``MiniGrid-Empty-8x8-v0``,
    ``MiniGrid-Unlock-v0``, ``MiniGrid-UnlockPickup-v0`` and ``MiniGrid-RedBlueDoors-8x8-v0``, and ``reach`` in
    another layout is MiniGrid's environment of that name (``lava-crossing`` of size 8 is ``LavaCrossingS9N1``).
    Upstream tells some goals in words, which no image shows; here every goal is fixed, so that it can be learned
    from what is seen: ``fetch-ball``, ``fetch-key``, ``go-to-ball`` and ``go-to-door`` follow the rules of
    upstream's ``Fetch``, ``GoToObject`` and ``GoToDoor`` with a goal of their own. ``fetch-ball`` and
    ``fetch-key`` look the same and want the opposite.

    ``reach``, ``fetch-ball``, ``fetch-key`` and ``go-to-ball`` can be had in every layout; the other tasks have a
    world of their own, of any size. ``obstacles`` are for ``reach``.

    | layout | grid at ``size`` 8 | limit in steps | upstream |
    |---|---|---|---|
    | empty | 8 by 8 | 4 a cell | ``Empty``; with ``random_start`` ``Empty-Random`` |
    | four-rooms | 8 by 8 | 100 | ``FourRooms``, whose size is 19 |
    | simple-crossing, lava-crossing | 9 by 9: odd | 4 a cell | ``SimpleCrossing``, ``LavaCrossing`` |
    | lava-gap | 8 by 8 | 4 a cell | ``LavaGap`` |
    | dist-shift | 9 by 7: one more, one less | 4 a cell | ``DistShift1``; with ``lava_row`` 5 ``DistShift2`` |
    | door-key | 8 by 8 | 10 a cell | ``DoorKey`` |
    | multi-room | 25 by 25; rooms of at most size / 2 | 20 a room | ``MultiRoom-N2-S4``, ``N4-S5``, ``N6`` |

    ``go-to-door`` has a grid of ``size`` and 4 steps a cell, ``red-blue-doors`` one twice as wide and 20 steps a
    cell of half of it, ``unlock`` and ``pick-up`` two rooms of ``size - 2`` with 8 steps a cell of one.

    ## Action Space
    | robot | space | actions |
    |---|---|---|
    | turtle | ``Discrete(7)`` | turn left, turn right, forward, pick up, drop, toggle, done |
    | compass | ``Discrete(8)`` | right, down, left, up (turn there and go), pick up, drop, toggle, done |
    | strafer | ``Discrete(9)`` | turn left, turn right, forward, step left, step right, pick up, drop, toggle, done |

    Objects are picked up from, dropped onto and toggled in the cell in front of the agent.

    ## Observation Space
    By the factor ``observation``; whatever the layout and its size, RGB views are 56 by 56 pixels.

    | observation | space | what |
    |---|---|---|
    | partial-rgb | ``Box(0, 255, (56, 56, 3), uint8)`` | 7 by 7 cells of 8 pixels before the agent, it facing up |
    | full-rgb | ``Box(0, 255, (56, 56, 3), uint8)`` | the grid, its cells as large as fit (7 pixels for 8 by 8) |
    | partial-symbolic | ``Box(0, 255, (7, 7, 3), uint8)`` | object, colour and state of each cell of the view |
    | full-symbolic | ``Box(0, 255, (width, height, 3), uint8)`` | the same of the grid; the agent is object 10 |

    Symbols are numbers of kinds, not brightness: trunk ``grid`` reads them. Their first axis goes right.

    ## Rewards
    ``1 - 0.9 * steps / limit`` on success, else 0; with ``obstacles``, -1 for walking into a ball or a wall.

    ## Starting State
    As upstream. Where objects are placed in a layout, the agent starts where the layout puts it (``random_start``:
    anywhere), and every object can be walked up to.

    ## Episode End
    Termination with ``info["is_success"]`` true: the reward was positive. Termination without success: lava, the
    wrong object picked up, ``done`` said elsewhere than at the goal, the blue door opened before the red one, a
    door toggled in ``go-to-door``, a collision where there are ``obstacles``. Truncation at upstream's limit (in
    the table above) times ``time_limit``. ``info`` is empty before the end.

    ## Arguments
    - ``robot``, ``task``: a name from the tables of the family.
    - ``environment``: factor name to value. Appearance and sensor factors change what is seen and nothing else;
      ``palette``, ``brightness``, ``noise`` and ``blur`` do nothing to symbols.
    - ``render_mode``: ``"rgb_array"`` for upstream's picture of the grid, 32 pixels a cell.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | palette | appearance | standard | standard, dusk, pastel, rotated, inverted | colours of everything in RGB views |
    | brightness | appearance | 1.0 | 0.3 to 1.5 | brightness of RGB views |
    | slip | dynamics | 0.0 | 0.0 to 0.5 | chance that a random action replaces the chosen one |
    | action_delay | dynamics | 0 | 0 to 3 steps | steps before an action takes effect |
    | time_limit | dynamics | 1.0 | 0.2 to 2.0 | limit relative to upstream's; the reward falls as much slower |
    | layout | layout | empty | the table above | walls, doors and lava |
    | size | layout | 8 | 6 to 20 cells | of the grid with its walls |
    | random_start | layout | False | true or false | the agent starts anywhere, not where the layout puts it |
    | crossings | layout | 1 | 0 to 5 | walls or streams of lava to cross; as many as leave room |
    | rooms | layout | 2 | 1 to 6 | rooms in a row, a closed door between each two |
    | lava_row | layout | 2 | 2 to 5 | row of dist-shift's second strip of lava, at most the last inside the walls |
    | obstacles | layout | 0 | 0 to 4 | wandering blue balls; walking into one, or into a wall, costs 1 and ends |
    | objects | layout | 3 | 2 to 4 | balls and keys in fetch-ball, fetch-key and go-to-ball; fewer in small rooms |
    | observation | sensor | partial-rgb | the table above | the agent's view or the whole grid, in pixels or symbols |
    | view_size | sensor | 7 | 3 to 7 cells | how far it sees ahead, its own row counted; half as far to the sides |
    | vision | sensor | layout | layout, opaque, transparent | whether walls and closed doors hide what is behind |
    | noise | sensor | 0.0 | 0.0 to 60.0 grey levels | standard deviation of the noise on each pixel of RGB views |
    | blur | sensor | 0 | 0 to 4 | passes of a 3 by 3 binomial blur over RGB views |

    ## Version History
    - v0: first version, on MiniGrid 3.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"], "render_fps": 10}  # noqa: RUF012 -- as in Gymnasium

    def __init__(
        self,
        *,
        robot: str = "turtle",
        task: str = "reach",
        environment: Mapping[str, object] | None = None,
        render_mode: str | None = None,
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode is {render_mode!r}; minigrid renders 'rgb_array' only")
        self.render_mode = render_mode
        variation = Variation(FACTORS, environment)
        factors = variation.full()
        self.world = make_world(task, variation)
        """MiniGrid's environment."""
        self._sight = Sight(self.world, factors)
        self._robot, self._moves = robot, MOVES[robot]
        self._slip = float(factors["slip"])
        self._delayed: deque[int] = deque(maxlen=int(factors["action_delay"]) + 1)
        self._streams: Array | None = None
        self.observation_space = self._sight.space()
        self.action_space = spaces.Discrete(len(ACTION_MEANINGS[robot]))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Array, dict[str, Any]]:
        """Begin an episode; with ``seed`` None the streams go on, or start from entropy at first.

        Args:
            seed: any non-negative integer.
            options: not used.

        Returns:
            The observation, and an empty dictionary.
        """
        super().reset(seed=seed)
        self.world.reset(seed=seed)
        if seed is not None or self._streams is None:
            start = int(self.np_random.integers(2**63)) if seed is None else seed
            self._streams = streams.seeded(start)
        self._delayed.extend([WAITING[self._robot]] * (self._delayed.maxlen or 1))
        self._sight.begin()
        return self._sight.observe(self._streams), {}

    def step(self, action: int) -> tuple[Array, float, bool, bool, dict[str, Any]]:
        """One step; see the class for actions, rewards and the episode's end."""
        if self._streams is None:
            raise gymnasium.error.ResetNeeded("Call reset before the first step.")
        chosen = int(action)
        if self._slip > 0 and streams.uniform(self._streams, streams.DYNAMICS) < self._slip:
            chosen = streams.integer(self._streams, streams.DYNAMICS, len(self._moves))
        self._delayed.append(chosen)
        ahead, reward, terminated, truncated = act(self.world, self._moves[self._delayed[0]])
        self._sight.follow(ahead)
        info = {"is_success": terminated and reward > 0} if terminated or truncated else {}
        return self._sight.observe(self._streams), reward, terminated, truncated, info

    def render(self) -> Any:
        """MiniGrid's own picture of the grid, (height, width, 3) uint8, where made with a render mode."""
        return None if self.render_mode is None else self.world.get_frame()

    def get_state(self) -> dict[str, Any]:
        """What is needed to go on bit for bit: plain arrays, numbers and text."""
        if self._streams is None:
            raise ConfigError("minigrid: there is no state before the first reset")
        return {
            "world": get_world_state(self.world),
            "streams": self._streams.copy(),
            "delayed": np.array(self._delayed, np.int64),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what ``get_state`` of an environment of the same task returned."""
        set_world_state(self.world, state["world"])
        self._streams = state["streams"].copy()
        self._delayed.extend(state["delayed"].tolist())
        self._sight.begin()
