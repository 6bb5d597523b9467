"""Returns of the random policy in the default environment, and of the human testers of the literature.

Random play is measured by this family's own protocol: reproduce with ``COMMAND``. Human play is not: the testers of
Mnih et al. 2015 played without sticky actions, in episodes of up to 5 minutes. So 1 is a mark, not a bound.
"""

from __future__ import annotations

from rltransfer.tasks.family import ReferenceScore
from rltransfer_envs.atari.games import GAMES

EPISODES = 20
"""Of random play, for each robot in each game."""
COMMAND = f"python -m rltransfer_envs.atari.score --episodes {EPISODES}"
SOURCE = (
    f"random: {COMMAND}; human testers: Mnih et al. 2015, Extended Data Table 2, without sticky actions, in episodes "
    "of up to 5 minutes"
)
RANDOM: dict[tuple[str, str], float] = {
    ("joystick", "pong"): -20.35,
    ("joystick", "breakout"): 2.05,
    ("joystick", "freeway"): 0.0,
    ("joystick", "space-invaders"): 165.25,
    ("joystick", "assault"): 348.6,
    ("joystick", "hero"): 562.5,
    ("joystick", "ms-pacman"): 303.5,
    ("joystick", "alien"): 255.5,
    ("joystick", "asterix"): 237.5,
    ("joystick", "seaquest"): 61.0,
    ("joystick", "river-raid"): 1501.0,
    ("joystick", "boxing"): 1.6,
    ("joystick", "crazy-climber"): 9095.0,
    ("minimal", "pong"): -20.0,
    ("minimal", "breakout"): 1.3,
    ("minimal", "freeway"): 0.0,
    ("minimal", "space-invaders"): 159.0,
    ("minimal", "assault"): 244.65,
    ("minimal", "hero"): 562.5,
    ("minimal", "ms-pacman"): 250.5,
    ("minimal", "alien"): 255.5,
    ("minimal", "asterix"): 292.5,
    ("minimal", "seaquest"): 61.0,
    ("minimal", "river-raid"): 1501.0,
    ("minimal", "boxing"): 1.6,
    ("minimal", "crazy-climber"): 7825.0,
}
"""By robot and game; a robot that chooses among more actions plays another game at random."""
REFERENCE_SCORES = {
    (robot, game): ReferenceScore(random=random, expert=GAMES[game].human, episodes=EPISODES, source=SOURCE)
    for (robot, game), random in RANDOM.items()
}
"""By robot and game."""
