"""The games of the family, as plain data: what ale-py 0.12 offers in each, and scores of the literature."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Game:
    """One game.

    Args:
        rom: its name in ale-py.
        summary: what one plays, one line.
        modes: the numbers of its game variations; 0 is the one it starts in.
        difficulties: positions of its difficulty switch; 0 is the one it starts in.
        minimal: indices in ``ACTIONS`` of the actions that make a difference; all of them where left out.
        random: mean return of the uniformly random policy, as published; ``reference_scores`` has our own.
        human: mean return of a professional human tester, as published.
        success: the return from which an episode counts as a success; half way from random to human where left out.

    Source of the scores: Mnih et al. 2015, "Human-level control through deep reinforcement learning", Extended Data
    Table 2 (episodes of up to 5 minutes, without sticky actions). Source of the numbers: ale-py, against which the
    tests hold this table.
    """

    rom: str
    summary: str
    modes: tuple[int, ...] = (0,)
    difficulties: tuple[int, ...] = (0,)
    minimal: tuple[int, ...] = tuple(range(18))
    random: float
    human: float
    success: float | None = None

    @property
    def success_return(self) -> float:
        """The least return of a successful episode."""
        return (self.random + self.human) / 2 if self.success is None else self.success


def _numbers(count: int, step: int = 1) -> tuple[int, ...]:
    return tuple(range(0, count * step, step))


GAMES: dict[str, Game] = {
    "pong": Game(
        rom="pong",
        summary="table tennis against the console, to 21 points",
        modes=_numbers(2),
        difficulties=_numbers(4),
        minimal=(0, 1, 3, 4, 11, 12),
        random=-20.7,
        human=9.3,
        success=1,
    ),
    "breakout": Game(
        rom="breakout",
        summary="a paddle, a ball and six rows of bricks; five balls",
        modes=_numbers(12, 4),
        difficulties=_numbers(2),
        minimal=(0, 1, 3, 4),
        random=1.7,
        human=31.8,
    ),
    "freeway": Game(
        rom="freeway",
        summary="a chicken crosses ten lanes of traffic; 2 min 16 s",
        modes=_numbers(8),
        difficulties=_numbers(2),
        minimal=(0, 2, 5),
        random=0.0,
        human=29.6,
    ),
    "space-invaders": Game(
        rom="space_invaders",
        summary="shoot the rows of invaders from behind shields",
        modes=_numbers(16),
        difficulties=_numbers(2),
        minimal=(0, 1, 3, 4, 11, 12),
        random=148.0,
        human=1652.0,
    ),
    "assault": Game(
        rom="assault",
        summary="shoot the drones of a mother ship; the gun overheats",
        minimal=(0, 1, 2, 3, 4, 11, 12),
        random=222.4,
        human=1496.0,
    ),
    "hero": Game(
        rom="hero",
        summary="fly down mine shafts, blast walls, free the miners",
        modes=_numbers(5),
        random=1027.0,
        human=25763.0,
    ),
    "ms-pacman": Game(
        rom="ms_pacman",
        summary="eat the pellets of a maze, away from four ghosts",
        modes=_numbers(4),
        minimal=(0, 2, 3, 4, 5, 6, 7, 8, 9),
        random=307.3,
        human=15693.0,
    ),
    "alien": Game(
        rom="alien",
        summary="crush the eggs of a maze of corridors, away from aliens",
        modes=_numbers(4),
        difficulties=_numbers(4),
        random=227.8,
        human=6875.0,
    ),
    "asterix": Game(
        rom="asterix",
        summary="collect what crosses eight lanes, not the lyres",
        minimal=(0, 2, 3, 4, 5, 6, 7, 8, 9),
        random=210.0,
        human=8503.0,
    ),
    "seaquest": Game(
        rom="seaquest",
        summary="a submarine shoots sharks and brings divers up before its air ends",
        difficulties=_numbers(2),
        random=68.4,
        human=20182.0,
    ),
    "river-raid": Game(
        rom="riverraid",
        summary="fly up a river, shoot and refuel",
        difficulties=_numbers(2),
        random=1339.0,
        human=13513.0,
    ),
    "boxing": Game(
        rom="boxing",
        summary="two boxers seen from above; two minutes or a knock-out",
        difficulties=_numbers(4),
        random=0.1,
        human=4.3,
        success=1,
    ),
    "crazy-climber": Game(
        rom="crazy_climber",
        summary="up the front of a skyscraper, past closing windows and falling things",
        modes=_numbers(4),
        difficulties=_numbers(2),
        minimal=(0, 2, 3, 4, 5, 6, 7, 8, 9),
        random=10781.0,
        human=35411.0,
    ),
}
"""Every game that is a task of the family, by the task's name."""

ACTIONS = (
    "NOOP",
    "FIRE",
    "UP",
    "RIGHT",
    "LEFT",
    "DOWN",
    "UPRIGHT",
    "UPLEFT",
    "DOWNRIGHT",
    "DOWNLEFT",
    "UPFIRE",
    "RIGHTFIRE",
    "LEFTFIRE",
    "DOWNFIRE",
    "UPRIGHTFIRE",
    "UPLEFTFIRE",
    "DOWNRIGHTFIRE",
    "DOWNLEFTFIRE",
)
"""What the joystick and its button can do, in the order of the action numbers."""
