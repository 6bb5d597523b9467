"""The one thing about a moment of a game that ALE's saved states leave out: the action a sticky console holds.

``StellaEnvironment::act`` draws two numbers a screen, one a player, and takes the new action where the first is at
least the stickiness; otherwise it goes on with the one it holds, ``m_actions[0]``, which ``ALEState`` does not save and
no call tells. But a saved state has the random number generator, so what was held is worked out from the generator
at the episode's start and the actions asked for since.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

DRAWS = 2
"""Random numbers that ``act`` draws for each screen."""


class HeldAction:
    """Works out what the console holds.

    Args:
        sticky: chance, each screen, of the action before.
        frame_skip: screens that one action lasts.
    """

    def __init__(self, *, sticky: float, frame_skip: int) -> None:
        self._sticky = np.float32(sticky)  # as ALE keeps it
        self._frame_skip = frame_skip
        self._origin, self._held_at_origin = b"", 0
        self._asked: list[int] = []

    def begin(self, emulator: bytes, held: int) -> None:
        """Count from here.

        Args:
            emulator: a saved state with its random number generator.
            held: the number of the action held there; 0, no action, where an episode begins.
        """
        self._origin, self._held_at_origin = emulator, held
        self._asked = []

    def ask(self, action: int) -> None:
        """Note that ``action`` is asked for, for the next ``frame_skip`` screens."""
        self._asked.append(action)

    def now(self, screens: int) -> int:
        """The number of the action held ``screens`` screens after the beginning."""
        if screens == 0:
            return self._held_at_origin
        draws = generator_of(self._origin).random_raw(DRAWS * screens)[::DRAWS] / 2.0**32
        taken = np.flatnonzero(draws >= self._sticky)
        return self._asked[int(taken[-1]) // self._frame_skip] if len(taken) else self._held_at_origin

    def screens_to_hold(self) -> int:
        """For how many screens to ask for an action until the console holds it, but for a chance of 1e-15."""
        return 1 if self._sticky == 0 else int(np.ceil(np.log(1e-15) / np.log(float(self._sticky))))


def generator_of(emulator: bytes) -> np.random.MT19937:
    """The generator of sticky actions in a saved state: the last text of 624 words and a position."""
    *_, words = re.finditer(rb"(?:\d+ ){624}", emulator)
    start = words.start()
    length = int.from_bytes(emulator[start - 4 : start], "little")
    numbers: npt.NDArray[np.uint64] = np.array(emulator[start : start + length].split(), np.uint64)
    generator = np.random.MT19937(0)
    generator.state = {
        "bit_generator": "MT19937",
        "state": {"key": numbers[:-1].astype(np.uint32), "pos": int(numbers[-1])},
    }
    return generator
