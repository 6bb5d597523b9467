"""What the MiniGrid family is made of, as plain data: robots, tasks and factors. Imports no simulator."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor

TURN_LEFT, TURN_RIGHT, FORWARD, PICK_UP, DROP, TOGGLE, DONE = range(7)
"""MiniGrid's own actions."""

ROBOTS = {
    "turtle": "MiniGrid's own agent: turns left or right and goes forward",
    "compass": "goes right, down, left or up on the map, turning that way first",
    "strafer": "turns and goes forward as the turtle, and steps sideways without turning",
}
_INTERACTIONS = ("pick up", "drop", "toggle", "done")
ACTION_MEANINGS = {
    "turtle": ("turn left", "turn right", "forward", *_INTERACTIONS),
    "compass": ("right", "down", "left", "up", *_INTERACTIONS),
    "strafer": ("turn left", "turn right", "forward", "step left", "step right", *_INTERACTIONS),
}
"""What the actions of each robot do, by number."""

TASKS = {
    "reach": "get to the green square",
    "fetch-ball": "pick up a ball before any key",
    "fetch-key": "the roles exchanged: pick up a key before any ball",
    "go-to-ball": "stand beside a ball and say done",
    "go-to-door": "stand before the red door of four and say done",
    "unlock": "open the locked door with the key",
    "pick-up": "unlock the door and pick up the box behind it",
    "red-blue-doors": "open the red door, then the blue one",
}
PLACED_ANYWHERE = ("reach", "fetch-ball", "fetch-key", "go-to-ball")
"""Tasks that every layout has; the others have a world of their own."""

LAYOUTS = (
    "empty",
    "four-rooms",
    "simple-crossing",
    "lava-gap",
    "lava-crossing",
    "dist-shift",
    "door-key",
    "multi-room",
)
OBSERVATIONS = ("partial-rgb", "full-rgb", "partial-symbolic", "full-symbolic")
RGB = {"observation": ("partial-rgb", "full-rgb")}
"""What concerns pixels has an effect in these."""
VISIONS = ("layout", "opaque", "transparent")
PALETTES = ("standard", "dusk", "pastel", "rotated", "inverted")

FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor(
            name="palette",
            kind="appearance",
            default="standard",
            choices=PALETTES,
            requires=RGB,
            description="colours of everything",
        ),
        Factor(
            name="brightness",
            kind="appearance",
            default=1.0,
            low=0.3,
            high=1.5,
            unit="1",
            requires=RGB,
            description="of the picture",
        ),
        Factor(
            name="slip",
            kind="dynamics",
            default=0.0,
            low=0.0,
            high=0.5,
            unit="1",
            description="chance that a random action replaces the chosen one",
        ),
        Factor(
            name="action_delay",
            kind="dynamics",
            default=0,
            low=0,
            high=3,
            unit="steps",
            description="steps before an action takes effect",
        ),
        Factor(
            name="time_limit",
            kind="dynamics",
            default=1.0,
            low=0.2,
            high=2.0,
            unit="1",
            description="steps of an episode relative to upstream's; the reward falls more slowly in longer ones",
        ),
        Factor(
            name="layout",
            kind="layout",
            default="empty",
            choices=LAYOUTS,
            usual=("empty", "four-rooms", "simple-crossing"),
            tasks=PLACED_ANYWHERE,
            description="walls, doors and lava; the other tasks have a world of their own and refuse it",
        ),
        Factor(
            name="size",
            kind="layout",
            default=8,
            low=6,
            high=20,
            unit="cells",
            usual=(6, 10),
            description="of the grid with its walls; crossings round it up to odd, multi-room's rooms are half as wide",
        ),
        Factor(
            name="random_start",
            kind="layout",
            default=False,
            usual=(False, True),
            tasks=PLACED_ANYWHERE,
            requires={"layout": ("empty", "simple-crossing", "lava-gap", "lava-crossing", "dist-shift")},
            description="the agent starts anywhere, not where the layout puts it",
        ),
        Factor(
            name="crossings",
            kind="layout",
            default=1,
            low=0,
            high=5,
            usual=(1, 3),
            tasks=PLACED_ANYWHERE,
            requires={"layout": ("simple-crossing", "lava-crossing")},
            description="walls or streams of lava to cross, as far as the size has room for them and for objects",
        ),
        Factor(
            name="rooms",
            kind="layout",
            default=2,
            low=1,
            high=6,
            usual=(1, 3),
            tasks=PLACED_ANYWHERE,
            requires={"layout": ("multi-room",)},
            description="rooms in a row, a closed door between each two",
        ),
        Factor(
            name="lava_row",
            kind="layout",
            default=2,
            low=2,
            high=5,
            tasks=PLACED_ANYWHERE,
            requires={"layout": ("dist-shift",)},
            description="row of dist-shift's second strip of lava, at most the last inside the walls",
        ),
        Factor(
            name="obstacles",
            kind="layout",
            default=0,
            low=0,
            high=4,
            tasks=("reach",),
            description="blue balls that wander; to walk into one, or into a wall, costs 1 and ends the episode",
        ),
        Factor(
            name="objects",
            kind="layout",
            default=3,
            low=2,
            high=4,
            usual=(2, 3),
            tasks=("fetch-ball", "fetch-key", "go-to-ball"),
            description="balls and keys; fewer where rooms are too small",
        ),
        Factor(
            name="observation",
            kind="sensor",
            default="partial-rgb",
            choices=OBSERVATIONS,
            usual=("partial-rgb",),
            changes_space=True,
            description="the agent's own view or the whole grid, as pixels or as MiniGrid's symbols",
        ),
        Factor(
            name="view_size",
            kind="sensor",
            default=7,
            low=3,
            high=7,
            unit="cells",
            requires={"observation": ("partial-rgb", "full-rgb", "partial-symbolic")},
            description="how far the agent sees ahead, its own row counted; to the sides half as far",
        ),
        Factor(
            name="vision",
            kind="sensor",
            default="layout",
            choices=VISIONS,
            requires={"observation": ("partial-rgb", "full-rgb", "partial-symbolic")},
            description="whether walls and closed doors hide what is behind them; 'layout' is as upstream",
        ),
        Factor(
            name="noise",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=60.0,
            unit="grey levels",
            requires=RGB,
            description="standard deviation of the noise on each pixel",
        ),
        Factor(
            name="blur",
            kind="sensor",
            default=0,
            low=0,
            high=4,
            requires=RGB,
            description="passes of a 3 by 3 binomial blur",
        ),
    )
}
"""Every factor of the family, by name."""
