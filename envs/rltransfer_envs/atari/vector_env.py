"""Atari games as a Gymnasium vector environment; its docstring describes the family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.error import ResetNeeded
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from rltransfer.errors import ConfigError
from rltransfer_envs.atari.copies import Copies, make_board
from rltransfer_envs.atari.copy_of_game import FRAMES
from rltransfer_envs.atari.pixels import SIDE
from rltransfer_envs.atari.settings import Settings
from rltransfer_envs.atari.workers import SharedOutCopies, num_processes

Array = npt.NDArray[Any]


class AtariGames(VectorEnv[Array, Array, Array]):
    """Copies of an Atari 2600 game, run in the Arcade Learning Environment (ALE).

    ## Description
    Thirteen games are tasks: pong, breakout, freeway, space-invaders, assault, hero, ms-pacman, alien, asterix,
    seaquest, river-raid, boxing, crazy-climber. A game's modes and difficulties are its changed environments, the
    "flavours" of Farebrother, Machado & Bowling 2018, "Generalization and Regularization in DQN", who went from mode 0,
    difficulty 0 to: freeway mode 1 with difficulties 0 and 1, and mode 4; hero modes 1 and 2; breakout mode 12;
    space-invaders mode 1 with difficulties 0 and 1, and mode 9. Any other game of ALE is in reach of the ad-hoc
    Gymnasium family by its id.

    The protocol is that of Machado et al. 2018, "Revisiting the Arcade Learning Environment: Evaluation Protocols and
    Open Problems for General Agents": sticky actions with probability 0.25, the game's end (not a life's) ends the
    episode, episodes of up to 30 minutes, no random no-ops at the start; with Mnih et al. 2015 a frame skip of 4, the
    maximum over the last two screens, 84 by 84 grey levels and 4 frames. Frames, rewards and ends are bit for bit
    those of ``ale_py.vector_env.AtariVectorEnv`` with no-ops, fire at reset and reward clipping switched off. That one
    is not used itself: it has no modes, no states and no pictures, and is little faster, for the emulator takes most of
    the time.

    Copies are stepped in turn, or, from 8 copies on and where there is more than one core, by several processes. Inside
    the processes of a run's trials, which may start none, always in turn. The result is the same, bit for bit.

    ## Action Space
    One action lasts ``frame_skip`` screens, of which there are 60 a second.

    | robot | space | actions |
    |---|---|---|
    | joystick | ``Discrete(18)`` | every position of joystick and button: heads agree between games |
    | minimal | ``Discrete(3)`` to ``Discrete(18)`` | those that make a difference in the game |

    ## Observation Space
    ``Box(0, 255, (84, 84, 4), uint8)``: grey levels of the last four frames, oldest first. Frames before the episode
    are black.

    ## Rewards
    Points scored in the ``frame_skip`` screens of the action: the game's own. They are not clipped to their signs, as
    Mnih et al. 2015 do for the sake of one learning rate: that changes what is asked for and is the agent's choice.

    ## Starting State
    The console just switched on, in the mode and difficulty given; random are sticky actions and, in some games, the
    console's memory. Seeds from 2^31 on are taken modulo 2^31, which is what ALE reads.

    ## Episode End
    Termination: the game is over. Truncation: 108,000 screens. ``info["is_success"]`` is told then, and is true where
    the episode's return is at least: in pong and boxing 1, a win; in the other games half way from random play to the
    human tester of Mnih et al. 2015 (Extended Data Table 2), as breakout 16.75 and freeway 14.8; in every mode alike.
    ``info["lives"]`` counts the lives left, 0 in games without.

    ## Arguments
    - ``robot``: ``"joystick"`` or ``"minimal"``.
    - ``task``: the game.
    - ``environment``: factor name to value. A mode or difficulty that the game lacks is refused.
    - ``render_mode``: ``"rgb_array"`` for pictures of 210 by 370 pixels: left the game's own screen in colour, which
      appearance and sensor factors leave alone, right the newest frame that the agent sees.

    | factor | kind | default | allowed | effect |
    |---|---|---|---|---|
    | mode | dynamics | 0 | those of the game, 0 to 44 | the game's variation |
    | difficulty | dynamics | 0 | those of the game, 0 to 3 | position of the difficulty switch |
    | sticky | dynamics | 0.25 | 0 to 0.9 | chance, each screen, that the console goes on with the action before |
    | frame_skip | dynamics | 4 | 1 to 12 screens | how long an action lasts |
    | hue | appearance | 0 | -180 to 180 deg | colours turned about the grey axis, before they become grey levels |
    | contrast | appearance | 1 | 0.3 to 1.7 | how far grey levels lie from the middle one |
    | brightness | appearance | 1 | 0.4 to 1.6 | gain on every grey level |
    | invert | appearance | False | true or false | black becomes white and white black |
    | noise | sensor | 0 | 0 to 60 grey levels | standard deviation of the noise on each pixel of a frame |
    | blur | sensor | 0 | 0 to 4 | passes of a 3 by 3 binomial blur |
    | flicker | sensor | 0 | 0 to 0.9 | chance that a frame is black (Hausknecht & Stone 2015) |

    ## Version History
    - v0: first version.

    Args:
        settings: of every copy.
        num_envs: copies.
        render_mode: ``"rgb_array"`` or None.
        processes: that step the copies; chosen by ``workers.num_processes`` where None.
    """

    def __init__(
        self, settings: Settings, *, num_envs: int, render_mode: str | None = None, processes: int | None = None
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ConfigError(f"render_mode is {render_mode!r}; Atari games render 'rgb_array' only")
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": 60 / settings.frame_skip,
            "autoreset_mode": AutoresetMode.SAME_STEP,
        }
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.settings = settings
        self._board = make_board(num_envs)
        split = num_processes(num_envs) if processes is None else processes
        self._copies = (
            SharedOutCopies(settings, self._board, processes=split) if split > 1 else Copies(settings, self._board)
        )
        self.single_observation_space = Box(0, 255, (SIDE, SIDE, FRAMES), np.uint8)
        self.single_action_space = Discrete(len(settings.actions))
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._has_begun = np.zeros(num_envs, np.bool_)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Begin new episodes.

        Args:
            seed: copy k gets ``seed + k``; or one seed, or None, for each. None goes on with the copies' own random
                numbers, which start from entropy where no seed was ever given, and leaves an episode that has had no
                step yet as it is.
            options: ``{"reset_mask": (num_envs,) bool}`` resets the copies chosen and leaves the others.

        Returns:
            Observations (num_envs, 84, 84, 4) uint8, and ``{"lives": (num_envs,)}``.
        """
        if seed is None or isinstance(seed, int | np.integer):
            super().reset(seed=None if seed is None else int(seed))
            seeds = [None if seed is None else int(seed) + k for k in range(self.num_envs)]
        else:
            seeds = [None if s is None else int(s) for s in seed]
        if len(seeds) != self.num_envs:
            raise ConfigError(f"{len(seeds)} seeds were given for {self.num_envs} copies. Give one for each.")
        chosen = np.asarray((options or {}).get("reset_mask", np.ones(self.num_envs, np.bool_)))
        if chosen.shape != (self.num_envs,) or chosen.dtype != np.bool_:
            raise ConfigError(f"options['reset_mask'] must be bool of shape ({self.num_envs},), not {chosen!r:.60}")
        for k in np.flatnonzero(chosen & ~self._has_begun):
            if seeds[k] is None:
                seeds[k] = int(self.np_random.integers(2**31))
        self._copies.reset(seeds, chosen.tolist())
        self._has_begun |= chosen
        return self._board.observations.copy(), self._lives()

    def step(self, actions: Array) -> tuple[Array, Array, Array, Array, dict[str, Any]]:
        """One action of every copy.

        Args:
            actions: (num_envs,) whole numbers.

        Returns:
            Observations (num_envs, 84, 84, 4) uint8, rewards (num_envs,) float64, terminations and truncations
            (num_envs,) bool, and infos; see ``SyncVectorEnv`` for those of an episode's end.
        """
        if not self._has_begun.all():
            raise ResetNeeded("Call reset before the first step.")
        chosen = np.asarray(actions)
        count = len(self.settings.actions)
        if chosen.shape != (self.num_envs,) or chosen.min() < 0 or chosen.max() >= count:
            raise ConfigError(f"actions are {self.num_envs} whole numbers from 0 to {count - 1}, not {chosen!r:.80}")
        board = self._board
        board.actions[:] = chosen
        self._copies.step()
        infos = self._lives()
        has_ended = board.terminated | board.truncated
        if has_ended.any():
            final = np.full(self.num_envs, None, dtype=object)
            for k in np.flatnonzero(has_ended):
                final[k] = board.final[k].copy()
            told = {"is_success": board.is_success.copy(), "_is_success": has_ended.copy()}
            infos |= {"final_obs": final, "_final_obs": has_ended, "final_info": told, "_final_info": has_ended.copy()}
        return (
            board.observations.copy(),
            board.rewards.copy(),
            board.terminated.copy(),
            board.truncated.copy(),
            infos,
        )

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """A (210, 370, 3) picture of each copy; None without ``render_mode="rgb_array"``."""
        return tuple(self._copies.render()) if self.render_mode == "rgb_array" else None

    def get_state(self) -> dict[str, Any]:
        """All that changes in time, by the copy's number: arrays and numbers by name."""
        return {str(k): state for k, state in enumerate(self._copies.get_state())}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on, bit for bit, from what ``get_state`` of as many copies returned."""
        if len(state) != self.num_envs:
            raise ConfigError(f"this state is of {len(state)} copies; there are {self.num_envs}")
        self._copies.set_state([state[str(k)] for k in range(self.num_envs)])
        self._has_begun[:] = True

    def close_extras(self, **kwargs: Any) -> None:
        """End the processes, where there are any."""
        self._copies.close()

    def _lives(self) -> dict[str, Any]:
        return {"lives": self._board.lives.copy(), "_lives": np.ones(self.num_envs, np.bool_)}
