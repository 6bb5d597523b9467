"""Robots, tasks and factors of the family, as plain data. Imports no simulator."""

from __future__ import annotations

from rltransfer.tasks.factor import Factor
from rltransfer_envs.atari.games import GAMES

ROBOTS = {
    "joystick": "all 18 actions of joystick and button, the same in every game",
    "minimal": "the actions that make a difference in the game: 3 to 18",
}
TASKS = {name: game.summary for name, game in GAMES.items()}

FACTORS: dict[str, Factor] = {
    factor.name: factor
    for factor in (
        Factor(
            name="mode",
            kind="dynamics",
            default=0,
            low=0,
            high=max(number for game in GAMES.values() for number in game.modes),
            usual=(0, 0),
            description="number of the game's variation; each game has modes of its own",
        ),
        Factor(
            name="difficulty",
            kind="dynamics",
            default=0,
            low=0,
            high=max(number for game in GAMES.values() for number in game.difficulties),
            usual=(0, 0),
            description="position of the difficulty switch, 0 to 3; what it does differs from game to game",
        ),
        Factor(
            name="sticky",
            kind="dynamics",
            default=0.25,
            low=0.0,
            high=0.9,
            unit="1",
            description="chance, each screen, that the console goes on with the action before",
        ),
        Factor(
            name="frame_skip",
            kind="dynamics",
            default=4,
            low=1,
            high=12,
            unit="screens",
            description="screens that one action lasts; 60 screens are a second",
        ),
        Factor(
            name="hue",
            kind="appearance",
            default=0.0,
            low=-180.0,
            high=180.0,
            unit="deg",
            description="turn of every colour about the grey axis, before colours become grey levels",
        ),
        Factor(
            name="contrast",
            kind="appearance",
            default=1.0,
            low=0.3,
            high=1.7,
            unit="1",
            description="how far grey levels lie from the middle one",
        ),
        Factor(
            name="brightness",
            kind="appearance",
            default=1.0,
            low=0.4,
            high=1.6,
            unit="1",
            description="gain on every grey level",
        ),
        Factor(name="invert", kind="appearance", default=False, description="black becomes white and white black"),
        Factor(
            name="noise",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=60.0,
            unit="grey levels",
            description="standard deviation of the noise on each pixel",
        ),
        Factor(
            name="blur",
            kind="sensor",
            default=0,
            low=0,
            high=4,
            unit="",
            description="passes of a 3 by 3 binomial blur",
        ),
        Factor(
            name="flicker",
            kind="sensor",
            default=0.0,
            low=0.0,
            high=0.9,
            unit="1",
            usual=(0.0, 0.5),
            description="chance that a frame is black (Hausknecht & Stone 2015)",
        ),
    )
}
"""Every factor of the family, by name."""
