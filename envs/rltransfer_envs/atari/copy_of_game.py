"""One copy of a game: the emulator, the preprocessing, and all that must be kept to go on from a moment.

Source of the preprocessing: Machado et al. 2018, "Revisiting the Arcade Learning Environment: Evaluation Protocols and
Open Problems for General Agents", in the form that ``ale_py.vector_env.AtariVectorEnv`` gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ale_py
import numpy as np
import numpy.typing as npt
from ale_py import roms

from rltransfer.errors import MissingExtraError
from rltransfer_envs.atari import look as looks
from rltransfer_envs.atari import pixels
from rltransfer_envs.atari.games import GAMES
from rltransfer_envs.atari.held_action import HeldAction
from rltransfer_envs.atari.settings import Settings
from rltransfer_envs.drawing.lens import make_grain
from rltransfer_envs.drawing.streams import seeded

SCREEN = (210, 160)
"""Rows and columns of the screen of every game of the family."""
FRAMES = 4
"""Frames in an observation."""
LONGEST_EPISODE = 108_000
"""Screens after which an episode is truncated: 30 minutes of play (Machado et al. 2018, table 1)."""


def rom_path(rom: str) -> str:
    """Where ale-py keeps ``rom``. Raises MissingExtraError where it is not there or not the file ALE knows."""
    try:
        path = roms.get_rom_path(rom)
    except OSError as error:
        path, why = None, str(error).splitlines()[0]
    else:
        why = "ale-py does not know it"
    if path is None:
        raise MissingExtraError(
            f"the ROM of {rom!r} cannot be read ({why[:120]}). Unset ALE_ROMS_DIR, or: "
            "pip install --force-reinstall ale-py"
        )
    return str(path)


class CopyOfGame:
    """One game in the emulator, stepped by an agent's actions.

    Args:
        settings: which game, and how.
        stack: (84, 84, 4) uint8, the observation; written in place, the newest frame last.
    """

    def __init__(self, settings: Settings, stack: npt.NDArray[np.uint8]) -> None:
        self.settings = settings
        self.stack = stack
        self._rom = rom_path(GAMES[settings.game].rom)
        ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
        self._ale = ale_py.ALEInterface()
        self._ale.setFloat("repeat_action_probability", settings.sticky)
        self._actions = [ale_py.Action(number) for number in settings.actions]
        self._shares = pixels.area_shares(SCREEN[0]), pixels.column_shares(SCREEN[1])
        self._screens = np.zeros((2, *SCREEN), np.uint8)
        self._colours = np.zeros((*SCREEN, 3), np.uint8)
        self._frame = np.zeros((pixels.SIDE, pixels.SIDE), np.uint8)
        self._grey_levels = settings.look.grey_levels()
        self._turn = settings.look.turned_colours() if settings.look.hue else None
        self._grain = make_grain() if settings.look.needs_lens else None
        self._streams = seeded(0)
        self._is_on = False
        self._elapsed = self._begun_at = -1
        self._held = HeldAction(sticky=settings.sticky, frame_skip=settings.frame_skip)
        self.episode_return = 0.0
        self.is_success = False

    def reset(self, seed: int | None) -> None:
        """Begin an episode; without a seed the emulator's random numbers go on.

        ALE takes seeds below 2^31, so greater ones are taken modulo that.
        """
        if seed is not None:
            self._load(seed % 2**31)
            self._streams = seeded(seed)
        self._ale.reset_game()
        self._elapsed, self._begun_at, self.episode_return, self.is_success = 0, 0, 0.0, False
        self._held.begin(self._saved(), 0)
        self.stack[:] = 0
        self._screens[:] = 0
        self._read(self._screens[0])
        self._see()

    def step(self, action: int) -> tuple[float, bool, bool]:
        """Play ``action`` for ``frame_skip`` screens: reward, whether the game is over, whether time is."""
        move = self._actions[action]
        self._held.ask(move.value)
        reward, is_over = 0.0, False
        for left in range(self.settings.frame_skip - 1, -1, -1):
            reward += self._ale.act(move)
            self._elapsed += 1
            is_over = self._ale.game_over()
            if is_over or self._elapsed >= LONGEST_EPISODE:
                break  # the last screen is not looked at: as upstream
            if left < 2:
                self._read(self._screens[left])
        self._see()
        self.episode_return += reward
        is_cut = self._elapsed >= LONGEST_EPISODE and not is_over
        if is_over or is_cut:
            self.is_success = self.episode_return >= GAMES[self.settings.game].success_return
        return reward, is_over, is_cut

    @property
    def lives(self) -> int:
        """Lives left, in the game's own count; 0 in games without."""
        return int(self._ale.lives()) if self._is_on else 0

    @property
    def is_fresh(self) -> bool:
        """Whether the episode has had no step yet."""
        return self._elapsed == 0

    def render(self) -> npt.NDArray[np.uint8]:
        """(210, 370, 3): the game's own screen, and right of it the newest frame that the agent sees, enlarged."""
        enlarged = np.arange(SCREEN[0]) * pixels.SIDE // SCREEN[0]
        seen = self.stack[np.ix_(enlarged, enlarged)][..., -1:]
        return np.hstack([self._ale.getScreenRGB(), np.repeat(seen, 3, axis=2)])

    def get_state(self) -> dict[str, Any]:
        """All that changes in time, as arrays and numbers."""
        return {
            "emulator": np.frombuffer(self._saved(), np.uint8).copy(),
            "held": self._held.now(self._elapsed - self._begun_at),
            "screens": self._screens.copy(),
            "stack": self.stack.copy(),
            "streams": self._streams.copy(),
            "elapsed": self._elapsed,
            "episode_return": self.episode_return,
        }

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on, bit for bit, from what ``get_state`` of a copy of the same task returned.

        The console's screen is drawn by the next step; until then ``render`` shows the one before.
        """
        if not self._is_on:
            self._load(0)
        emulator, held = np.asarray(state["emulator"], np.uint8).tobytes(), int(state["held"])
        for _ in range(self._held.screens_to_hold()):
            self._ale.act(held)
        self._ale.restoreState(ale_py.ALEState(emulator))
        self._held.begin(emulator, held)
        self._screens[:] = state["screens"]
        self.stack[:] = state["stack"]
        self._streams = np.array(state["streams"], np.uint64)
        self._elapsed = self._begun_at = int(state["elapsed"])
        self.episode_return = float(state["episode_return"])
        self.is_success = False

    def _saved(self) -> bytes:
        """The emulator's state with its random numbers."""
        saved: bytes = self._ale.cloneState(include_rng=True).serialize()
        return saved

    def _load(self, seed: int) -> None:
        """Switch the console on, which takes 0.1 s; only then does it take a seed, a mode and a difficulty."""
        self._ale.setInt("random_seed", seed)
        self._ale.loadROM(self._rom)
        self._is_on = True
        if self.settings.mode:
            self._ale.setMode(self.settings.mode)
        if self.settings.difficulty:
            self._ale.setDifficulty(self.settings.difficulty)

    def _read(self, screen: npt.NDArray[np.uint8]) -> None:
        """The emulator's screen in grey levels, into ``screen``."""
        if self._turn is None:
            self._ale.getScreenGrayscale(screen)
        else:
            self._ale.getScreenRGB(self._colours)
            looks.grey_of(self._colours, self._turn, screen)

    def _see(self) -> None:
        """Put the next frame on the stack."""
        pixels.keep_brightest(self._screens[0], self._screens[1])
        pixels.scale_down(self._screens[0], *self._shares, self._frame)
        if self._grain is None:
            pixels.push(self.stack, self._frame, self._grey_levels)
            return
        frame = self._grey_levels[self._frame]
        looks.through_lens(frame, self.settings.look, self._grain, self._streams)
        pixels.push(self.stack, frame, looks.UNCHANGED)
